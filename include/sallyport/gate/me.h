/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ME_H
#define SP_GATE_ME_H

/*
 * The page `me`, which shows who the user is: a page for people, JSON for programs, and 401 if nobody is
 * signed in. It shows claims and times, never a token, and only as much of the session id as is needed to
 * find it in a log.
 */

#include "gate/transaction.h"

void sp_me_page(struct sp_transaction *t);

#endif
