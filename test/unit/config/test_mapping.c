/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mapping.h"

#include "policy/rules.h"

#include "../suite.h"

#include <stddef.h>
#include <string.h>

/* ---- a table of the test's own -------------------------------------------------------------------- */

struct animal {
    char *name;
    int64_t legs_n;
    int size;
    struct sp_texts eats;
    char *cave;
};

static const struct sp_value_word sizes[] = {{"small", 1}, {"large", 2}, {NULL, 0}};

static const struct sp_row rows[] = {
    {"name", "animals", &sp_type_client_id, NULL, offsetof(struct animal, name), {.max = 0}},
    {"legs", "animals", &sp_type_integer, "4", offsetof(struct animal, legs_n), {.max = 8}},
    {"size", "animals", &sp_type_word, "small", offsetof(struct animal, size), {.words = sizes}},
    {"eats", "food", &sp_type_client_ids, "", offsetof(struct animal, eats), {.min = 1, .max = 2}},
    {"cave", NULL, &sp_type_optional_file, "", offsetof(struct animal, cave), {.max = 0}},
};

static const struct sp_other_key others[] = {{"feet", "legs"}, {"hind_feet", "legs"}, {NULL, NULL}};

static const struct sp_mapping animals = {
    .noun = "trait",
    .expected = "an animal such as {name: cat}",
    .hint = ": look it up",
    .rows = rows,
    .rows_n = sizeof rows / sizeof rows[0],
    .others = others,
};

struct zoo {
    struct sp_reading reading;
    struct sp_reports reports;
    struct animal animal;
    struct sp_yaml_node *tree;
};

static void zoo_done(struct zoo *zoo)
{
    sp_mapping_clear(zoo->reading.mapping, &zoo->animal);
    sp_reports_done(&zoo->reports);
    sp_yaml_free(zoo->tree);
}

#define ZOO_SCOPED __attribute__((cleanup(zoo_done)))

/* `subject` may be NULL, as for the settings. */
static void read_animal(struct zoo *zoo, const struct sp_mapping *mapping, const char *subject,
                        const char *text)
{
    *zoo = (struct zoo){.reading = {.mapping = mapping, .subject = subject}};
    zoo->reading.object = &zoo->animal;
    zoo->reading.reports = &zoo->reports;
    ck_assert_int_eq(sp_reading_set_defaults(&zoo->reading), SP_OK);
    ck_assert_int_eq(sp_yaml_parse(sp_str_from_c(text), &zoo->reports, &zoo->tree), SP_OK);
    sp_reading_take(&zoo->reading, zoo->tree);
}

/* There must be one error, which begins like this. */
static void assert_refused(const char *text, const char *expected)
{
    ZOO_SCOPED struct zoo zoo;
    read_animal(&zoo, &animals, "cat 1", text);
    ck_assert_msg(zoo.reports.errors_n == 1, "%s", text);
    ck_assert_str_eq(zoo.reports.items[0].text, expected);
}

/* ---- reading -------------------------------------------------------------------------------------- */

SP_TEST(what_is_not_given_has_its_default)
{
    ZOO_SCOPED struct zoo zoo;
    read_animal(&zoo, &animals, NULL, "{name: cat, eats: mice}");
    ck_assert_uint_eq(zoo.reports.items_n, 0);
    ck_assert_str_eq(zoo.animal.name, "cat");
    ck_assert_int_eq(zoo.animal.legs_n, 4);
    ck_assert_int_eq(zoo.animal.size, 1);
    ck_assert_uint_eq(zoo.animal.eats.items_n, 1);
    ck_assert_ptr_null(zoo.animal.cave);
    ck_assert(sp_reading_is_given(&zoo.reading, "name") && !sp_reading_is_given(&zoo.reading, "legs"));
}
SP_TEST_END

SP_TEST(a_wrong_value_is_told_at_its_place_and_leaves_the_default)
{
    ZOO_SCOPED struct zoo zoo;
    read_animal(&zoo, &animals, "cat 1", "name: cat\nlegs: 9\neats: [mice, mice]\n");
    ck_assert_uint_eq(zoo.reports.errors_n, 2);
    ck_assert_str_eq(zoo.reports.items[0].text, "cat 1: legs: \"9\" is not a whole number from 0 to 8");
    ck_assert_uint_eq(zoo.reports.items[0].line, 2);
    ck_assert_uint_eq(zoo.reports.items[0].column, 7);
    ck_assert_str_eq(zoo.reports.items[1].text, "cat 1: eats: \"mice\" appears twice");
    ck_assert_int_eq(zoo.animal.legs_n, 4);
    ck_assert_uint_eq(zoo.animal.eats.items_n, 0);
    ck_assert(sp_reading_is_sound(&zoo.reading, "name") && !sp_reading_is_sound(&zoo.reading, "eats"));
}
SP_TEST_END

SP_TEST(a_list_ends_at_its_maximum_and_is_not_empty)
{
    ZOO_SCOPED struct zoo zoo;
    read_animal(&zoo, &animals, NULL, "eats: [a, b]");
    ck_assert_uint_eq(zoo.reports.items_n, 0);
    assert_refused("eats: [a, b, c, d]", "cat 1: eats: more than 2 values");
    assert_refused("eats: []", "cat 1: eats: an empty list never matches: add values, or remove it");
    assert_refused("eats: [[a]]", "cat 1: eats: expected a value and found a list");
    assert_refused("eats: {a: b}", "cat 1: eats: expected a value and found a mapping");
    assert_refused("size: [small]", "cat 1: size: expected a word and found a list");
}
SP_TEST_END

