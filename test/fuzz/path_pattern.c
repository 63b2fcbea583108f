/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Path conditions: a pattern that allows everybody matches a path with one reading only; one that allows some
 * users matches only paths of which every reading is below it; one that denies matches every path with some
 * reading below it.
 */

#include "policy/path_pattern.h"

#include "../unit/policy/material.h"
#include "../unit/policy/readings_model.h"
#include "fuzz.h"

static struct model_readings readings;

#define PATH_MAX_LEN 96 /* bytes; the model is slow */

/* The program gives up: several oddities, or one that hides bytes, with a dot segment or a backslash. */
static bool is_given_up(const struct sp_target *target)
{
    uint32_t hiding = SP_PATH_DOUBLE_ENCODING | SP_PATH_OVERLONG | SP_PATH_ILL_FORMED;
    int oddities_n = __builtin_popcount(target->marks & ~(uint32_t)(SP_PATH_LOWER_HEX | SP_PATH_RAW_BYTE));
    return (oddities_n > 1 || (target->marks & hiding) != 0) && !sp_path_tail_is_harmless(target->path);
}

static bool is_below(struct sp_str path, struct sp_str prefix)
{
    return sp_str_starts_with(path, prefix) && (path.len == prefix.len || path.ptr[prefix.len] == '/');
}

static bool matches(const struct sp_path_pattern *pattern, const struct sp_target *target,
                    enum sp_action effect)
{
    uint32_t marks = target->marks;
    if (PLANTED(effect == SP_ACTION_PUBLIC)) {
        marks &= ~(uint32_t)SP_PATH_DOT_SEGMENT;
    }
    return sp_path_pattern_match(pattern, target->path, marks, effect);
}

/* A program has one decoder; `without` is the habit of the other. */
static void check_staying(const struct sp_target *target, model_habit_fn *without, bool open_to_all)
{
    struct text sent = text_of(target->path);
    struct text once = decoded(&sent);
    model_read(&readings, &sent, without, NULL);
    for (size_t i = 0; i < readings.n; i++) {
        struct sp_str reading = view(&readings.items[i].text);
        ck_assert_msg(is_below(reading, SP_STR("/area")), "\"%.*s\" is also \"%.*s\"",
                      SP_STR_ARGS(target->path), SP_STR_ARGS(reading));
        ck_assert(!open_to_all || sp_str_equal(reading, view(&sent)) || sp_str_equal(reading, view(&once)));
    }
}

static void check_opening(const struct sp_path_pattern *pattern, const struct sp_target *target)
{
    bool open_to_all = matches(pattern, target, SP_ACTION_PUBLIC);
    bool open_to_some = matches(pattern, target, SP_ACTION_ALLOW);
    ck_assert(!open_to_all || open_to_some);
    if (open_to_some) {
        check_staying(target, model_unchecked, open_to_all);
        check_staying(target, model_without_errors, open_to_all);
    }
}

static void check_closing(const struct sp_path_pattern *pattern, const struct sp_target *target)
{
    bool below = is_given_up(target);
    if (!below) {
        struct text sent = text_of(target->path);
        model_read(&readings, &sent, NULL, NULL);
        below = model_count(&readings) > SP_PATH_READINGS_MAX_N;
    }
    for (size_t i = 0; i < readings.n && !below; i++) {
        below = is_below(view(&readings.items[i].text), SP_STR("/area"));
    }
    ck_assert_int_eq(matches(pattern, target, SP_ACTION_DENY), below);
}

FUZZ_TARGET(input)
{
    static struct sp_path_pattern prefix;
    static struct sp_path_pattern glob;
    struct sp_target target;
    if (prefix.text == NULL) {
        prefix = make_pattern(SP_PATTERN_PREFIX, "/area");
        glob = make_pattern(SP_PATTERN_GLOB, "/area/**");
    }
    if (!sp_target_parse(input, &target) || target.path.len > PATH_MAX_LEN) {
        return;
    }
    check_opening(&prefix, &target);
    check_closing(&prefix, &target);
    for (enum sp_action effect = SP_ACTION_PUBLIC; effect <= SP_ACTION_DENY; effect++) {
        ck_assert_int_eq(matches(&glob, &target, effect), matches(&prefix, &target, effect));
    }
}
