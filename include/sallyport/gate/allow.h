/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ALLOW_H
#define SP_GATE_ALLOW_H

/* The answer 200, which lets the request through to the application. It sets no cookie. */

#include "gate/transaction.h"

/*
 * With the headers that tell the application who the user is, where `verdict` identifies somebody; with
 * `strip_session_cookie` also the request's cookies without the session's. Headers that do not fit make it a
 * refusal: an application must never see a part of an identity.
 */
void sp_allow(struct sp_transaction *t, const struct sp_verdict *verdict);

/* Without an identity and with all cookies: a direct page on its way to the pages listener (`direct_pages`),
 * which reads the session itself. */
void sp_allow_direct_page(struct sp_transaction *t);

/*
 * Adds the headers by which the sets of an address tell the application who the user is. Any error is 403
 * `user_not_representable`.
 *
 *   SP_ERR_LIMIT    they do not fit the answer
 *   SP_ERR_MISSING  only some of the groups are known, and a set has a line for each
 */
enum sp_error sp_allow_add_headers(const struct sp_config *config, const struct sp_header_choice *choice,
                                   const struct sp_identity *identity, struct sp_answer *answer)
    __attribute__((warn_unused_result));

#endif
