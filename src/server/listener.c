/* SPDX-License-Identifier: Apache-2.0 */
#include "server/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG         1024
#define USER_TIMEOUT_MS 10000 /* how long written bytes may stay unacknowledged */
#define RECEIVE_BUFFER  16384 /* bytes; the system doubles it. It does not slow down heads that fit */

struct socket_address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* A socket for the address. If the system has no IPv6, "all addresses" means those of IPv4. */
static int open_socket(const struct sp_endpoint *endpoint, struct socket_address *address)
{
    static const struct sp_address any = {{0}};
    if (!sp_address_is_ipv4(&endpoint->address)) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)&address->storage;
        *in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
        memcpy(&in6->sin6_addr, endpoint->address.bytes, 16);
        address->len = sizeof *in6;
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        bool is_any = memcmp(&endpoint->address, &any, sizeof any) == 0;
        if (fd >= 0 || errno != EAFNOSUPPORT || !is_any) {
            return fd;
        }
    }
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)&address->storage;
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
    memcpy(&in->sin_addr, endpoint->address.bytes + 12, 4);
    address->len = sizeof *in;
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

static void close_keeping_errno(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
}

/* A bound socket. With `port_option` 0, no other socket can share its address. */
static int bind_socket(const struct sp_endpoint *endpoint, int port_option)
{
    struct socket_address address = {0};
    int fd = open_socket(endpoint, &address);
    if (fd < 0) {
        return -1;
    }
    int failed = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    failed |= set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
    failed |= set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    failed |= set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    if (address.storage.ss_family == AF_INET6) {
        failed |= set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    failed |= port_option != 0 ? set_option(fd, SOL_SOCKET, port_option, 1) : 0;
    if (failed != 0 || bind(fd, (struct sockaddr *)&address.storage, address.len) != 0) {
        close_keeping_errno(fd);
        return -1;
    }
    return fd;
}

enum sp_error sp_listener_open(const struct sp_endpoint *endpoint, size_t n, int *fds, struct sp_diag *diag)
{
    /* With SO_REUSEPORT alone, a forgotten process of the same user could share the address unnoticed. So the
     * first bind is without it, only to find out whether the address is free. */
    int probe = bind_socket(endpoint, 0);
    bool failed = probe < 0;
    if (!failed) {
        close(probe);
    }
    size_t opened_n = 0;
    while (!failed && opened_n < n) {
        int fd = bind_socket(endpoint, SO_REUSEPORT);
        failed = fd < 0;
        if (!failed && listen(fd, BACKLOG) != 0) {
            close_keeping_errno(fd);
            failed = true;
        }
        if (!failed) {
            fds[opened_n++] = fd;
        }
    }
    if (!failed) {
        return SP_OK;
    }
    sp_diag_set(diag, SP_ERR_IO, "cannot listen on %s: %s", endpoint->text, strerror(errno));
    while (opened_n > 0) {
        close(fds[--opened_n]);
    }
    return SP_ERR_IO;
}
