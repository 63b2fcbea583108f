/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_DIALECT_H
#define SP_GATE_DIALECT_H

/*
 * How a proxy sends its request, and which answers it can carry. A dialect is one row: its name in the
 * setting `dialects`, its path on the auth listener, a function that reads the proxy's request, and one that
 * changes an answer into one that the proxy can carry. Everything in between is shared (gate/gate.h) and does
 * not depend on the proxy.
 *
 * Requests that a router sends to the pages listener have a row too. It has no path, because the listener
 * identifies it.
 */

#include "gate/transaction.h"
#include "http/forwarded.h"

#define SP_QUESTION_NAME_MAX 128 /* decoded bytes of a policy name in the middleware's address */

/* A proxy's request. */
struct sp_proxy_question {
    struct sp_forwarded forwarded; /* the original request, as the proxy describes it */
    struct sp_str policy;          /* name from the middleware's address; NULL view: not given */
    struct sp_str headers;         /* names of header sets, separated by commas; NULL view: not given */
    bool has_prefix;               /* the prefix in X-Forwarded-Prefix must be restored */
    struct sp_str misfit; /* an option that is unknown, repeated or has an invalid value; NULL view: none */
    char policy_storage[SP_QUESTION_NAME_MAX];
    char headers_storage[SP_HEADER_SETS_TEXT_MAX];
};

struct sp_dialect {
    const char *name;
    enum sp_dialect_label label; /* its label in the metrics */
    const char *path;            /* NULL for the pages listener */

    /*
     * Fills `out`, in which no name or option is set yet. `options` is the query of the middleware's address.
     * It comes from the operator, so an invalid option is not a fault of the request. Returns a reason, and
     * sets `out->forwarded.fault`, if the original request cannot be determined.
     */
    enum sp_reason (*read)(const struct sp_head *head, struct sp_str options, struct sp_proxy_question *out);

    /* Changes a complete answer into one that the proxy can carry. NULL: the proxy carries every answer
     * unchanged. */
    void (*write)(struct sp_transaction *t);
};

/* The dialects of this version; the last row has no name. */
extern const struct sp_dialect sp_dialects[];

/* For requests to the pages listener. */
extern const struct sp_dialect sp_dialect_pages;

/*
 * For requests to the auth listener whose dialect is not known yet or cannot be determined. Logged as
 * Traefik's.
 */
extern const struct sp_dialect sp_dialect_unread;

/*
 * The row of `dialects` that the configuration enables and whose path is the path of a request's raw target.
 * `options` is the query, or `root_query` for a bare `/`. NULL if there is none.
 */
const struct sp_dialect *sp_dialect_find(const struct sp_dialect *dialects, const struct sp_config *config,
                                         struct sp_str target, struct sp_str *options);

#endif
