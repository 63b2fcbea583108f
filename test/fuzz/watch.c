/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A watch of the API server with any script. A line of the input is a line of the response, unless it begins
 * with a mark: `t` moves the clock by that many milliseconds, `e` and `p` end the request with a status, `p`
 * also with the body that follows it, `x` breaks the connection. Objects are put, removed and completed in an
 * order that a set can follow. Only a complete list makes the watch complete. No request is later than the
 * longest pause or silence, each has its correct form, and changes are never requested before the list is
 * complete.
 */

#include "../unit/kube/watch_world.h"
#include "fuzz.h"

/* Replaces those of the unit tests, which also record names: names may contain `[` and `]`. */
static enum sp_error on_nameless_put(void *context, const json_t *object)
{
    (void)object;
    sp_buf_append_c(&((struct world *)context)->seen, "+");
    return SP_OK;
}

static void on_nameless_remove(void *context, struct sp_str name)
{
    ck_assert_uint_gt(name.len, 0);
    sp_buf_append_c(&((struct world *)context)->seen, "-");
}

/* The calls of the sink so far: `[` begins a list, `]` ends one, + and - are objects. */
static void check_told(struct world *world, bool *is_in_list, bool *has_ended)
{
    struct sp_str seen = sp_buf_str(&world->seen);
    for (size_t i = 0; i < seen.len; i++) {
        char c = seen.ptr[i];
        ck_assert(c != ']' || *is_in_list);
        *has_ended |= c == ']';
        *is_in_list = c == '[' || (*is_in_list && c != ']');
        ck_assert(*is_in_list || *has_ended);
    }
    sp_buf_clear(&world->seen);
    if (PLANTED(world->watch.failures_n == 6)) {
        world->watch.is_complete = true;
    }
    ck_assert_int_eq(world->watch.is_complete, *has_ended);
}

static void check_target(const struct world *world)
{
    struct sp_str target = sp_buf_str(&world->target);
    ck_assert(sp_str_starts_with(target, SP_STR(PATH "?")) && sp_str_is_visible(target));
    switch (world->watch.step) {
    case SP_WATCH_LIST:
        ck_assert(fuzz_has(target, SP_STR("&sendInitialEvents=true&")));
        ck_assert(!fuzz_has(target, SP_STR("&resourceVersion=")));
        break;
    case SP_WATCH_PAGE:
        ck_assert(fuzz_has(target, SP_STR("?limit=")) && !fuzz_has(target, SP_STR("esourceVersion=")));
        break;
    case SP_WATCH_CHANGES:
        ck_assert(world->watch.is_complete && fuzz_has(target, SP_STR("&resourceVersion=")));
        break;
    }
}

static uint64_t number_of(struct sp_str text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.len && i < 6 && sp_ascii_is_digit(text.ptr[i]); i++) {
        number = number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return number;
}

static void end_with(struct world *world, enum sp_error error, struct sp_str text)
{
    const struct sp_random random = {fill, world};
    const struct sp_exchange_response response = {
        .error = error, .text = "broken", .status = (unsigned)number_of(text), .body = sp_str_skip(text, 4)};
    sp_watch_end(&world->watch, &response, world->now_ms, &random);
    ck_assert_int_le(sp_watch_due_ms(&world->watch), world->now_ms + SP_ATTEMPT_DELAY_MAX_MS);
    ck_assert(world->watch.cause == SP_WATCH_NO_FAILURE || world->watch.detail.text[0] != '\0');
    ck_assert(world->watch.cause == SP_WATCH_NO_FAILURE ||
              sp_watch_due_ms(&world->watch) >= world->now_ms + SP_ATTEMPT_DELAY_MIN_MS / 2);
}

static void run_line(struct world *world, struct sp_str line)
{
    struct sp_str rest = sp_str_skip(line, 1);
    char mark = line.len > 0 ? line.ptr[0] : '\0';
    if (mark == 't') {
        world->now_ms += (int64_t)number_of(rest);
        if (tick(world) == SP_WATCH_ASK) {
            check_target(world);
        }
        ck_assert_int_le(sp_watch_due_ms(&world->watch), world->now_ms + SP_WATCH_SILENCE_MS);
    } else if (world->watch.is_asking && (mark == 'e' || mark == 'p')) {
        end_with(world, SP_OK, rest);
    } else if (world->watch.is_asking && mark == 'x') {
        end_with(world, world->watch.step == SP_WATCH_PAGE ? SP_ERR_LIMIT : SP_ERR_IO, rest);
    } else if (world->watch.is_asking && world->watch.step != SP_WATCH_PAGE) {
        bool is_wanted = sp_watch_take(&world->watch, line, world->now_ms) &&
                         sp_watch_take(&world->watch, SP_STR("\n"), world->now_ms);
        ck_assert_int_eq(is_wanted, world->watch.cause == SP_WATCH_NO_FAILURE);
    }
}

FUZZ_TARGET(input)
{
    WORLD world = world_new();
    bool is_in_list = false;
    bool has_ended = false;
    world->watch.sink.put = on_nameless_put;
    world->watch.sink.remove = on_nameless_remove;
    world->random = fuzz_take_byte(&input);
    while (input.ptr != NULL) {
        run_line(world, sp_str_cut(&input, '\n'));
        check_told(world, &is_in_list, &has_ended);
    }
}
