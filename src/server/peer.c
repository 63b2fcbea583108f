/* SPDX-License-Identifier: Apache-2.0 */
#include "server/peer.h"

#include "base/throttle.h"
#include "io/clock.h"
#include "io/log.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define LINE_MS 60000 /* between two lines of one kind */

bool sp_peer_address(h2o_socket_t *socket, struct sp_address *out)
{
    struct sockaddr_storage peer = {0};
    struct sp_address address = {{0}};
    if (h2o_socket_getpeername(socket, (struct sockaddr *)&peer) == 0) {
        return false;
    }
    if (peer.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&peer;
        address.bytes[10] = 0xff;
        address.bytes[11] = 0xff;
        memcpy(address.bytes + 12, &in->sin_addr, 4);
    } else if (peer.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)&peer;
        memcpy(address.bytes, &in6->sin6_addr, 16);
    }
    *out = address;
    return true;
}

/* True if a line was begun. */
static bool begin_line(struct sp_log_line *line, struct sp_throttle *throttle, enum sp_listener listener,
                       const struct sp_address *address, const char *setting)
{
    uint64_t held_n;
    if (!sp_throttle_pass(throttle, sp_clock_monotonic_ms(), LINE_MS, &held_n) ||
        !sp_log_begin(line, SP_LOG_WARN, "peer_refused")) {
        return false;
    }
    SP_BUF_ON_STACK(text, 64);
    sp_address_append(address, &text);
    sp_log_text(line, "client", sp_buf_str(&text));
    sp_log_text(line, "setting", sp_str_from_c(setting));
    sp_log_text(line, "listener", sp_str_from_c(sp_listener_name(listener)));
    sp_log_number(line, "others", held_n);
    return true;
}

void sp_peer_tell_untrusted(enum sp_listener listener, const struct sp_address *address)
{
    static struct sp_throttle throttle;
    struct sp_log_line line;
    if (begin_line(&line, &throttle, listener, address, "trusted_proxies")) {
        sp_log_text(
            &line, "detail",
            SP_STR("the connection was closed: if it was your proxy's, add its network to trusted_proxies"));
        sp_log_end(&line);
    }
}

void sp_peer_tell_handshake(h2o_socket_t *socket, const struct sp_tls_failure *failure)
{
    static struct sp_throttle of_certificates;
    static struct sp_throttle of_others;
    bool is_certificate = failure->refusal == SP_REFUSAL_CERTIFICATE;
    struct sp_address address = {{0}};
    struct sp_log_line line;
    if (sp_peer_address(socket, &address) &&
        begin_line(&line, is_certificate ? &of_certificates : &of_others, SP_LISTENER_AUTH, &address,
                   failure->setting != NULL ? failure->setting : "")) {
        sp_log_text(&line, "certificate", failure->names);
        sp_log_text(&line, "detail", sp_str_from_c(failure->detail));
        sp_log_end(&line);
    }
}
