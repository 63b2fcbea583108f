/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_ISSUER_NEWS_H
#define SP_IO_ISSUER_NEWS_H

/*
 * Logins that wait to know whether the issuer can be reached (io/issuer.h), before anybody is sent there. All
 * that wait at a time wait for one answer of the issuer, at most SP_ISSUER_NEWS_WAIT_MS.
 *
 * Whoever has no session can make a request wait so. So they have a room of their own (io/waiting.h), as
 * large as the other one, and no shares by owner in it, since all of them end alike: what they fill up is
 * nothing that a callback or a bearer token needs. Who finds no room loses nothing but the news, and goes by
 * what was heard last.
 */

#include "io/issuer.h"
#include "io/waiting.h"

struct sp_issuer_news;

/*
 * `worker` and `issuer` are borrowed for good.
 *
 *   limits  see sp_waiting_limits_of; that of an owner is left out
 *
 * NULL without memory.
 */
struct sp_issuer_news *sp_issuer_news_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                          struct sp_waiting_limits limits)
    __attribute__((warn_unused_result));

/* After the worker and the loops have ended. Accepts NULL. */
void sp_issuer_news_free(struct sp_issuer_news *news);

/* From a loop. NULL: `wait` waits, and is posted once, without an outcome: sp_issuer_reach tells. Else nobody
 * waits, and it says what is full. */
const char *sp_issuer_news_begin(struct sp_issuer_news *news, struct sp_wait *wait)
    __attribute__((warn_unused_result));

#endif
