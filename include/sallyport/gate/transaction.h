/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_TRANSACTION_H
#define SP_GATE_TRANSACTION_H

/*
 * One request and its answer, from the strict head to the log line. It lives on the loop's stack and is never
 * zeroed whole; sp_transaction_begin sets what is read. Endpoints are functions from it to its answer and
 * know nothing of the HTTP library, so that tests and fuzzers drive them without a socket.
 */

#include "gate/answer.h"
#include "gate/html.h"
#include "gate/process.h"
#include "policy/rules.h"
#include "session/sealer.h"
#include "session/select.h"

#define SP_REQUEST_ID_LEN 16  /* hexadecimal characters */
#define SP_DETAIL_MAX     384 /* bytes with the NUL; what does not fit is cut */
#define SP_NOTE_MAX       640

struct sp_continuation;
struct sp_dialect;
struct sp_log_line;

struct sp_transaction {
    struct sp_context *context;
    const struct sp_head *head;
    struct sp_str body; /* of what comes to the pages listener; empty elsewhere */
    const struct sp_dialect *dialect;
    char request_id[SP_REQUEST_ID_LEN + 1];

    /* the original request; `request` is read only when `has_request` */
    bool has_request;
    struct sp_request request;
    struct sp_sealer sealer;
    const struct sp_policy *policy;
    struct sp_header_choice headers; /* the sets that its address joins; none without a policy */
    const struct sp_binding
        *binding;              /* that holds for it, of the credential that they carry; NULL: none does */
    enum sp_withheld withheld; /* why, where they carry one (gate/binding.h) */

    /* who asks, each looked for at most once */
    bool looked_for_session;
    bool looked_for_identity;
    struct sp_selection selection;
    struct sp_bearer *bearer; /* the token that it is by; NULL: by the cookie, or nobody */
    struct sp_who who;
    struct sp_identity identity;           /* of `who`, also without a name */
    bool may_wait;                         /* to find that out */
    bool bearer_alone;                     /* only a token could help, and no session */
    enum sp_waited_label wait;             /* of the answer, for whatever it waited */
    const struct sp_continuation *waited;  /* it has, and this says how that ended */
    const struct sp_continuation *renewal; /* it has waited to be renewed, and was not */
    const struct sp_continuation *news;    /* it has waited for news of the issuer, to sign in there */

    /* what became of it */
    enum sp_verdict_kind verdict;
    enum sp_reason reason;
    size_t rule;
    struct sp_str user;
    struct sp_str detail;        /* what caused it, a sentence for page, problem document and log */
    struct sp_str note;          /* more for the log only: what a stranger has no business with */
    enum sp_mender mender;       /* whom the page's advice is for */
    struct sp_str return_target; /* where a sign-in leads instead of the request's own target; empty: there */
    enum sp_html_link page_link; /* the page's button, where the page decides; else by the reason */
    struct sp_str page_href;
    const char *page_label;
    const struct sp_html_texts *page_texts; /* what the page says; NULL: by the reason */
    struct sp_str page_second_href;         /* a second link beside the button; empty: none */
    const char *page_second_label;
    struct sp_answer answer;
    struct sp_continuation *continuation; /* set: the answer comes later (gate/continuation.h) */

    struct sp_buf target_text; /* a target with its prefix put back */
    struct sp_buf user_text;   /* a user name with its prefix */
    char detail_storage[SP_DETAIL_MAX];
    char note_storage[SP_NOTE_MAX];
    char target_storage[SP_TARGET_MAX];
    char user_storage[1024];
};

void sp_transaction_begin(struct sp_transaction *t, struct sp_context *context,
                          const struct sp_dialect *dialect, const struct sp_head *head);

/*
 * After `request` was filled in: its origin gets its public port, and there is a sealer for it; from now on
 * pages know where they are.
 */
void sp_transaction_set_request(struct sp_transaction *t);

/* What kind of request this is; without a request, what kind the head itself is. */
enum sp_request_kind sp_transaction_request_kind(const struct sp_transaction *t);

/* Opens the session cookies, once. Without a request there is none. A session that lacks groups is over as
 * soon as rules name others (session/profile.h). */
const struct sp_selection *sp_transaction_select(struct sp_transaction *t);

/* The session that can be ended: a valid one, or one that is only to be confirmed (gate/renewal.h). Else
 * NULL. */
const struct sp_session *sp_transaction_session_to_end(struct sp_transaction *t);

/* The session if it is valid, else NULL. */
const struct sp_session *sp_transaction_session(struct sp_transaction *t);

/* Who asks, by the session cookie, or by a bearer token (gate/bearer.h). Where `continuation` is set
 * afterwards, this has to wait to be known, and the request gets no answer yet. */
struct sp_who sp_transaction_identify(struct sp_transaction *t);

/* Gives it a request id, unless it has one. */
void sp_transaction_set_id(struct sp_transaction *t);

/*
 * Set `detail` and `note`, which hold what caused the answer: the header, host, path, group or key. Values
 * of strangers go through SP_QUOTE (base/wording.h), which bounds and escapes them; a query, cookie, code,
 * token or secret is never among them.
 */
void sp_transaction_explain(struct sp_transaction *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sp_transaction_note(struct sp_transaction *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the members that every line about a request has: its id and, once it is known what is asked for, its
 * host and the address of the client behind the proxies in front. */
void sp_transaction_log_request(const struct sp_transaction *t, struct sp_log_line *line);

/* Writes the members that tell a session: of whom it is, by the name `user`, and its label. */
void sp_transaction_log_session(struct sp_log_line *line, const struct sp_session *session,
                                struct sp_str user);

/* Counts the answer and writes its line: every one that is not a plain allow, and with `log_access` those
 * too. */
void sp_transaction_finish(struct sp_transaction *t, int64_t span_ns);

#endif
