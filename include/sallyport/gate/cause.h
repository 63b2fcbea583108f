/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_CAUSE_H
#define SP_GATE_CAUSE_H

/*
 * What caused a refusal, in words: every one names the header, host, path, group, claim or key that it is
 * about, so that whoever set something up wrongly reads what, on the page or in the log. A reason says what
 * happened; this says to which thing.
 *
 * The detail of a transaction is for the user too: their own request, and what would have let them in. The
 * note is for the log only: why a cookie did not open would be an oracle to whoever made it up, and all
 * groups of a user are long.
 */

#include "gate/transaction.h"

/* A part of the request: its head, or what the proxy says of the original one. */
void sp_cause_explain_fault(struct sp_transaction *t, enum sp_reason reason, const struct sp_fault *fault);

/* The names in the middleware's address that are no header sets, or no sets that one address can join. */
void sp_cause_explain_headers(struct sp_transaction *t, struct sp_str names);

/* Scheme, host and port, which no setting lists or which are not https. */
void sp_cause_explain_origin(struct sp_transaction *t, enum sp_reason reason);

/* The path of ours that is no page, or the method that it is not for. */
void sp_cause_explain_page(struct sp_transaction *t);

/* The page that sends it is not known to be of this origin: what the browser says of that. */
void sp_cause_explain_foreign(struct sp_transaction *t);

/* The verdict was deny, login or unavailable: the rule, the groups, what RBAC was asked, the claim of the
 * name, or the cookie. */
void sp_cause_explain_verdict(struct sp_transaction *t, const struct sp_verdict *verdict);

/* Why the application cannot be told of the user's groups exactly: they are not all known (SP_ERR_MISSING),
 * or are more than an answer holds. */
void sp_cause_explain_groups(struct sp_transaction *t, enum sp_error error);

/* The profile makes no name that can be used: which claim, and what is wrong with it. */
void sp_cause_explain_name(struct sp_transaction *t, const struct sp_profile *profile, enum sp_reason reason);

/* Why there is no session, for the log. */
void sp_cause_note_session(struct sp_transaction *t, enum sp_reason reason);

/* There are no documents of the issuer to begin a login with, or it cannot be reached; returns the reason. */
enum sp_reason sp_cause_explain_no_issuer(struct sp_transaction *t);

#endif
