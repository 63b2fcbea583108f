/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_KUBE_RBAC_MODEL_H
#define SP_TEST_UNIT_KUBE_RBAC_MODEL_H

/*
 * Random roles, bindings and requests from small pools, so that they often match, and a slow, obvious model
 * of what they allow. It reads the JSON of the objects itself, and tries every way to match a pattern. Each
 * rule of the model can be left out, which shows how often that rule decides.
 */

#include "material.h"

#include "http/path.h"

#include <ctype.h>
#include <strings.h>

/* The rules of matching. */
#define MODEL_RULES(X)                                                                                       \
    X(STAR_ALONE) /* the pattern `*` matches everything */                                                   \
    X(TRAILING)   /* a star at the end of a pattern covers the rest */                                       \
    X(ALL_STARS)  /* kubernetes: all stars at the end count as one */                                        \
    X(INNER)      /* kubernetes: a star elsewhere is an ordinary character */                                \
    X(SEGMENT)    /* globstar: a single star does not cross a slash */                                       \
    X(ACROSS)     /* globstar: two stars do */                                                               \
    X(ANCHORED)   /* the whole must match */                                                                 \
    X(URL)        /* globstar: a pattern may begin with scheme and host */                                   \
    X(REGEX)      /* `~` never matches */                                                                    \
    X(VERB_STAR)  /* the verb `*` is every verb */                                                           \
    X(VERB_CASE)  /* kubernetes: verbs are lower case; globstar: in any case */                              \
    X(DECODED)    /* the path is decoded once */                                                             \
    X(ODD)        /* unusual bytes only where a trailing wildcard covers them */                             \
    X(USER)                                                                                                  \
    X(GROUP)                                                                                                 \
    X(EVERYBODY)       /* system:authenticated */                                                            \
    X(SERVICE_ACCOUNT) /* never counts */                                                                    \
    X(API_GROUP)       /* subjects of other API groups never count */                                        \
    X(BOOTSTRAP)       /* what Kubernetes ships counts only on request */                                    \
    X(SUBJECT_CASE)    /* subjects are compared exactly, unless the setting says otherwise */

enum model_rule {
#define X(name) MODEL_##name,
    MODEL_RULES(X)
#undef X
        MODEL_RULES_N,
    MODEL_NONE = MODEL_RULES_N,
};

struct model_world {
    json_t *roles;
    json_t *bindings;
};

struct model_question {
    char user[32];
    char groups[3][32];
    size_t groups_n;
    const char *method;
    const char *origin;
    char path[128];
};

/* ---- the objects ------------------------------------------------------------------------------------- */

#define N_OF(pool)         (sizeof(pool) / sizeof(pool)[0])
#define ONE_OF(dice, pool) ((pool)[dice_roll((dice), N_OF(pool))])

static const char *const model_verbs[] = {"get", "get", "*", "GET", "Get", "head"};
static const char *const model_patterns[] = {
    "*",
    "/a",
    "/a/*",
    "/a/**",
    "/a*",
    "/a**",
    "/*/b",
    "/*/b",
    "/*/b/*",
    "/**/b",
    "/a/*/b",
    "/a/b",
    "/*",
    "/a b/*",
    "/a b",
    "/a b*",
    "/a;b",
    "~/a/*",
    "~/**",
    "~/a*",
    "/b/*",
    "/",
    "/a/b*",
    "/*/b*",
    "/a%20b",
    "https://x.example.com/a/*",
    "https://x.example.com/**",
    "https://*.example.com/*/b",
    "https://**",
    "**/b",
    "https://*.example.com/**",
};
static const char *const model_paths[] = {
    "/",      "/a",     "/a/",      "/a/b",     "/a/c/b", "/a/b/c", "/b",   "/ab",
    "/a%20b", "/a%20b", "/a%20b/c", "/a%20b/c", "/a%2Fb", "/a/b;c", "/a;b", "/a/..%2Fb",
    "/a//b",  "/a/*",   "/*/b",     "/x/b",     "/x/b/c", "/y/c/b",
};
static const char *const model_methods[] = {"GET", "GET", "GET", "HEAD"};
static const char *const model_origins[] = {"https://x.example.com", "http://x.example.com",
                                            "https://y.example.com"};
static const char *const model_names[] = {"ada", "ADA", "ops", "Ops", "system:authenticated"};

static inline json_t *model_list(struct dice *dice, const char *const *pool, size_t pool_n, size_t max_n)
{
    json_t *list = json_array();
    for (size_t n = 1 + dice_roll(dice, max_n); n > 0; n--) {
        json_array_append_new(list, json_string(pool[dice_roll(dice, pool_n)]));
    }
    return list;
}

