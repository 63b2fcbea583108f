/* SPDX-License-Identifier: Apache-2.0 */
#include "server/listener.h"

#include "../suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sp_endpoint endpoint_of(const char *text)
{
    struct sp_endpoint endpoint;
    ck_assert_int_eq(sp_endpoint_parse(sp_str_from_c(text), NULL, &endpoint), SP_OK);
    return endpoint;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static int option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t len = sizeof value;
    ck_assert_int_eq(getsockopt(fd, level, option, &value, &len), 0);
    return value;
}

/* A loopback port that was free a moment ago. */
static uint16_t free_port(void)
{
    int fd;
    struct sp_endpoint any = endpoint_of("127.0.0.1:1");
    any.port = 0;
    ck_assert_int_eq(sp_listener_open(&any, 1, &fd, NULL), SP_OK);
    uint16_t port = port_of(fd);
    close(fd);
    free(any.text);
    return port;
}

SP_TEST(each_loop_gets_a_socket_of_its_own_for_one_address)
{
    int fds[3];
    struct sp_endpoint endpoint = endpoint_of("127.0.0.1:1");
    endpoint.port = free_port();
    ck_assert_int_eq(sp_listener_open(&endpoint, 3, fds, NULL), SP_OK);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(port_of(fds[i]), endpoint.port);
        ck_assert_int_eq(option_of(fds[i], SOL_SOCKET, SO_ACCEPTCONN), 1);
        ck_assert_int_eq(option_of(fds[i], IPPROTO_TCP, TCP_USER_TIMEOUT), 10000);
        close(fds[i]);
    }
    free(endpoint.text);
}
SP_TEST_END

SP_TEST(an_address_that_is_taken_is_an_error_that_names_it)
{
    int fds[2];
    int more[2];
    struct sp_diag diag = {0};
    struct sp_endpoint endpoint = endpoint_of("127.0.0.1:1");
    endpoint.port = free_port();
    ck_assert_int_eq(sp_listener_open(&endpoint, 2, fds, NULL), SP_OK);
    ck_assert_int_eq(sp_listener_open(&endpoint, 2, more, &diag), SP_ERR_IO);
    ck_assert_ptr_nonnull(strstr(diag.text, endpoint.text));
    close(fds[0]);
    close(fds[1]);
    free(endpoint.text);
}
SP_TEST_END

SP_TEST(an_address_that_is_not_ours_is_an_error)
{
    int fd;
    struct sp_diag diag = {0};
    struct sp_endpoint endpoint = endpoint_of("192.0.2.1:4181");
    ck_assert_int_eq(sp_listener_open(&endpoint, 1, &fd, &diag), SP_ERR_IO);
    ck_assert_ptr_nonnull(strstr(diag.text, "192.0.2.1:4181"));
    free(endpoint.text);
}
SP_TEST_END

SP_TEST(doors_have_names)
{
    ck_assert_str_eq(sp_listener_name(SP_LISTENER_AUTH), "auth");
    ck_assert_str_eq(sp_listener_name(SP_LISTENER_PAGES), "pages");
    ck_assert_str_eq(sp_listener_name(SP_LISTENER_ADMIN), "admin");
}
SP_TEST_END

SP_SUITE("server/listener", each_loop_gets_a_socket_of_its_own_for_one_address,
         an_address_that_is_taken_is_an_error_that_names_it, an_address_that_is_not_ours_is_an_error,
         doors_have_names)
