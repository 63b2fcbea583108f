/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/traefik.h"

#include "fixture.h"

static struct sp_proxy_question question;

/* Reads these options with the headers of a usual request. */
static void read_options(struct fixture *f, const char *options)
{
    ASK(f, .uri = "/x?y");
    question = (struct sp_proxy_question){0};
    ck_assert_int_eq(sp_traefik_read(&f->head, sp_str_from_c(options), &question), SP_REASON_NONE);
}

SP_TEST(the_options_are_the_query_of_the_address)
{
    FIXTURE f = fixture_new("");
    read_options(f, "");
    ck_assert_ptr_null(question.policy.ptr);
    ck_assert_ptr_null(question.headers.ptr);
    ck_assert_ptr_null(question.misfit.ptr);
    ck_assert(!question.has_prefix);
    read_options(f, "policy=o%70s&prefix=1&headers=remote,mine");
    ck_assert_str_view(question.policy, "ops");
    ck_assert_str_view(question.headers, "remote,mine");
    ck_assert(question.has_prefix);
    ck_assert_ptr_null(question.misfit.ptr);
    ck_assert_str_view(question.forwarded.target.raw, "/x?y");
}
SP_TEST_END

SP_TEST(an_option_that_misfits_is_named)
{
    static const char *const misfits[][2] = {
        {"x=1", "x"},
        {"policy=a&policy=a", "policy"},
        {"policy=", "policy"},
        {"policy", "policy"},
        {"policy=%00", "policy"},
        {"prefix=0", "prefix"},
        {"prefix", "prefix"},
        {"prefix=1&prefix=1", "prefix"},
        {"headers=a&headers=b", "headers"},
        {"policy=a&Policy=b", "Policy"},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof misfits / sizeof misfits[0]; i++) {
        read_options(f, misfits[i][0]);
        ck_assert_str_eq(text_of(question.misfit), misfits[i][1]);
    }
}
SP_TEST_END

SP_TEST(a_parameter_has_a_limit)
{
    FIXTURE f = fixture_new("");
    ck_assert_answer(ASK(f, .address = text("/auth/traefik?policy=%s", repeat('x', 128))), 500,
                     SP_REASON_UNKNOWN_POLICY);
    ck_assert_answer(ASK(f, .address = text("/auth/traefik?policy=%s", repeat('x', 129))), 500,
                     SP_REASON_UNKNOWN_PARAMETER);
}
SP_TEST_END

SP_SUITE("gate/traefik", the_options_are_the_query_of_the_address, an_option_that_misfits_is_named,
         a_parameter_has_a_limit)