static inline json_t *model_role(struct dice *dice, size_t i)
{
    json_t *rules = json_array();
    for (size_t n = 1 + dice_roll(dice, 2); n > 0; n--) {
        json_array_append_new(
            rules, json_pack("{s:o, s:o}", "verbs", model_list(dice, model_verbs, N_OF(model_verbs), 2),
                             "nonResourceURLs", model_list(dice, model_patterns, N_OF(model_patterns), 4)));
    }
    return json_pack("{s:{s:o}, s:o}", "metadata", "name", json_sprintf("r%zu", i), "rules", rules);
}

static inline json_t *model_binding(struct dice *dice, size_t i)
{
    static const char *const kinds[] = {"User", "User", "Group", "Group", "Group", "ServiceAccount"};
    static const char *const groups[] = {"rbac.authorization.k8s.io", "rbac.authorization.k8s.io", "",
                                         "x.io"};
    json_t *subjects = json_array();
    for (size_t n = 1 + dice_roll(dice, 2); n > 0; n--) {
        json_array_append_new(subjects,
                              json_pack("{s:s, s:s, s:s}", "kind", ONE_OF(dice, kinds), "name",
                                        ONE_OF(dice, model_names), "apiGroup", ONE_OF(dice, groups)));
    }
    json_t *labels = json_object();
    if (dice_roll(dice, 4) == 0) {
        json_object_set_new(labels, "kubernetes.io/bootstrapping", json_string("rbac-defaults"));
    }
    return json_pack("{s:{s:o, s:o}, s:{s:s, s:o}, s:o}", "metadata", "name", json_sprintf("b%zu", i),
                     "labels", labels, "roleRef", "kind", "ClusterRole", "name",
                     json_sprintf("r%zu", dice_roll(dice, 4)), "subjects", subjects);
}

/* Three roles, out of four that bindings name. */
static inline struct model_world model_world_new(struct dice *dice)
{
    struct model_world world = {json_array(), json_array()};
    for (size_t i = 0; i < 3; i++) {
        json_array_append_new(world.roles, model_role(dice, i));
    }
    for (size_t n = 1 + dice_roll(dice, 13), i = 0; i < n; i++) {
        json_array_append_new(world.bindings, model_binding(dice, i));
    }
    return world;
}

static inline void model_world_free(struct model_world *world)
{
    json_decref(world->roles);
    json_decref(world->bindings);
}

static inline void model_ask(struct dice *dice, struct model_question *out)
{
    static const char *const users[] = {"ada", "ada", "eve"};
    static const char *const groups[] = {"ops", "dev"};
    snprintf(out->user, sizeof out->user, "%s", ONE_OF(dice, users));
    out->groups_n = dice_roll(dice, 3);
    for (size_t i = 0; i < out->groups_n; i++) {
        snprintf(out->groups[i], sizeof out->groups[i], "%s", ONE_OF(dice, groups));
    }
    out->method = ONE_OF(dice, model_methods);
    out->origin = ONE_OF(dice, model_origins);
    snprintf(out->path, sizeof out->path, "%s", ONE_OF(dice, model_paths));
}

/* ---- what it allows ----------------------------------------------------------------------------------- */

static inline const char *model_member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static inline bool model_verb(const struct sp_rbac_settings *settings, const char *verb, const char *method,
                              enum model_rule without)
{
    char lower[16];
    size_t i = 0;
    for (; method[i] != '\0'; i++) {
        lower[i] = (char)tolower((unsigned char)method[i]);
    }
    lower[i] = '\0';
    bool any_case = (settings->matching == SP_RBAC_GLOBSTAR) != (without == MODEL_VERB_CASE);
    return (strcmp(verb, "*") == 0 && without != MODEL_VERB_STAR) || strcmp(verb, lower) == 0 ||
           (any_case && strcasecmp(verb, lower) == 0);
}

/* Whether the glob matches the whole text, trying every length for each of its stars. */
static inline bool model_glob_text(const char *glob, const char *text, enum model_rule without)
{
    if (*glob == '\0') {
        return *text == '\0' || without == MODEL_ANCHORED;
    }
    if (*glob != '*') {
        return *glob == *text && model_glob_text(glob + 1, text + 1, without);
    }
    bool across = glob[1] == '*' ? without != MODEL_ACROSS : without == MODEL_SEGMENT;
    const char *rest = glob + strspn(glob, "*");
    for (;; text++) {
        if (model_glob_text(rest, text, without)) {
            return true;
        }
        if (*text == '\0' || (*text == '/' && !across)) {
            return false;
        }
    }
}

/* The pattern as a glob in which stars mean what they mean here; `?` stands for a star that is an ordinary
 * character. */
