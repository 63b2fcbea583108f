/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "fixture.h"

static bool keeps(const char *settings, const char *group)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    return sp_config_keeps_group(loaded.config, sp_str_from_c(group));
}

SP_TEST(without_a_choice_every_group_is_kept)
{
    ck_assert(keeps("", "ops"));
    ck_assert(keeps("", ""));
}
SP_TEST_END

SP_TEST(a_chosen_group_is_kept_exactly)
{
    ck_assert(keeps("groups_keep: [ops, sre]", "sre"));
    ck_assert(!keeps("groups_keep: [ops, sre]", "op"));
    ck_assert(!keeps("groups_keep: [ops, sre]", "opsx"));
    ck_assert(!keeps("groups_keep: [ops, sre]", "OPS"));
    ck_assert(!keeps("groups_keep: [ops, sre]", ""));
}
SP_TEST_END

SP_TEST(a_star_at_the_end_keeps_what_begins_so)
{
    ck_assert(keeps("groups_keep: \"team-*\"", "team-a"));
    ck_assert(keeps("groups_keep: \"team-*\"", "team-"));
    ck_assert(!keeps("groups_keep: \"team-*\"", "team"));
    ck_assert(!keeps("groups_keep: \"team-*\"", "a-team-a"));
    ck_assert(keeps("groups_keep: \"*\"", "anything"));
    ck_assert(!keeps("groups_keep: \"a*b\"", "aXb"));
    ck_assert(keeps("groups_keep: \"a*b\"", "a*b"));
}
SP_TEST_END

SP_TEST(the_word_none_keeps_no_group)
{
    ck_assert(!keeps("groups_keep: none", "ops"));
    ck_assert(!keeps("groups_keep: [none]", "none"));
    ck_assert(keeps("groups_keep: none*", "none"));
}
SP_TEST_END

SP_TEST(names_are_found_exactly)
{
    LOADED_SCOPED struct loaded loaded = load_settings("", NULL);
    ck_assert_ptr_nonnull(sp_config_find_policy(loaded.config, SP_STR("default")));
    ck_assert_ptr_null(sp_config_find_policy(loaded.config, SP_STR("defaul")));
    ck_assert_ptr_null(sp_config_find_policy(loaded.config, SP_STR("default\0")));
    ck_assert_ptr_null(sp_config_find_policy(loaded.config, SP_STR("")));
    struct sp_header_choice choice;
    ck_assert_int_eq(sp_config_choose_headers(loaded.config, SP_STR("identity"), &choice, NULL), SP_OK);
    ck_assert_int_eq(sp_config_choose_headers(loaded.config, SP_STR("Identity"), &choice, NULL),
                     SP_ERR_MISSING);
}
SP_TEST_END

SP_TEST(ac_86_the_pages_have_connections_beside_those_of_the_auth_listener)
{
    static const int64_t shares[][2] = {{16, 64}, {519, 64}, {520, 65}, {4096, 512}, {1000000, 125000}};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        struct sp_config config = {.max_connections = shares[i][0]};
        ck_assert_int_eq(sp_config_pages_connections(config.max_connections), shares[i][1]);
    }
    for (int64_t all = 65; all < 20000; all++) {
        struct sp_config config = {.max_connections = sp_config_connections_within(all)};
        ck_assert_int_le(config.max_connections + sp_config_pages_connections(config.max_connections), all);
        config.max_connections++;
        ck_assert_int_gt(config.max_connections + sp_config_pages_connections(config.max_connections), all);
    }
    ck_assert_int_eq(sp_config_connections_within(4608), 4096);
    ck_assert_int_eq(sp_config_connections_within(1), 1);
}
SP_TEST_END

SP_TEST(nothing_can_be_released)
{
    sp_config_free(NULL);
    struct sp_config *config = calloc(1, sizeof *config);
    sp_config_free(config);
}
SP_TEST_END

SP_SUITE("config", without_a_choice_every_group_is_kept, a_chosen_group_is_kept_exactly,
         a_star_at_the_end_keeps_what_begins_so, the_word_none_keeps_no_group, names_are_found_exactly,
         ac_86_the_pages_have_connections_beside_those_of_the_auth_listener, nothing_can_be_released)
