/* SPDX-License-Identifier: Apache-2.0 */
#include "session/overdue.h"

#include <stdlib.h>

struct place {
    uint8_t id[SP_SESSION_ID_LEN];
    int64_t at_s; /* 0 in an empty slot: too long ago to count */
};

struct sp_overdue {
    struct place places[SP_OVERDUE_N];
};

struct sp_overdue *sp_overdue_new(void)
{
    return calloc(1, sizeof(struct sp_overdue));
}

static struct place *place_of(struct sp_overdue *overdue, const struct sp_session *session)
{
    uint32_t at;
    memcpy(&at, session->id, sizeof at);
    return &overdue->places[at % SP_OVERDUE_N];
}

void sp_overdue_note(struct sp_overdue *overdue, const struct sp_session *session, int64_t now_s)
{
    struct place *place = place_of(overdue, session);
    memcpy(place->id, session->id, sizeof place->id);
    place->at_s = now_s;
}

void sp_overdue_forget(struct sp_overdue *overdue, const struct sp_session *session)
{
    struct place *place = place_of(overdue, session);
    if (memcmp(place->id, session->id, sizeof place->id) == 0) {
        place->at_s = 0;
    }
}

/* If the clock was set back, entries must not be remembered longer. */
size_t sp_overdue_count(const struct sp_overdue *overdue, int64_t now_s)
{
    size_t n = 0;
    for (size_t i = 0; i < SP_OVERDUE_N; i++) {
        int64_t at_s = overdue->places[i].at_s;
        n += at_s <= now_s && now_s - at_s < SP_OVERDUE_REMEMBERED_S;
    }
    return n;
}