static inline void model_glob_of(const struct sp_rbac_settings *settings, const char *pattern,
                                 enum model_rule without, char out[128])
{
    size_t len = strlen(pattern);
    size_t head = len;
    while (head > 0 && pattern[head - 1] == '*') {
        head--;
    }
    if (settings->matching == SP_RBAC_GLOBSTAR) {
        snprintf(out, 128, "%s", pattern);
        return;
    }
    bool is_wildcard = head < len && without != MODEL_TRAILING;
    head = without == MODEL_ALL_STARS && head < len ? len - 1 : head;
    snprintf(out, 128, "%.*s%s", is_wildcard ? (int)head : (int)len, pattern, is_wildcard ? "**" : "");
    for (size_t i = 0; i < (is_wildcard ? head : len) && without != MODEL_INNER; i++) {
        out[i] = out[i] == '*' ? '\x01' : out[i];
    }
}

/* In a text to be matched, a star as an ordinary character is that byte, too. */
static inline void model_hide_stars(const struct sp_rbac_settings *settings, enum model_rule without,
                                    char *text)
{
    for (; *text != '\0' && settings->matching == SP_RBAC_KUBERNETES && without != MODEL_INNER; text++) {
        *text = *text == '*' ? '\x01' : *text;
    }
}

static inline void model_decode(const char *text, size_t len, size_t times, char out[256])
{
    snprintf(out, 256, "%.*s", (int)len, text);
    for (; times > 0; times--) {
        char copy[256];
        struct sp_buf buf = SP_BUF_ON(copy);
        sp_path_decode(sp_str_from_c(out), &buf);
        snprintf(out, 256, "%.*s", SP_STR_ARGS(sp_buf_str(&buf)));
    }
}

/* For a path with unusual bytes: the pattern without its trailing wildcard matches the shortest possible
 * prefix, and the rest contains all unusual bytes and is harmless. */
static inline bool model_covers(const char *glob, const char *origin, const char *path, size_t times,
                                const struct sp_rbac_settings *settings, enum model_rule without)
{
    char head[128];
    size_t len = strlen(glob);
    while (len > 0 && glob[len - 1] == '*') {
        len--;
    }
    if (glob[len] == '\0') {
        return false;
    }
    snprintf(head, sizeof head, "%.*s", (int)len, glob);
    for (size_t cut = 0; path[cut] != '\0'; cut++) {
        char text[256];
        char decoded[256];
        char rest[256];
        model_decode(path, cut, times, decoded);
        model_decode(path + cut, strlen(path + cut), times, rest);
        snprintf(text, sizeof text, "%s%s", origin, decoded);
        model_hide_stars(settings, without, text);
        bool begins_whole = (cut < 1 || path[cut - 1] != '%') && (cut < 2 || path[cut - 2] != '%');
        bool is_head = (len == 0 && cut == 0) || (len > 0 && model_glob_text(head, text, MODEL_NONE));
        if (begins_whole && is_head && model_glob_text(glob + len, rest, without)) {
            struct sp_str before = {path, cut};
            struct sp_str after = sp_str_from_c(path + cut);
            return sp_path_marks(before) == 0 && sp_path_tail_is_harmless(after);
        }
    }
    return false;
}

static inline bool model_pattern(const struct sp_rbac_settings *settings, const char *pattern,
                                 const struct model_question *question, enum model_rule without)
{
    char glob[128];
    char decoded[256];
    char text[256];
    size_t times = without == MODEL_DECODED ? 0 : 1;
    bool is_odd = sp_path_marks(sp_str_from_c(question->path)) != 0 && without != MODEL_ODD;
    if (strcmp(pattern, "*") == 0 && without != MODEL_STAR_ALONE) {
        return !is_odd || sp_path_tail_is_harmless(sp_str_from_c(question->path));
    }
    bool is_regex = pattern[0] == '~';
    if (is_regex && without != MODEL_REGEX) {
        return false;
    }
    pattern += is_regex ? 1 : 0;
    bool is_url = settings->matching == SP_RBAC_GLOBSTAR && pattern[0] != '/' && without != MODEL_URL;
    const char *origin = is_url ? question->origin : "";
    model_glob_of(settings, pattern, without, glob);
    model_decode(question->path, strlen(question->path), times, decoded);
    snprintf(text, sizeof text, "%s%s", origin, decoded);
    model_hide_stars(settings, without, text);
    return model_glob_text(glob, text, without) &&
           (!is_odd || model_covers(glob, origin, question->path, times, settings, without) ||
            (is_url && strcmp(glob, "https://**") == 0 && question->origin[4] == 's' &&
             sp_path_tail_is_harmless(sp_str_from_c(question->path))) ||
            (is_url && strcmp(glob, "**") == 0 && sp_path_tail_is_harmless(sp_str_from_c(question->path))));
}

static inline bool model_is_called(const struct sp_rbac_settings *settings, const char *subject,
                                   const char *name, enum model_rule without)
{
    bool any_case = settings->ignores_case != (without == MODEL_SUBJECT_CASE);
    return any_case ? strcasecmp(subject, name) == 0 : strcmp(subject, name) == 0;
}

