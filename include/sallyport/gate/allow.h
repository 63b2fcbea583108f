/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ALLOW_H
#define SP_GATE_ALLOW_H

/* The answer 200, which lets the request through to the application. It sets no cookie. */

#include "gate/transaction.h"

/*
 * Adds the headers that tell the application who the user is, if `verdict` identifies a user. With
 * `strip_session_cookie` it also adds the request's cookies without the session cookie. If the headers do not
 * fit, the request is refused: an application must never see a partial identity.
 */
void sp_allow(struct sp_transaction *t, const struct sp_verdict *verdict);

/* Lets a request for a direct page through to the pages listener (`direct_pages`), without an identity and
 * with all cookies, because the page reads the session itself. */
void sp_allow_direct_page(struct sp_transaction *t);

/*
 * Adds the identity headers of the sets that the middleware's address names. Any error leads to 403
 * `user_not_representable`.
 *
 *   SP_ERR_LIMIT    the headers do not fit into the answer
 *   SP_ERR_MISSING  a set has a header for each group, but only some of the groups are known
 */
enum sp_error sp_allow_add_headers(const struct sp_config *config, const struct sp_header_choice *choice,
                                   const struct sp_identity *identity, struct sp_answer *answer)
    __attribute__((warn_unused_result));

#endif
