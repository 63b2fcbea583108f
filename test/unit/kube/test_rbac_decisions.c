/* SPDX-License-Identifier: Apache-2.0 */

/* Index and matchers together, compared with the slow model. */

#include "rbac_model.h"

static const char *const rule_names[] = {
#define X(name) #name,
    MODEL_RULES(X)
#undef X
};

static const struct sp_rbac_settings settings_pool[] = {
    {.matching = SP_RBAC_KUBERNETES},
    {.matching = SP_RBAC_KUBERNETES, .takes_bootstrap = true},
    {.matching = SP_RBAC_GLOBSTAR},
    {.matching = SP_RBAC_GLOBSTAR, .ignores_case = true},
};

SP_TEST(random_objects_and_requests_decide_like_the_model)
{
    enum { WORLDS_N = 5000, QUESTIONS_N = 20 };
    struct dice dice = {13};
    size_t allowed_n = 0;
    size_t decisive_n[MODEL_RULES_N] = {0};
    for (size_t i = 0; i < WORLDS_N; i++) {
        struct model_world world = model_world_new(&dice);
        const struct sp_rbac_settings *settings = &ONE_OF(&dice, settings_pool);
        struct sp_rbac_index *index = model_index(&world, settings);
        for (size_t n = 0; n < QUESTIONS_N; n++) {
            struct model_question question;
            model_ask(&dice, &question);
            bool expected = model_allows(&world, settings, &question, MODEL_NONE);
            if (index_allows(index, &question) != expected) {
                ck_abort_msg("%s %s%s by %s, matching %d: not %d\n%s\n%s", question.method, question.origin,
                             question.path, question.user, settings->matching, expected,
                             json_dumps(world.roles, 0), json_dumps(world.bindings, 0));
            }
            allowed_n += expected;
            for (size_t rule = 0; rule < MODEL_RULES_N; rule++) {
                decisive_n[rule] +=
                    model_allows(&world, settings, &question, (enum model_rule)rule) != expected;
            }
        }
        sp_rbac_index_unref(index);
        model_world_free(&world);
    }
    ck_assert_uint_gt(allowed_n, WORLDS_N * QUESTIONS_N / 5);
    ck_assert_uint_lt(allowed_n, WORLDS_N * QUESTIONS_N * 4 / 5);
    for (size_t rule = 0; rule < MODEL_RULES_N; rule++) {
        ck_assert_msg(decisive_n[rule] >= 1000, "%s decides %zu cases", rule_names[rule], decisive_n[rule]);
    }
}
SP_TEST_END

SP_SUITE("rbac_decisions", random_objects_and_requests_decide_like_the_model)
