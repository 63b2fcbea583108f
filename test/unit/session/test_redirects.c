/* SPDX-License-Identifier: Apache-2.0 */
#include "session/redirects.h"

#include "../suite.h"

#include <stdlib.h>

#define NOW_S 1700000000

SP_TEST(ac_67_a_session_was_sent_to_a_target_within_a_minute_with_the_cookie_that_it_had)
{
    struct sp_redirects *redirects = sp_redirects_new(&sp_random_system);
    struct sp_session *session = calloc(1, sizeof *session);
    session->issued_s = NOW_S - 3600;
    ck_assert(!sp_redirects_remember(redirects, session, SP_STR("/x"), NOW_S));
    sp_redirects_note(redirects, session, SP_STR("/x"), NOW_S);
    ck_assert(sp_redirects_remember(redirects, session, SP_STR("/x"), NOW_S));
    ck_assert(sp_redirects_remember(redirects, session, SP_STR("/x"), NOW_S + SP_REDIRECT_REMEMBERED_S - 1));
    ck_assert(!sp_redirects_remember(redirects, session, SP_STR("/x"), NOW_S + SP_REDIRECT_REMEMBERED_S));
    ck_assert(!sp_redirects_remember(redirects, session, SP_STR("/x"), NOW_S - 1));
    ck_assert(!sp_redirects_remember(redirects, session, SP_STR("/y"), NOW_S));
    session->issued_s = NOW_S; /* it took the new cookie */
    ck_assert(!sp_redirects_remember(redirects, session, SP_STR("/x"), NOW_S));
    session->issued_s = NOW_S - 3600;
    session->id[0] = 1;
    ck_assert(!sp_redirects_remember(redirects, session, SP_STR("/x"), NOW_S));
    free(session);
    free(redirects);
}
SP_TEST_END

SP_SUITE("session/redirects",
         ac_67_a_session_was_sent_to_a_target_within_a_minute_with_the_cookie_that_it_had)
