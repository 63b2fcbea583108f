/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ALLOW_H
#define SP_GATE_ALLOW_H

/* The answer 200, which lets the request through to the application. It sets no cookie. */

#include "gate/transaction.h"

#define SP_ALLOW_VALUE_MAX 10240 /* bytes of one emitted value: a session's groups fit, encoded too */

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
 * Adds the headers that tell the application who the user is.
 *
 *   SP_ERR_LIMIT  a value is longer than SP_ALLOW_VALUE_MAX: 500 `session_too_large`
 */
enum sp_error sp_allow_add_headers(const struct sp_header_set *set, const struct sp_identity *identity,
                                   struct sp_answer *answer) __attribute__((warn_unused_result));

#endif
