/* SPDX-License-Identifier: Apache-2.0 */
#include "session/unseen.h"

#include <stdatomic.h>
#include <stdlib.h>

#define ISSUED_BITS 40 /* bits of a time in a session */
#define ISSUED_MASK ((UINT64_C(1) << ISSUED_BITS) - 1)

/* Each slot has part of a session's id in its upper bits and the issue time of the old cookie in the lower
 * ones. It is 0 if no cookie is expected. */
struct sp_unseen {
    _Atomic uint64_t places[SP_UNSEEN_N];
};

struct sp_unseen *sp_unseen_new(void)
{
    return calloc(1, sizeof(struct sp_unseen));
}

/* The first half selects the slot. The low bits of the second half are stored in the slot. */
static uint64_t half_of_id(const struct sp_session *session, size_t at)
{
    uint64_t half;
    memcpy(&half, session->id + at, sizeof half);
    return half;
}

static _Atomic uint64_t *place_of(struct sp_unseen *unseen, const struct sp_session *session)
{
    return &unseen->places[half_of_id(session, 0) % SP_UNSEEN_N];
}

static uint64_t mark_of(const struct sp_session *session)
{
    return half_of_id(session, SP_SESSION_ID_LEN / 2) << ISSUED_BITS |
           ((uint64_t)session->issued_s & ISSUED_MASK);
}

void sp_unseen_note(struct sp_unseen *unseen, const struct sp_session *session)
{
    atomic_store_explicit(place_of(unseen, session), mark_of(session), memory_order_relaxed);
}

bool sp_unseen_take(struct sp_unseen *unseen, const struct sp_session *session)
{
    _Atomic uint64_t *place = place_of(unseen, session);
    uint64_t noted = atomic_load_explicit(place, memory_order_relaxed);
    uint64_t mark = mark_of(session);
    return noted != 0 && noted >> ISSUED_BITS == mark >> ISSUED_BITS && noted < mark &&
           atomic_compare_exchange_strong(place, &noted, 0);
}