static inline bool model_subject(const struct sp_rbac_settings *settings, const json_t *subject,
                                 const struct model_question *question, enum model_rule without)
{
    const char *kind = model_member(subject, "kind");
    const char *name = model_member(subject, "name");
    const char *api_group = model_member(subject, "apiGroup");
    if (api_group[0] != '\0' && strcmp(api_group, "rbac.authorization.k8s.io") != 0 &&
        without != MODEL_API_GROUP) {
        return false;
    }
    if (strcmp(kind, "User") == 0 ||
        (strcmp(kind, "ServiceAccount") == 0 && without == MODEL_SERVICE_ACCOUNT)) {
        return without != MODEL_USER && model_is_called(settings, name, question->user, without);
    }
    bool found = false;
    for (size_t i = 0; i < question->groups_n && strcmp(kind, "Group") == 0; i++) {
        found = found ||
                (without != MODEL_GROUP && model_is_called(settings, name, question->groups[i], without));
    }
    return found || (strcmp(kind, "Group") == 0 && without != MODEL_EVERYBODY &&
                     model_is_called(settings, name, "system:authenticated", without));
}

static inline bool model_role_allows(const struct sp_rbac_settings *settings, const json_t *role,
                                     const struct model_question *question, enum model_rule without)
{
    size_t i, k;
    json_t *rule, *text;
    json_array_foreach (json_object_get(role, "rules"), i, rule) {
        bool verb = false;
        bool pattern = false;
        json_array_foreach (json_object_get(rule, "verbs"), k, text) {
            verb = verb || model_verb(settings, json_string_value(text), question->method, without);
        }
        json_array_foreach (json_object_get(rule, "nonResourceURLs"), k, text) {
            pattern = pattern || model_pattern(settings, json_string_value(text), question, without);
        }
        if (verb && pattern) {
            return true;
        }
    }
    return false;
}

static inline bool model_allows(const struct model_world *world, const struct sp_rbac_settings *settings,
                                const struct model_question *question, enum model_rule without)
{
    size_t i, k;
    json_t *binding, *role, *subject;
    json_array_foreach (world->bindings, i, binding) {
        bool is_shipped =
            json_object_size(json_object_get(json_object_get(binding, "metadata"), "labels")) > 0;
        bool counts = false;
        json_array_foreach (json_object_get(binding, "subjects"), k, subject) {
            counts = counts || model_subject(settings, subject, question, without);
        }
        if (!counts || (is_shipped && settings->takes_bootstrap == (without == MODEL_BOOTSTRAP))) {
            continue;
        }
        json_array_foreach (world->roles, k, role) {
            if (strcmp(model_member(json_object_get(role, "metadata"), "name"),
                       model_member(json_object_get(binding, "roleRef"), "name")) == 0 &&
                model_role_allows(settings, role, question, without)) {
                return true;
            }
        }
    }
    return false;
}

/* The same with the index. */
static inline struct sp_rbac_index *model_index(const struct model_world *world,
                                                const struct sp_rbac_settings *settings)
{
    struct sp_rbac_objects *objects = sp_rbac_objects_new(settings);
    struct sp_rbac_fault fault;
    size_t i;
    json_t *object;
    json_array_foreach (world->roles, i, object) {
        ck_assert_int_eq(sp_rbac_objects_put(objects, ROLE, object, &fault), SP_OK);
    }
    json_array_foreach (world->bindings, i, object) {
        ck_assert_int_eq(sp_rbac_objects_put(objects, BINDING, object, &fault), SP_OK);
    }
    struct sp_rbac_index *index = make_index(objects);
    sp_rbac_objects_free(objects);
    return index;
}

static inline bool index_allows(const struct sp_rbac_index *index, const struct model_question *question)
{
    struct sp_target target;
    struct sp_origin origin;
    struct sp_rbac_request request;
    SP_BUF_ON_STACK(url, SP_RBAC_URL_MAX);
    ck_assert(sp_target_parse(sp_str_from_c(question->path), &target));
    ck_assert(sp_origin_parse(sp_str_from_c(question->origin), &origin));
    sp_rbac_request_init(sp_str_from_c(question->method), &origin, &target, &url, &request);
    struct sp_rbac_grant grant;
    for (size_t i = 0; i < question->groups_n + 2; i++) {
        struct sp_rbac_cursor cursor = {0};
        const char *name = i == 0                    ? question->user
                           : i <= question->groups_n ? question->groups[i - 1]
                                                     : SP_RBAC_AUTHENTICATED;
        if (sp_rbac_index_next_grant(index, &request, i == 0 ? SP_RBAC_USER : SP_RBAC_GROUP, SP_STR_NONE,
                                     sp_str_from_c(name), &cursor, &grant)) {
            return true;
        }
    }
    return false;
}

#endif
