/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_OUTBOUND_H
#define SP_IO_OUTBOUND_H

/*
 * Every call to another server, on one thread of its own with libcurl's multi interface: name resolution and
 * TLS handshakes never run on a loop that answers requests. No call is without a deadline and a ceiling for
 * its answer; no redirect is followed; https only, but for http to loopback when the caller allows it;
 * proxies of the environment (HTTPS_PROXY, NO_PROXY) are honoured for what is not loopback.
 *
 * Work comes in as tasks, from any thread; everything else here is for tasks and completions, on the outbound
 * thread.
 */

#include "base/error.h"
#include "base/str.h"
#include "io/metrics.h"

#define SP_OUTBOUND_TIMEOUT_MS         8000 /* of one call, with connect and answer */
#define SP_OUTBOUND_CONNECT_TIMEOUT_MS 5000

struct sp_outbound;

struct sp_task {
    struct sp_task *next;
    void (*run)(struct sp_task *task); /* on the outbound thread; the task is its to free */
};

struct sp_outbound_request {
    enum sp_outbound_target target;
    const char *url;
    struct sp_str body;          /* pointer null: GET; else POST as application/x-www-form-urlencoded */
    struct sp_str authorization; /* value of the header; empty: none */
    size_t answer_max;           /* bytes of body accepted, after decoding */
};

struct sp_outbound_answer {
    enum sp_error error; /* SP_OK: there was an answer, whatever its status */
    unsigned status;
    struct sp_str content_type; /* borrowed for the call, like body */
    struct sp_str body;
    const char *text; /* of the error, for the log */
};

typedef void sp_outbound_done_fn(void *context, const struct sp_outbound_answer *answer);

/* Starts the thread. `ca_file` may be NULL: the system's certificates. `metrics` is this thread's shard. */
enum sp_error sp_outbound_start(const char *ca_file, struct sp_metrics *metrics, struct sp_diag *diag,
                                struct sp_outbound **out) __attribute__((warn_unused_result));

/* Ends the thread after the calls in flight were dropped without completion; frees. */
void sp_outbound_stop(struct sp_outbound *outbound);

/* From any thread. */
void sp_outbound_post(struct sp_outbound *outbound, struct sp_task *task);

/* Begins a call; `done` comes exactly once, later, never inside this call. What `request` points to is
 * copied. */
void sp_outbound_call(struct sp_outbound *outbound, const struct sp_outbound_request *request,
                      sp_outbound_done_fn *done, void *context);

/* The version of libcurl that is in use. */
const char *sp_outbound_library_version(void);

/* Runs `fire` once after `delay_ms`. There is one such timer per `context`; a new call moves it. */
void sp_outbound_after(struct sp_outbound *outbound, int64_t delay_ms, void (*fire)(void *context),
                       void *context);

#endif
