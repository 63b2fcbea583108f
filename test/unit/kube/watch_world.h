/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_KUBE_WATCH_WORLD_H
#define SP_TEST_UNIT_KUBE_WATCH_WORLD_H

/* A watch with its clock and its randomness, lines of the API server, and what the sink receives. */

#include "kube/watch.h"

#include "jose/json.h"
#include "kube/attempt.h"

#include "../suite.h"

#define START_MS 5000
#define LIST_END                                                                                             \
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"70\",\"annotations\":"           \
    "{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define EVENT(type, name, version)                                                                           \
    "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version  \
    "\"}}}\n"
#define BOOKMARK(version)                                                                                    \
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"
#define ERROR_LINE(code)                                                                                     \
    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":" code ",\"message\":\"so it is\"}}\n"
#define PATH "/apis/rbac.authorization.k8s.io/v1/clusterroles"
#define ASK_LIST                                                                                             \
    PATH "?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"

static const struct sp_watch_resource roles = {PATH, "clusterroles"};

/* A watch, the clock, and in `seen` what the sink received. */
struct world {
    struct sp_watch watch;
    int64_t now_ms;
    uint32_t random; /* the result of every draw */
    enum sp_error put_error;
    struct sp_buf seen;
    struct sp_buf target;
};

static inline void on_begin(void *context)
{
    sp_buf_append_c(&((struct world *)context)->seen, "[");
}

static inline void on_end(void *context)
{
    sp_buf_append_c(&((struct world *)context)->seen, "]");
}

static inline enum sp_error on_put(void *context, const json_t *object)
{
    struct world *world = context;
    const json_t *metadata = json_object_get(object, "metadata");
    const char *name = json_string_value(json_object_get(metadata, "name"));
    sp_buf_printf(&world->seen, "+%s", name != NULL ? name : "?");
    return world->put_error;
}

static inline void on_remove(void *context, struct sp_str name)
{
    sp_buf_printf(&((struct world *)context)->seen, "-%.*s", SP_STR_ARGS(name));
}

static inline void on_skipped(void *context, const struct sp_diag *detail)
{
    ck_assert_ptr_nonnull(strstr(detail->text, "longer than 4194304 bytes; it begins {\"type\":\"ADDED\""));
    sp_buf_append_c(&((struct world *)context)->seen, "!");
}

static inline void fill(void *context, uint8_t *out, size_t len)
{
    memcpy(out, &((struct world *)context)->random, len);
}

static inline struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);
    const struct sp_watch_sink sink = {world, on_begin, on_end, on_put, on_remove, on_skipped};
    world->now_ms = START_MS;
    sp_buf_init(&world->seen, 65536);
    sp_buf_init(&world->target, SP_WATCH_TARGET_MAX);
    sp_watch_init(&world->watch, &roles, &sink, world->now_ms);
    return world;
}

static inline void world_free(struct world **world)
{
    sp_watch_done(&(*world)->watch);
    sp_buf_done(&(*world)->seen);
    sp_buf_done(&(*world)->target);
    free(*world);
}

#define WORLD __attribute__((cleanup(world_free))) struct world *

static inline enum sp_watch_command tick(struct world *world)
{
    const struct sp_random random = {fill, world};
    sp_buf_clear(&world->target);
    return sp_watch_tick(&world->watch, world->now_ms, &random, &world->target);
}

static inline bool take(struct world *world, const char *text)
{
    return sp_watch_take(&world->watch, sp_str_from_c(text), world->now_ms);
}

static inline void end(struct world *world, enum sp_error error, unsigned status, const char *body)
{
    const struct sp_random random = {fill, world};
    const struct sp_exchange_response response = {
        .error = error, .text = "no route to it", .status = status, .body = sp_str_from_c(body)};
    sp_watch_end(&world->watch, &response, world->now_ms, &random);
}

#define check_seen(world, text)                                                                              \
    do {                                                                                                     \
        ck_assert_str_view(sp_buf_str(&(world)->seen), text);                                                \
        sp_buf_clear(&(world)->seen);                                                                        \
    } while (0)

/* Nothing one millisecond before, and then this request. */
static inline void check_asks_after(struct world *world, int64_t ms, const char *target)
{
    ck_assert_int_eq(sp_watch_due_ms(&world->watch), world->now_ms + ms);
    if (ms > 0) {
        world->now_ms += ms - 1;
        ck_assert_int_eq(tick(world), SP_WATCH_WAIT);
        world->now_ms += 1;
    }
    ck_assert_int_eq(tick(world), SP_WATCH_ASK);
    struct sp_str asked = sp_buf_str(&world->target);
    ck_assert_msg(sp_str_starts_with(asked, sp_str_from_c(target)), "%.*s", SP_STR_ARGS(asked));
}

static inline void check_failed(struct world *world, enum sp_watch_cause cause, const char *detail)
{
    ck_assert_str_eq(sp_watch_cause_name(world->watch.cause), sp_watch_cause_name(cause));
    ck_assert_msg(strstr(world->watch.detail.text, detail) != NULL, "%s", world->watch.detail.text);
}

/* A watch after its list, which was empty. */
static inline struct world *world_watching(void)
{
    struct world *world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    ck_assert(take(world, LIST_END));
    check_seen(world, "[]");
    return world;
}

#define PAGE(more, items)                                                                                    \
    "{\"kind\":\"ClusterRoleList\",\"metadata\":{\"resourceVersion\":\"80\"" more "},\"items\":[" items "]}"

/* A server that does not support the list as a watch. */
static inline struct world *world_paging(void)
{
    struct world *world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    end(world, SP_OK, 422, "{\"message\":\"sendInitialEvents is forbidden\"}");
    ck_assert_int_eq(world->watch.cause, SP_WATCH_NO_FAILURE);
    check_asks_after(world, 0, PATH "?limit=100");
    ck_assert_str_view(sp_buf_str(&world->target), PATH "?limit=100");
    return world;
}

#endif
