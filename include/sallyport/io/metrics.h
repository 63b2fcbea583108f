/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_METRICS_H
#define SP_IO_METRICS_H

/*
 * Counters for Prometheus (text format 0.0.4). Each thread counts into its own shard, without locks or shared
 * cache lines; a scrape adds the shards up. Labels have fixed sets of values: no host, path or user ever
 * becomes a label, so untrusted clients cannot increase the number of series.
 *
 * The two histograms have different buckets, because a decision takes microseconds and a call to another
 * server up to a minute. Queries name published buckets, so later versions only add bounds between the
 * existing ones. They may remove a bound only if no sample can be below it, as with bounds of less than a
 * millisecond for calls over a network.
 */

#include "base/buf.h"
#include "base/reason.h"
#include "io/process_usage.h"
#include "io/tls_identity.h"
#include "policy/verdict.h"

#include <stdatomic.h>
#include <stdint.h>

/* There are three listeners, so that users' requests can never reach an endpoint for proxies or the admin
 * endpoints. */
enum sp_listener {
    SP_LISTENER_AUTH,
    SP_LISTENER_PAGES,
    SP_LISTENER_ADMIN,
    SP_LISTENER_COUNT,
};

const char *sp_listener_name(enum sp_listener listener);

enum sp_dialect_label {
    SP_DIALECT_TRAEFIK,
    SP_DIALECT_PAGES, /* requests to the pages listener */
    SP_DIALECT_COUNT,
};

enum sp_login_result {
    SP_LOGIN_STARTED,
    SP_LOGIN_COMPLETED,
    SP_LOGIN_FAILED,
    SP_LOGIN_RESULT_COUNT,
};

/* The result of a logout token (io/logout_tokens.h). */
enum sp_logout_result {
    SP_LOGOUT_UNVERIFIED, /* the zero value: unknown, because the keys could not be fetched */
    SP_LOGOUT_REFUSED,    /* nothing has changed */
    SP_LOGOUT_ACCEPTED,   /* the sessions that it names have ended */
    SP_LOGOUT_RESULT_COUNT,
};

/* The result of a bearer token that had to be checked (gate/bearer.h). */
enum sp_bearer_result {
    SP_BEARER_ACCEPTED,
    SP_BEARER_REFUSED,
    SP_BEARER_UNVERIFIED, /* unknown: there were no keys, or no room to wait */
    SP_BEARER_FOREIGN,    /* from another issuer, or not a JWT */
    SP_BEARER_RESULT_COUNT,
};

/* The result of a renewal (io/renewals.h). */
enum sp_renewal_result {
    SP_RENEWAL_UNAVAILABLE, /* the zero value: the failure may be temporary */
    SP_RENEWAL_REFUSED,
    SP_RENEWAL_MISCONFIGURED,
    SP_RENEWAL_INVALID,
    SP_RENEWAL_RENEWED,
    SP_RENEWAL_RESULT_COUNT,
};

/* The name in the log and the metric. */
const char *sp_renewal_result_name(enum sp_renewal_result result);

enum sp_outbound_target {
    SP_TARGET_DISCOVERY,
    SP_TARGET_KEYS,
    SP_TARGET_TOKEN,
    SP_TARGET_USERINFO,
    SP_TARGET_REVOCATION,
    SP_TARGET_RBAC,
    SP_TARGET_ACCOUNT_TOKEN,
    SP_OUTBOUND_TARGET_COUNT,
};

const char *sp_outbound_target_name(enum sp_outbound_target target);

enum sp_outbound_result {
    SP_OUTBOUND_OK,
    SP_OUTBOUND_STATUS, /* a response with an error status */
    SP_OUTBOUND_TIMEOUT,
    SP_OUTBOUND_FAILED, /* no connection, a TLS error, or a response that is too large */
    SP_OUTBOUND_RESULT_COUNT,
};

enum sp_refusal {
    SP_REFUSAL_UNTRUSTED,   /* a peer outside trusted_proxies */
    SP_REFUSAL_LIMIT,       /* the listener is full, or no descriptor is left */
    SP_REFUSAL_MEMORY,      /* closed to make room for the heads and bodies of others (server/connection.h) */
    SP_REFUSAL_HANDSHAKE,   /* TLS: the handshake failed, or was closed to make room for others */
    SP_REFUSAL_CERTIFICATE, /* TLS: the handshake failed because of the client's certificate */
    SP_REFUSAL_COUNT,
};

