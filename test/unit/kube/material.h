/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_KUBE_MATERIAL_H
#define SP_TEST_UNIT_KUBE_MATERIAL_H

/* What the tests of this room share: objects as JSON with single quotes, sets of them, and requests. */

#include "../dice.h"
#include "../suite.h"
#include "kube/rbac_index.h"

#include <malloc.h>
#include <stdio.h>

#define ROLE    SP_RBAC_ROLE
#define BINDING SP_RBAC_BINDING

/* Bytes allocated on the heap; 0 if a sanitizer replaces the allocator. */
static inline size_t held(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* A new value of `text`, with ' in place of ". */
static inline json_t *json_of(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len + 1);
    ck_assert_ptr_nonnull(copy);
    for (size_t i = 0; i <= len; i++) {
        copy[i] = (char)(text[i] == '\'' ? '"' : text[i]);
    }
    json_error_t error;
    json_t *value = json_loads(copy, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(value != NULL, "%s: %s", error.text, text);
    free(copy);
    return value;
}

static inline struct sp_rbac_objects *make_objects(enum sp_rbac_matching matching)
{
    struct sp_rbac_objects *objects = sp_rbac_objects_new(&(struct sp_rbac_settings){.matching = matching});
    ck_assert_ptr_nonnull(objects);
    return objects;
}

static inline enum sp_error try_put(struct sp_rbac_objects *objects, enum sp_rbac_kind kind, const char *text,
                                    struct sp_rbac_fault *fault)
{
    json_t *object = json_of(text);
    enum sp_error error = sp_rbac_objects_put(objects, kind, object, fault);
    json_decref(object);
    return error;
}

static inline void put(struct sp_rbac_objects *objects, enum sp_rbac_kind kind, const char *text)
{
    struct sp_rbac_fault fault = {.text = ""};
    enum sp_error error = try_put(objects, kind, text, &fault);
    ck_assert_msg(error == SP_OK, "%s: %s %s", text, fault.pointer, fault.text);
}

/* `verbs` and `paths` are the contents of a JSON list. */
static inline void put_role(struct sp_rbac_objects *objects, const char *name, const char *verbs,
                            const char *paths)
{
    char text[4096];
    snprintf(text, sizeof text, "{'metadata':{'name':'%s'},'rules':[{'verbs':[%s],'nonResourceURLs':[%s]}]}",
             name, verbs, paths);
    put(objects, ROLE, text);
}

static inline void put_binding(struct sp_rbac_objects *objects, const char *name, const char *role,
                               const char *subject_kind, const char *subject)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{'metadata':{'name':'%s'},'roleRef':{'kind':'ClusterRole','name':'%s'},"
             "'subjects':[{'kind':'%s','name':'%s'}]}",
             name, role, subject_kind, subject);
    put(objects, BINDING, text);
}

/* Ends a list, and sweeps at once. */
static inline void end_list(struct sp_rbac_objects *objects, enum sp_rbac_kind kind)
{
    sp_rbac_objects_end_list(objects, kind);
    ck_assert(sp_rbac_objects_sweep(objects, SIZE_MAX));
}

static inline struct sp_rbac_index *make_index(const struct sp_rbac_objects *objects)
{
    struct sp_rbac_index *index = NULL;
    ck_assert_int_eq(sp_rbac_index_new(objects, &index), SP_OK);
    ck_assert_ptr_nonnull(index);
    return index;
}

/* A request with static strings, except for the URL, which the next one overwrites. */
static inline struct sp_rbac_request make_request(const char *method, const char *path)
{
    static char url[SP_RBAC_URL_MAX];
    struct sp_target target;
    struct sp_origin origin;
    struct sp_rbac_request request;
    struct sp_buf scratch = SP_BUF_ON(url);
    ck_assert(sp_origin_parse(SP_STR("https://app.example.com"), &origin));
    ck_assert_msg(sp_target_parse(sp_str_from_c(path), &target), "no target: %s", path);
    sp_rbac_request_init(sp_str_from_c(method), &origin, &target, &scratch, &request);
    return request;
}

static inline bool asks(const struct sp_rbac_index *index, enum sp_rbac_subject_kind kind, const char *name,
                        const char *method, const char *path)
{
    struct sp_rbac_request request = make_request(method, path);
    struct sp_rbac_cursor cursor = {0};
    struct sp_rbac_grant grant;
    return sp_rbac_index_next_grant(index, &request, kind, SP_STR_NONE, sp_str_from_c(name), &cursor, &grant);
}

#endif