SP_TEST(a_key_that_is_not_known_is_told_with_what_was_probably_meant)
{
    assert_refused("nam: cat", "cat 1: unknown trait \"nam\": did you mean \"name\"?");
    assert_refused("feet: 4", "cat 1: unknown trait \"feet\": did you mean \"legs\"?");
    assert_refused("hind-feet: 4", "cat 1: unknown trait \"hind-feet\": did you mean \"legs\"?");
    assert_refused("hind-feet-: 4", "cat 1: unknown trait \"hind-feet-\": look it up");
    assert_refused("hind-fee: 4", "cat 1: unknown trait \"hind-fee\": look it up");
    assert_refused("purrs: true", "cat 1: unknown trait \"purrs\": look it up");
    assert_refused("cat", "cat 1: expected an animal such as {name: cat} and found one value");
}
SP_TEST_END

SP_TEST(where_a_mapping_says_so_a_single_value_is_its_first_key)
{
    struct sp_mapping short_form = animals;
    short_form.expected = NULL;
    ZOO_SCOPED struct zoo zoo;
    read_animal(&zoo, &short_form, NULL, "cat");
    ck_assert_str_eq(zoo.animal.name, "cat");
    ZOO_SCOPED struct zoo nameless;
    read_animal(&nameless, &short_form, "cat 1", "\"\"");
    ck_assert_str_eq(nameless.reports.items[0].text, "cat 1: must not be empty");
}
SP_TEST_END

SP_TEST(a_variable_replaces_what_the_file_says)
{
    ZOO_SCOPED struct zoo zoo;
    read_animal(&zoo, &animals, NULL, "{legs: 9, eats: mice}");
    sp_reading_take_variable(&zoo.reading, 1, SP_STR("ZOO_LEGS"), SP_STR("3"));
    sp_reading_take_variable(&zoo.reading, 3, SP_STR("ZOO_EATS"), SP_STR("fish, birds"));
    ck_assert_int_eq(zoo.animal.legs_n, 3);
    ck_assert_uint_eq(zoo.animal.eats.items_n, 2);
    ck_assert_str_eq(zoo.animal.eats.items[1], "birds");
    ck_assert(sp_reading_is_sound(&zoo.reading, "legs"));
    sp_reading_take_variable(&zoo.reading, 3, SP_STR("ZOO_EATS"), SP_STR("a,b,c"));
    ck_assert_str_eq(zoo.reports.items[1].text, "ZOO_EATS: has more than 2 values");
    ck_assert_uint_eq(zoo.animal.eats.items_n, 0);
}
SP_TEST_END

/* ---- reference page ------------------------------------------------------------------------------- */

SP_TEST(every_key_is_printed_as_it_was_given_and_with_where)
{
    ZOO_SCOPED struct zoo zoo;
    read_animal(&zoo, &animals, NULL, "name: cat\n\neats: [\"#1\", mice]\n");
    sp_reading_take_variable(&zoo.reading, 1, SP_STR("ZOO_LEGS"), SP_STR("03"));
    sp_reading_take_variable(&zoo.reading, 4, SP_STR("ZOO_CAVE"), SP_STR("a b"));
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 1024);
    sp_reading_print(&zoo.reading, &text);
    ck_assert_str_eq(sp_buf_c_str(&text), "name: cat  # file:1\n"
                                          "legs: 03  # ZOO_LEGS\n"
                                          "size: small  # default\n"
                                          "eats: [\"#1\", mice]  # file:3\n"
                                          "cave: \"a b\"  # ZOO_CAVE\n");
}
SP_TEST_END

SP_TEST(a_table_has_the_columns_in_which_a_row_has_something_to_say)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 1024);
    sp_mapping_document(&animals, &text);
    ck_assert_str_eq(sp_buf_c_str(&text), "<!-- table: animals -->\n"
                                          "| trait | type | default |\n"
                                          "|---|---|---|\n"
                                          "| `name` | name | **required** |\n"
                                          "| `legs` | number, 0 to 8 | `4` |\n"
                                          "| `size` | `small` or `large` | `small` |\n"
                                          "\n"
                                          "<!-- table: food -->\n"
                                          "| trait | type |\n"
                                          "|---|---|\n"
                                          "| `eats` | list of strings, up to 2 |\n"
                                          "\n");
}
SP_TEST_END

SP_SUITE("mapping", what_is_not_given_has_its_default,
         a_wrong_value_is_told_at_its_place_and_leaves_the_default,
         a_list_ends_at_its_maximum_and_is_not_empty,
         a_key_that_is_not_known_is_told_with_what_was_probably_meant,
         where_a_mapping_says_so_a_single_value_is_its_first_key, a_variable_replaces_what_the_file_says,
         every_key_is_printed_as_it_was_given_and_with_where,
         a_table_has_the_columns_in_which_a_row_has_something_to_say)
