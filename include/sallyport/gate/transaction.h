/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_TRANSACTION_H
#define SP_GATE_TRANSACTION_H

/*
 * One request and its answer, from the validated head to the log line. It is on the loop's stack, and is
 * never zeroed as a whole; sp_transaction_begin sets the members that are read. Endpoints are functions from
 * a transaction to its answer. They do not depend on the HTTP library, so tests and fuzz targets call them
 * without a socket.
 */

#include "gate/answer.h"
#include "gate/html.h"
#include "gate/process.h"
#include "policy/rules.h"
#include "session/sealer.h"
#include "session/select.h"

#define SP_REQUEST_ID_LEN 16  /* hexadecimal characters */
#define SP_DETAIL_MAX     384 /* bytes with the NUL; longer details are truncated */
#define SP_NOTE_MAX       640

struct sp_continuation;
struct sp_dialect;
struct sp_log_line;

struct sp_transaction {
    struct sp_context *context;
    const struct sp_head *head;
    struct sp_str body; /* of a request to the pages listener; empty elsewhere */
    const struct sp_dialect *dialect;
    char request_id[SP_REQUEST_ID_LEN + 1];

    /* the original request; `request` is valid only if `has_request` */
    bool has_request;
    struct sp_request request;
    struct sp_sealer sealer;
    const struct sp_policy *policy;
    struct sp_header_choice headers;  /* the sets that the middleware's address combines; none without a
                                         policy */
    const struct sp_binding *binding; /* the binding that matches, for these header sets; NULL: none */
    enum sp_withheld withheld;        /* why the credential was withheld, if the sets have one
                                         (gate/binding.h) */

    /* the identity, each source checked at most once */
    bool looked_for_session;
    bool looked_for_identity;
    struct sp_selection selection;
    struct sp_bearer *bearer; /* the token that identifies the user; NULL: the cookie does, or there is no
                                 user */
    struct sp_who who;
    struct sp_identity identity;           /* from `who`; set even without a user name */
    bool may_wait;                         /* the request may wait for its identity */
    bool bearer_alone;                     /* only a token counts, not a session */
    enum sp_waited_label wait;             /* whether the answer had to wait, for the metric */
    const struct sp_continuation *waited;  /* set if the request has waited: how the wait ended */
    const struct sp_continuation *renewal; /* set if it has waited for a renewal, which failed */
    const struct sp_continuation *news;    /* set if it has waited for the state of the issuer */

    /* the result */
    enum sp_verdict_kind verdict;
    enum sp_reason reason;
    size_t rule;
    struct sp_str user;
    struct sp_str detail;        /* the cause as a sentence, for page, problem document and log */
    struct sp_str note;          /* details for the log only; untrusted clients must not see them */
    enum sp_mender mender;       /* who the page's advice is for */
    struct sp_str return_target; /* where a sign-in returns to; empty: the request's own target */
    enum sp_html_link page_link; /* the page's button; if not set, the reason determines it */
    struct sp_str page_href;
    const char *page_label;
    const struct sp_html_texts *page_texts; /* the page's texts; NULL: those of the reason */
    struct sp_str page_second_href;         /* a second link next to the button; empty: none */
    const char *page_second_label;
    struct sp_answer answer;
    struct sp_continuation *continuation; /* if set, the answer comes later (gate/continuation.h) */

    struct sp_buf target_text; /* a target with its prefix restored */
    struct sp_buf user_text;   /* a user name with its prefix */
    char detail_storage[SP_DETAIL_MAX];
    char note_storage[SP_NOTE_MAX];
    char target_storage[SP_TARGET_MAX];
    char user_storage[1024];
};

void sp_transaction_begin(struct sp_transaction *t, struct sp_context *context,
                          const struct sp_dialect *dialect, const struct sp_head *head);

/*
 * Call after `request` was filled in. Sets the public port of its origin, and creates its sealer; from now on
 * pages know their own address.
 */
void sp_transaction_set_request(struct sp_transaction *t);

/* The kind of the original request; if that is not known, the kind that the head itself has. */
enum sp_request_kind sp_transaction_request_kind(const struct sp_transaction *t);

/* Opens the session cookies, once. Without a request there is no session. A session without all groups
 * becomes invalid when rules name other groups (session/profile.h). */
const struct sp_selection *sp_transaction_select(struct sp_transaction *t);

/* The session that can be ended: a valid one, or one that only needs confirmation (gate/renewal.h). Otherwise
 * NULL. */
const struct sp_session *sp_transaction_session_to_end(struct sp_transaction *t);

/* The session if it is valid, otherwise NULL. */
const struct sp_session *sp_transaction_session(struct sp_transaction *t);

/* The identity, by the session cookie or by a bearer token (gate/bearer.h). If `continuation` is set
 * afterwards, the request must wait to establish it, and gets no answer yet. */
struct sp_who sp_transaction_identify(struct sp_transaction *t);

/* Assigns a request id, unless it has one. */
void sp_transaction_set_id(struct sp_transaction *t);

/*
 * Set `detail` and `note`, which describe the cause of the answer: the header, host, path, group or key.
 * Values from clients are passed through SP_QUOTE (base/wording.h), which limits and escapes them. A query,
 * cookie, code, token or secret is never among them.
 */
void sp_transaction_explain(struct sp_transaction *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sp_transaction_note(struct sp_transaction *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the members that every line about a request has: its id and, once the original request is known, its
 * host and the address of the client behind the proxies in front. */
void sp_transaction_log_request(const struct sp_transaction *t, struct sp_log_line *line);

/* Writes the members that identify a session: its user, as `user`, and its label. */
void sp_transaction_log_session(struct sp_log_line *line, const struct sp_session *session,
                                struct sp_str user);

/* Counts the answer and writes its log line, unless it is a plain allow; those are logged only with
 * `log_access`. */
void sp_transaction_finish(struct sp_transaction *t, int64_t span_ns);

#endif