/* Why a header set is sent without its credential (gate/binding.h). */
enum sp_withheld {
    SP_WITHHELD_NOT,
    SP_WITHHELD_UNBOUND,     /* no binding matches host and path */
    SP_WITHHELD_KEY_MISSING, /* the request has no proxy key */
    SP_WITHHELD_KEY_WRONG,   /* the request has a wrong proxy key, or several */
    SP_WITHHELD_EXPIRED,     /* the user's token has expired */
    SP_WITHHELD_NO_TOKEN,    /* there is no token for the user */
    SP_WITHHELD_COUNT,
};

const char *sp_withheld_name(enum sp_withheld withheld);

/* Whether an answer had to wait for another server: for a code exchange, a renewal, or keys for a bearer
 * token. */
enum sp_waited_label {
    SP_WAITED_NOT,
    SP_WAITED_FOR_OTHERS,
    SP_WAITED_COUNT,
};

#define SP_HISTOGRAM_BUCKETS_MAX 17

struct sp_histogram {
    /* Not cumulative; the bucket after the last bound is +Inf. */
    atomic_uint_fast64_t buckets[SP_HISTOGRAM_BUCKETS_MAX + 1];
    atomic_uint_fast64_t sum_ns;
};

/* Aligned, so that two threads' shards never share a cache line. */
struct sp_metrics {
    _Alignas(64) atomic_uint_fast64_t decisions[SP_DIALECT_COUNT][SP_VERDICT_KIND_COUNT][SP_REASON_COUNT];
    struct sp_histogram decision_seconds[SP_WAITED_COUNT];
    atomic_uint_fast64_t logins[SP_LOGIN_RESULT_COUNT];
    atomic_uint_fast64_t renewals[SP_RENEWAL_RESULT_COUNT];
    atomic_uint_fast64_t logout_tokens[SP_LOGOUT_RESULT_COUNT];
    atomic_uint_fast64_t bearer_tokens[SP_BEARER_RESULT_COUNT];
    atomic_uint_fast64_t outbound[SP_OUTBOUND_TARGET_COUNT][SP_OUTBOUND_RESULT_COUNT];
    struct sp_histogram outbound_seconds[SP_OUTBOUND_TARGET_COUNT];
    atomic_uint_fast64_t refused[SP_REFUSAL_COUNT];
    atomic_uint_fast64_t withheld[SP_WITHHELD_COUNT];
    atomic_int_fast64_t connections[SP_LISTENER_COUNT]; /* per thread; only their sum is meaningful */
};

/* Values that are read at each scrape instead of being counted. Ages and times are in seconds; below 0 means
 * never. */
struct sp_metrics_state {
    int issuer_up;
    const char *issuer_contradicts; /* the contradicted setting; NULL: none */
    int64_t discovery_age_s;
    int64_t keys_age_s;
    int64_t rbac_bindings;          /* negative: no rule needs them, or they have not been read yet */
    int64_t rbac_age_s;             /* negative in the same cases */
    int64_t account_expires_s;      /* expiry of the first account token to expire, Unix time; 0: unknown */
    struct sp_tls_span certificate; /* zero: the auth listener has no TLS */
    struct sp_tls_span client_ca;   /* zero: clients need no certificate */
    uint64_t sealing_keys;
    uint64_t opening_keys;
    uint64_t log_dropped;
    uint64_t reloads_n;
    uint64_t reloads_failed_n;
    bool reload_failed; /* the last reload failed */
    uint64_t revocations_n;
    uint64_t overdue_n;   /* sessions that could not be confirmed */
    int64_t not_before_s; /* since the Unix epoch; 0: never */
    int64_t started_ms;   /* start of the process, since the Unix epoch */
    struct sp_process_usage usage;
};

static inline void sp_metrics_count(atomic_uint_fast64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void sp_metrics_decided(struct sp_metrics *metrics, enum sp_dialect_label dialect,
                        enum sp_verdict_kind verdict, enum sp_reason reason, enum sp_waited_label waited,
                        int64_t span_ns);
void sp_metrics_called(struct sp_metrics *metrics, enum sp_outbound_target target,
                       enum sp_outbound_result result, int64_t span_ns);

/* Appends the exposition of the sum of `n` shards. */
void sp_metrics_render(struct sp_metrics *const *shards, size_t n, const struct sp_metrics_state *state,
                       struct sp_buf *out);

#endif
