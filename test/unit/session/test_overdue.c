/* SPDX-License-Identifier: Apache-2.0 */
#include "session/overdue.h"

#include "../suite.h"

#include <stdlib.h>

#define NOW_S 1700000000

static struct sp_session session_of(uint32_t number)
{
    struct sp_session session = {0};
    memcpy(session.id, &number, sizeof number);
    return session;
}

SP_TEST(a_session_is_overdue_until_it_is_renewed_or_nobody_comes_with_it)
{
    struct sp_overdue *overdue = sp_overdue_new();
    struct sp_session one = session_of(1);
    struct sp_session two = session_of(2);
    ck_assert_uint_eq(sp_overdue_count(overdue, NOW_S), 0);
    sp_overdue_note(overdue, &one, NOW_S);
    sp_overdue_note(overdue, &one, NOW_S + 1);
    sp_overdue_note(overdue, &two, NOW_S + 1);
    ck_assert_uint_eq(sp_overdue_count(overdue, NOW_S + 1), 2);
    ck_assert_uint_eq(sp_overdue_count(overdue, NOW_S + SP_OVERDUE_REMEMBERED_S), 2);
    ck_assert_uint_eq(sp_overdue_count(overdue, NOW_S + SP_OVERDUE_REMEMBERED_S + 1), 0);
    ck_assert_uint_eq(sp_overdue_count(overdue, NOW_S), 0);
    sp_overdue_forget(overdue, &one);
    ck_assert_uint_eq(sp_overdue_count(overdue, NOW_S + 1), 1);
    free(overdue);
}
SP_TEST_END

SP_TEST(as_many_sessions_as_there_are_places_are_counted_and_no_more)
{
    struct sp_overdue *overdue = sp_overdue_new();
    for (uint32_t i = 0; i <= SP_OVERDUE_N; i++) {
        struct sp_session session = session_of(i);
        sp_overdue_note(overdue, &session, NOW_S);
        ck_assert_uint_eq(sp_overdue_count(overdue, NOW_S), i < SP_OVERDUE_N ? i + 1 : SP_OVERDUE_N);
    }
    struct sp_session first = session_of(0); /* the last one took its slot */
    sp_overdue_forget(overdue, &first);
    ck_assert_uint_eq(sp_overdue_count(overdue, NOW_S), SP_OVERDUE_N);
    free(overdue);
}
SP_TEST_END

SP_SUITE("session/overdue", a_session_is_overdue_until_it_is_renewed_or_nobody_comes_with_it,
         as_many_sessions_as_there_are_places_are_counted_and_no_more)
