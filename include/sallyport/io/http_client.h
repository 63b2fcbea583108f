/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_HTTP_CLIENT_H
#define SP_IO_HTTP_CLIENT_H

/*
 * Calls to other servers, with libcurl's multi interface. No call is without a deadline and a ceiling for its
 * answer, or, for a stream (http/exchange.h), a longest silence; no redirect is followed; https only, but for
 * http to loopback and where the route says so. Proxies of the environment (HTTPS_PROXY, NO_PROXY) are
 * honoured for https, but not to loopback nor to an address that the route names: it says where to connect.
 *
 * A server proves its name by a subject alternative name of its certificate (RFC 9525, section 6.3). A
 * certificate without one is refused: a common name is text that any authority may have signed as such.
 *
 * It has no thread: io/worker runs it, and all of this is for the worker's thread, except
 * sp_http_client_wake.
 */

#include "base/error.h"
#include "http/exchange.h"
#include "io/metrics.h"

#define SP_HTTP_CLIENT_TIMEOUT_MS         8000 /* of a call with a whole body, with connect and answer */
#define SP_HTTP_CLIENT_CONNECT_TIMEOUT_MS 5000
#define SP_HTTP_CLIENT_PROBE_TIMEOUT_MS   3000
#define SP_HTTP_CLIENT_ANSWER_MAX         (4 * 1024 * 1024) /* bytes; no caller may ask for more */

struct sp_http_client;

/* A client without calls. `metrics` is the shard of the thread that runs it. */
enum sp_error sp_http_client_new(struct sp_metrics *metrics, struct sp_diag *diag,
                                 struct sp_http_client **out) __attribute__((warn_unused_result));

/* Drops the calls in flight without completion. */
void sp_http_client_free(struct sp_http_client *client);

typedef void sp_http_done_fn(void *context, const struct sp_exchange_response *response);

/*
 * Begins a call; `done` comes exactly once, later, from sp_http_client_run; without memory at once. `target`
 * is for the counters. What `request` points to is copied. `request->piece` gets the same `context`, and
 * comes before `done`.
 */
void sp_http_client_call(struct sp_http_client *client, enum sp_outbound_target target,
                         const struct sp_exchange_request *request, sp_http_done_fn *done, void *context);

/* Drops the calls in flight that were begun with `context`, without completion; not while a piece is handed
 * on. */
void sp_http_client_cancel(struct sp_http_client *client, const void *context);

/* Advances all calls, completes those that ended, and waits until there is more to do, at most `wait_ms`. */
void sp_http_client_run(struct sp_http_client *client, int wait_ms);

/* From any thread: ends the wait of sp_http_client_run, the present one or else the next. */
void sp_http_client_wake(struct sp_http_client *client);

/*
 * Asks for `url`, of the admin listener of this process or of another, and waits: http to any address, and no
 * proxy. Needs no client. A GET, or where there is a `body` a POST of it. What came as the answer's body is
 * appended to `answer`, as far as it fits. SP_OK: the status was 200. SP_ERR_STATUS for others, else
 * SP_ERR_IO; `diag` says which.
 */
enum sp_error sp_http_client_probe(const char *url, struct sp_str body, struct sp_buf *answer,
                                   struct sp_diag *diag) __attribute__((warn_unused_result));

/* The version of libcurl that is in use. */
const char *sp_http_client_library_version(void);

#endif
