/* SPDX-License-Identifier: Apache-2.0 */

/*
 * RBAC: the first line is a pattern, the second a verb, the third a path, and each further line an object in
 * the form of the API server. A pattern matches only what the API server matches (or, with globstar, what the
 * plain glob matches), and exactly that for a path with one reading. An object that was put can be removed
 * again and leaves nothing. The index grants a path only to users whom a binding names.
 */

#include "../unit/kube/rbac_model.h"
#include "fuzz.h"

#define TEXT_MAX 64 /* bytes of a pattern and of a path: the model tries every possibility */

/* A C string, with NUL bytes replaced. */
static const char *text_of(struct sp_str s, char out[TEXT_MAX + 1])
{
    for (size_t i = 0; i < s.len; i++) {
        out[i] = (char)(s.ptr[i] == '\0' ? 1 : s.ptr[i]);
    }
    out[s.len] = '\0';
    return out;
}

static bool model_matches(enum sp_rbac_matching matching, struct sp_str pattern, struct sp_str path)
{
    char glob[TEXT_MAX + 1];
    char text[TEXT_MAX + 1];
    struct sp_str head = pattern;
    while (head.len > 0 && head.ptr[head.len - 1] == '*') {
        head.len--;
    }
    if (sp_str_equal(pattern, SP_STR("*"))) {
        return true;
    }
    if (matching == SP_RBAC_KUBERNETES) {
        return sp_str_equal(pattern, path) || (head.len < pattern.len && sp_str_starts_with(path, head));
    }
    return pattern.len > 0 && pattern.ptr[0] == '/' &&
           model_glob_text(text_of(pattern, glob), text_of(path, text), MODEL_NONE);
}

/* A repaired pattern is effective, or cannot be repaired any further. */
static void check_repair(struct sp_str pattern)
{
    SP_BUF_SCOPED struct sp_buf once;
    SP_BUF_SCOPED struct sp_buf twice;
    sp_buf_init(&once, pattern.len + SP_ORIGIN_MAX);
    sp_buf_init(&twice, pattern.len + 2 * SP_ORIGIN_MAX);
    sp_rbac_pattern_repair(pattern, &once);
    sp_rbac_pattern_repair(sp_buf_str(&once), &twice);
    ck_assert_int_eq(sp_buf_error(&twice), SP_OK);
    ck_assert(sp_str_equal(sp_buf_str(&once), sp_buf_str(&twice)));
}

static void check_pattern(struct sp_str pattern, struct sp_str verb, const struct sp_target *target)
{
    struct sp_origin origin;
    struct sp_rbac_request request;
    char url[SP_RBAC_URL_MAX];
    struct sp_buf scratch = SP_BUF_ON(url);
    ck_assert(sp_origin_parse(SP_STR("https://x"), &origin));
    sp_rbac_request_init(verb, &origin, target, &scratch, &request);
    struct sp_str path = sp_str_skip(request.url, request.origin_len);
    for (enum sp_rbac_matching matching = SP_RBAC_KUBERNETES; matching <= SP_RBAC_GLOBSTAR; matching++) {
        bool matches = sp_rbac_pattern_matches(matching, pattern, &request);
        if (PLANTED(pattern.len == 4 && target->marks != 0)) {
            matches = true;
        }
        if (matching == SP_RBAC_GLOBSTAR && (pattern.len == 0 || pattern.ptr[0] != '/')) {
            ck_assert(!matches || sp_rbac_pattern_is_dead(matching, pattern) == SP_RBAC_ALIVE);
            check_repair(pattern);
            continue;
        }
        bool expected = model_matches(matching, pattern, path);
        ck_assert(expected || !matches);
        ck_assert(matches || !expected || target->marks != 0);
        ck_assert(!matches || target->marks == 0 || pattern.ptr[pattern.len - 1] == '*');
        ck_assert(!matches || sp_rbac_pattern_is_dead(matching, pattern) == SP_RBAC_ALIVE);
    }
    ck_assert(sp_rbac_verb_matches(SP_RBAC_GLOBSTAR, verb, verb));
    ck_assert(!sp_rbac_verb_matches(SP_RBAC_KUBERNETES, verb, SP_STR("GET")) ||
              sp_str_equal(verb, SP_STR("get")) || sp_str_equal(verb, SP_STR("*")));
}

static void put_line(struct sp_rbac_objects *objects, struct sp_str line)
{
    struct sp_rbac_fault fault = {.text = NULL};
    json_t *object = json_loadb(line.ptr, line.len, 0, NULL);
    enum sp_rbac_kind kind = json_object_get(object, "rules") != NULL ? ROLE : BINDING;
    if (object == NULL) {
        return;
    }
    size_t before = sp_rbac_objects_count(objects, kind);
    enum sp_error error = sp_rbac_objects_put(objects, kind, object, &fault);
    ck_assert(error == SP_OK || (error == SP_ERR_FORMAT && fault.text != NULL));
    ck_assert_uint_le(sp_rbac_objects_count(objects, kind), before + (error == SP_OK));
    json_decref(object);
}

static void check_index(struct sp_rbac_objects *objects, const struct sp_target *target)
{
    struct sp_rbac_index *index = make_index(objects);
    struct sp_origin origin;
    struct sp_rbac_request request;
    struct sp_rbac_grant grant;
    char url[SP_RBAC_URL_MAX];
    struct sp_buf scratch = SP_BUF_ON(url);
    ck_assert(sp_origin_parse(SP_STR("https://x"), &origin));
    sp_rbac_request_init(SP_STR("GET"), &origin, target, &scratch, &request);
    struct sp_rbac_cursor nobody = {0};
    ck_assert(!sp_rbac_index_next_grant(index, &request, SP_RBAC_USER, SP_STR("nobody "), SP_STR("at all"),
                                        &nobody, &grant));
    struct sp_rbac_cursor ada = {0};
    size_t grants_n = 0;
    while (
        sp_rbac_index_next_grant(index, &request, SP_RBAC_USER, SP_STR_NONE, SP_STR("ada"), &ada, &grant)) {
        ck_assert(sp_rbac_pattern_matches(SP_RBAC_KUBERNETES, grant.pattern, &request) && grant.rule > 0);
        grants_n++;
    }
    ck_assert(grants_n == 0 || sp_rbac_index_bindings(index) > 0);
    sp_rbac_index_unref(index);
    for (enum sp_rbac_kind kind = ROLE; kind < SP_RBAC_KIND_COUNT; kind++) {
        struct sp_rbac_record *record;
        for (size_t cursor = 0; (record = sp_rbac_objects_next(objects, kind, &cursor)) != NULL; cursor = 0) {
            sp_rbac_objects_remove(objects, kind, sp_rbac_record_name(record));
        }
        ck_assert_uint_eq(sp_rbac_objects_count(objects, kind), 0);
    }
}

FUZZ_TARGET(input)
{
    struct sp_target target;
    struct sp_str pattern = sp_str_cut(&input, '\n');
    struct sp_str verb = sp_str_cut(&input, '\n');
    struct sp_str path = sp_str_cut(&input, '\n');
    if (pattern.len > TEXT_MAX || path.len > TEXT_MAX || !sp_target_parse(path, &target)) {
        return;
    }
    check_pattern(pattern, verb, &target);
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    while (input.ptr != NULL) {
        put_line(objects, sp_str_cut(&input, '\n'));
    }
    check_index(objects, &target);
    sp_rbac_objects_free(objects);
}
