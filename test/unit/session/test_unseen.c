/* SPDX-License-Identifier: Apache-2.0 */
#include "session/unseen.h"

#include "../suite.h"

#include <stdlib.h>

#define NOW_S 1700000000

SP_TEST(a_new_cookie_is_seen_once_and_the_old_one_is_not_taken_for_it)
{
    struct sp_unseen *unseen = sp_unseen_new();
    struct sp_session *session = calloc(1, sizeof *session);
    session->id[SP_SESSION_ID_LEN - 1] = 7;
    session->issued_s = NOW_S;
    ck_assert(!sp_unseen_take(unseen, session));
    session->issued_s = NOW_S - 3600;
    sp_unseen_note(unseen, session);
    ck_assert(!sp_unseen_take(unseen, session));
    session->issued_s = NOW_S;
    ck_assert(sp_unseen_take(unseen, session));
    ck_assert(!sp_unseen_take(unseen, session));
    free(session);
    free(unseen);
}
SP_TEST_END

SP_TEST(of_several_new_cookies_any_counts)
{
    struct sp_unseen *unseen = sp_unseen_new();
    struct sp_session *session = calloc(1, sizeof *session);
    session->issued_s = NOW_S - 3600;
    for (int i = 0; i < 3; i++) { /* tabs that sent requests at the same time */
        sp_unseen_note(unseen, session);
    }
    session->issued_s++; /* that of the first answer */
    ck_assert(sp_unseen_take(unseen, session));
    free(session);
    free(unseen);
}
SP_TEST_END

SP_TEST(another_session_is_never_taken_for_it_and_may_take_its_place)
{
    struct sp_unseen *unseen = sp_unseen_new();
    struct sp_session *session = calloc(1, sizeof *session);
    session->issued_s = NOW_S - 3600;
    sp_unseen_note(unseen, session);
    session->issued_s = NOW_S;
    session->id[SP_SESSION_ID_LEN / 2] = 1;
    ck_assert(!sp_unseen_take(unseen, session));
    session->id[SP_SESSION_ID_LEN / 2] = 0;
    session->id[0] = 1;
    ck_assert(!sp_unseen_take(unseen, session));
    session->id[0] = 0;
    ck_assert(sp_unseen_take(unseen, session));

    session->issued_s = NOW_S - 3600;
    sp_unseen_note(unseen, session);
    session->id[SP_SESSION_ID_LEN / 2] = 1;
    sp_unseen_note(unseen, session);
    session->issued_s = NOW_S;
    ck_assert(sp_unseen_take(unseen, session));
    session->id[SP_SESSION_ID_LEN / 2] = 0;
    ck_assert(!sp_unseen_take(unseen, session));
    free(session);
    free(unseen);
}
SP_TEST_END

SP_SUITE("session/unseen", a_new_cookie_is_seen_once_and_the_old_one_is_not_taken_for_it,
         of_several_new_cookies_any_counts, another_session_is_never_taken_for_it_and_may_take_its_place)
