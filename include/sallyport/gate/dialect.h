/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_DIALECT_H
#define SP_GATE_DIALECT_H

/*
 * How a proxy asks, and what it can carry. A dialect is one row: its name, as the setting `dialects` has it,
 * its path on the auth listener, a function that reads the proxy's question, and one that fits the answer to
 * what the proxy can carry. Everything between the two is shared (gate/gate.h) and knows no proxy.
 *
 * Requests that a router leads to the pages listener are read by a row too. It has no path: the listener
 * tells.
 */

#include "gate/transaction.h"
#include "http/forwarded.h"

#define SP_QUESTION_NAME_MAX 128 /* bytes, decoded, of a policy's name in the middleware's address */

/* What a proxy asks. */
struct sp_proxy_question {
    struct sp_forwarded forwarded; /* the original request, as the proxy tells it */
    struct sp_str policy;          /* names in the middleware's address; NULL views: not given */
    struct sp_str headers;         /* one, or several with commas between */
    bool has_prefix;               /* X-Forwarded-Prefix is to be put back */
    struct sp_str misfit; /* an option that is unknown, appears twice or has a wrong value; NULL view: none */
    char policy_storage[SP_QUESTION_NAME_MAX];
    char headers_storage[SP_HEADER_SETS_TEXT_MAX];
};

struct sp_dialect {
    const char *name;
    enum sp_dialect_label label; /* in the metrics */
    const char *path;            /* NULL: of the pages listener */

    /*
     * Fills `out`, in which no name and no option is set yet. `options` is the query of the middleware's
     * address: the operator's word, so one that misfits is no fault of the request. A reason, with
     * `out->forwarded.fault`, when the original request cannot be told.
     */
    enum sp_reason (*read)(const struct sp_head *head, struct sp_str options, struct sp_proxy_question *out);

    /* Changes a whole answer into one that the proxy can carry. NULL: it carries every one as it is. */
    void (*write)(struct sp_transaction *t);
};

/* The dialects of this version; the last row has no name. */
extern const struct sp_dialect sp_dialects[];

/* Requests to the pages listener. */
extern const struct sp_dialect sp_dialect_pages;

/*
 * Requests to the auth listener whose dialect is not known yet, or never will be. It is told of as Traefik's.
 */
extern const struct sp_dialect sp_dialect_unread;

/*
 * The row out of `dialects` whose path is the one in the raw target of a request, and which the configuration
 * switches on. `options` is the query, and for a bare `/` what `root_query` says. NULL: none.
 */
const struct sp_dialect *sp_dialect_find(const struct sp_dialect *dialects, const struct sp_config *config,
                                         struct sp_str target, struct sp_str *options);

#endif
