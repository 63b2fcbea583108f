/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_ISSUER_NEWS_H
#define SP_IO_ISSUER_NEWS_H

/*
 * Logins that wait until it is known whether the issuer can be reached (io/issuer.h), before a browser is
 * redirected there. All logins that wait at the same time share one response of the issuer, and wait at most
 * SP_ISSUER_NEWS_WAIT_MS.
 *
 * Anybody without a session can make a request wait in this way. So these requests have their own limit
 * (io/waiting.h), as large as the other one, and cannot take the places of callbacks and bearer tokens. There
 * is no limit by owner, because all of them end together. A request for which there is no place is answered
 * at once, according to the last known state.
 */

#include "io/issuer.h"
#include "io/waiting.h"

struct sp_issuer_news;

/*
 * `worker` and `issuer` are borrowed and must outlive it.
 *
 *   limits  see sp_waiting_limits_of; the limit of an owner is ignored
 *
 * NULL if out of memory.
 */
struct sp_issuer_news *sp_issuer_news_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                          struct sp_waiting_limits limits)
    __attribute__((warn_unused_result));

/* After the worker and the loops have ended. Accepts NULL. */
void sp_issuer_news_free(struct sp_issuer_news *news);

/* From a loop. Returns NULL if `wait` waits. It is then posted once, without an outcome; call sp_issuer_reach
 * for the result. Otherwise `wait` does not wait, and the returned text names what is full. */
const char *sp_issuer_news_begin(struct sp_issuer_news *news, struct sp_wait *wait)
    __attribute__((warn_unused_result));

#endif
