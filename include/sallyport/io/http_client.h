/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_HTTP_CLIENT_H
#define SP_IO_HTTP_CLIENT_H

/*
 * Calls to other servers, with libcurl's multi interface. Every call has a deadline and a size limit for its
 * response; a stream (http/exchange.h) has a limit on its silence instead of a deadline. Redirects are not
 * followed. Only https is allowed, except http to loopback and where the route allows it. Proxies from the
 * environment (HTTPS_PROXY, NO_PROXY) are used for https, except to loopback and to an address that the route
 * specifies.
 *
 * A server proves its name with a subject alternative name of its certificate (RFC 9525, section 6.3). A
 * certificate without one is refused, because authorities sign common names that are not host names.
 *
 * It has no thread: io/worker runs it. Everything here must be called on the worker's thread, except
 * sp_http_client_wake.
 */

#include "base/error.h"
#include "http/exchange.h"
#include "io/metrics.h"

#define SP_HTTP_CLIENT_TIMEOUT_MS         8000 /* limit of a call that is not a stream */
#define SP_HTTP_CLIENT_CONNECT_TIMEOUT_MS 5000
#define SP_HTTP_CLIENT_PROBE_TIMEOUT_MS   3000
#define SP_HTTP_CLIENT_ANSWER_MAX         (4 * 1024 * 1024) /* bytes of a response; a caller may allow less */

struct sp_http_client;

/* A client without calls. `metrics` is the shard of the thread that runs it. */
enum sp_error sp_http_client_new(struct sp_metrics *metrics, struct sp_diag *diag,
                                 struct sp_http_client **out) __attribute__((warn_unused_result));

/* Drops the calls in flight without completing them. */
void sp_http_client_free(struct sp_http_client *client);

typedef void sp_http_done_fn(void *context, const struct sp_exchange_response *response);

/*
 * Begins a call. `done` is called exactly once, later, from sp_http_client_run; if out of memory, at once.
 * `target` is for the counters. Everything that `request` points to is copied. `request->piece` gets the same
 * `context`, and is called before `done`.
 */
void sp_http_client_call(struct sp_http_client *client, enum sp_outbound_target target,
                         const struct sp_exchange_request *request, sp_http_done_fn *done, void *context);

/* Drops the calls in flight with this `context` without completing them. Must not be called while a piece is
 * being passed on. */
void sp_http_client_cancel(struct sp_http_client *client, const void *context);

/* Advances all calls, completes those that have ended, and waits for more to do, at most `wait_ms`. */
void sp_http_client_run(struct sp_http_client *client, int wait_ms);

/* From any thread: ends the current wait of sp_http_client_run, or else the next. */
void sp_http_client_wake(struct sp_http_client *client);

/*
 * Requests `url` from the admin listener of this or another process, and waits. http to any address is
 * allowed, and no proxy is used. Needs no client. With a `body` it is a POST, otherwise a GET. The body of
 * the response is appended to `answer`, truncated to fit. SP_OK: the status was 200. SP_ERR_STATUS for other
 * statuses, otherwise SP_ERR_IO; `diag` states the cause.
 */
enum sp_error sp_http_client_probe(const char *url, struct sp_str body, struct sp_buf *answer,
                                   struct sp_diag *diag) __attribute__((warn_unused_result));

/* The version of libcurl that is in use. */
const char *sp_http_client_library_version(void);

#endif
