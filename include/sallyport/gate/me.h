/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ME_H
#define SP_GATE_ME_H

/*
 * The page `me`: who am I, as a page for people and as JSON for programs; 401 without a session. It shows
 * claims and times, never a token, and of the session id only as much as finds it in a log.
 */

#include "gate/transaction.h"

void sp_me_page(struct sp_transaction *t);

#endif
