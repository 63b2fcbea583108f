/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/headers.h"

#include "base/base64.h"
#include "http/field.h"
#include "session/session.h"

#include <stdlib.h>

struct built_in_rule {
    const char *header;
    const char *claim;
};

#define BUILT_IN_RULES_MAX 4

static const struct built_in {
    struct sp_str name;
    enum sp_header_credential credential;
    bool impersonates;
    struct built_in_rule rules[BUILT_IN_RULES_MAX];
} built_in_sets[SP_HEADER_SETS_BUILT_IN_N] = {
    {.name = SP_STR("identity"),
     .rules = {{"X-Forwarded-User", "user"},
               {"X-Forwarded-Email", "email"},
               {"X-Forwarded-Groups", "groups"},
               {"X-Forwarded-Preferred-Username", "preferred_username"}}},
    {.name = SP_STR("remote"),
     .rules = {{"Remote-User", "user"},
               {"Remote-Email", "email"},
               {"Remote-Groups", "groups"},
               {"Remote-Name", "name"}}},
    {.name = SP_STR("impersonate"),
     .impersonates = true,
     .rules = {{"Impersonate-User", "user"}, {"Impersonate-Group", "groups"}}},
    {.name = SP_STR("kubernetes"),
     .credential = SP_HEADER_CREDENTIAL_ACCOUNT,
     .impersonates = true,
     .rules = {{"Impersonate-User", "user"}, {"Impersonate-Group", "groups"}}},
    {.name = SP_STR("bearer"), .credential = SP_HEADER_CREDENTIAL_USER},
};

void sp_header_set_done(struct sp_header_set *set)
{
    for (size_t i = 0; i < set->rules_n; i++) {
        free(set->rules[i].name);
        free(set->rules[i].claim);
    }
    free(set->rules);
    free(set->name);
    *set = (struct sp_header_set){0};
}

#define HEADER_SET_SCOPED __attribute__((cleanup(sp_header_set_done)))

static enum sp_error build(const struct built_in *from, struct sp_header_set *out)
{
    HEADER_SET_SCOPED struct sp_header_set set = {
        .name = sp_str_dup(from->name), .credential = from->credential, .impersonates = from->impersonates};
    set.rules = calloc(BUILT_IN_RULES_MAX, sizeof *set.rules);
    if (set.name == NULL || set.rules == NULL) {
        return SP_ERR_MEMORY;
    }
    for (size_t i = 0; i < BUILT_IN_RULES_MAX && from->rules[i].header != NULL; i++) {
        struct sp_header_rule *rule = &set.rules[set.rules_n++];
        rule->name = sp_str_dup(sp_str_from_c(from->rules[i].header));
        rule->claim = sp_str_dup(sp_str_from_c(from->rules[i].claim));
        rule->list = from->impersonates ? SP_HEADER_LIST_REPEAT : SP_HEADER_LIST_COMMA;
        if (rule->name == NULL || rule->claim == NULL) {
            return SP_ERR_MEMORY;
        }
    }
    *out = set;
    set = (struct sp_header_set){0};
    return SP_OK;
}

enum sp_error sp_header_sets_make_built_in(struct sp_header_set out[SP_HEADER_SETS_BUILT_IN_N])
{
    enum sp_error error = SP_OK;
    for (size_t i = 0; i < SP_HEADER_SETS_BUILT_IN_N; i++) {
        out[i] = (struct sp_header_set){0};
        error = error == SP_OK ? build(&built_in_sets[i], &out[i]) : error;
    }
    return error;
}

/* ---- combining sets -------------------------------------------------------------------------------- */

static bool is_line_a_group(const struct sp_header_rule *rule)
{
    return rule->list == SP_HEADER_LIST_REPEAT && strcmp(rule->claim, "groups") == 0;
}

static bool repeats_groups(const struct sp_header_set *set)
{
    bool repeats = false;
    for (size_t i = 0; i < set->rules_n && !repeats; i++) {
        repeats = is_line_a_group(&set->rules[i]);
    }
    return repeats;
}

/* The header that both sets emit; empty if there is none. */
static struct sp_str find_shared(const struct sp_header_set *a, const struct sp_header_set *b)
{
    if (a->credential != SP_HEADER_CREDENTIAL_NONE && b->credential != SP_HEADER_CREDENTIAL_NONE) {
        return SP_STR("Authorization");
    }
    for (size_t i = 0; i < a->rules_n * b->rules_n; i++) {
        struct sp_str name = sp_str_from_c(a->rules[i / b->rules_n].name);
        if (sp_str_equal_ci(name, sp_str_from_c(b->rules[i % b->rules_n].name))) {
            return name;
        }
    }
    return SP_STR_NONE;
}

static const struct sp_header_set *find_set(const struct sp_header_set *sets, size_t sets_n,
                                            struct sp_str name, size_t *place)
{
    for (size_t i = 0; i < sets_n; i++) {
        if (sp_str_equal(sp_str_from_c(sets[i].name), name)) {
            *place = i;
            return &sets[i];
        }
    }
    return NULL;
}

enum sp_error sp_header_sets_choose(const struct sp_header_set *sets, size_t sets_n, struct sp_str names,
                                    struct sp_header_choice *out, struct sp_fault *fault)
{
    const struct sp_header_set *chosen[SP_HEADER_SETS_JOINED_MAX];
    struct sp_header_choice choice = {.places = 0};
    for (size_t n = 0; n == 0 || names.ptr != NULL; n++) {
        size_t place = 0;
        *fault = (struct sp_fault){.name = sp_str_cut(&names, ',')};
        const struct sp_header_set *set = find_set(sets, sets_n, fault->name, &place);
        if (set == NULL) {
            return SP_ERR_MISSING;
        }
        if (n == SP_HEADER_SETS_JOINED_MAX) {
            return SP_ERR_LIMIT;
        }
        for (size_t i = 0; i < n && fault->value.len == 0; i++) {
            fault->value = find_shared(chosen[i], set);
        }
        if (fault->value.len > 0) {
            return SP_ERR_DUPLICATE;
        }
        chosen[n] = set;
        choice.places |= UINT64_C(1) << place;
        choice.impersonates = choice.impersonates || set->impersonates;
        choice.repeats_groups = choice.repeats_groups || repeats_groups(set);
        choice.carries_account = choice.carries_account || set->credential == SP_HEADER_CREDENTIAL_ACCOUNT;
        choice.carries_user = choice.carries_user || set->credential == SP_HEADER_CREDENTIAL_USER;
    }
    *out = choice;
    return SP_OK;
}

_Static_assert(SP_HEADER_SETS_MAX <= 64, "a bit each");

/* ---- emitting -------------------------------------------------------------------------------------- */

#define GROUP_MAX (SP_SESSION_PAYLOAD_MAX + 1024) /* bytes of a group with its prefix */

/* Where the headers go, and how they are encoded. */
struct outlet {
    enum sp_header_encoding encoding;
    struct sp_buf *scratch;
    sp_header_emit_fn *emit;
    void *context;
};

/* Emits the contents of the scratch buffer, unless they were truncated. */
static enum sp_error emit_scratch(const struct outlet *outlet, struct sp_str name)
{
    enum sp_error error = sp_buf_error(outlet->scratch);
    if (error == SP_OK && outlet->scratch->len > 0) {
        outlet->emit(outlet->context, name, sp_buf_str(outlet->scratch));
    }
    return error;
}

static void append_value(enum sp_header_encoding encoding, struct sp_str text, struct sp_buf *out)
{
    switch (encoding) {
    case SP_HEADER_ENCODING_NONE:
        sp_buf_append(out, text);
        break;
    case SP_HEADER_ENCODING_PERCENT:
        sp_field_append_percent(text, out);
        break;
    case SP_HEADER_ENCODING_BASE64: {
        char *to = sp_buf_extend(out, SP_BASE64_LEN(text.len));
        if (to != NULL) {
            sp_base64_encode((const uint8_t *)text.ptr, text.len, to);
        }
        break;
    }
    }
}

/* Appends the complete name of the group as one value. */
static void append_name(enum sp_header_encoding encoding, const struct sp_identity_group *group,
                        struct sp_buf *out)
{
    SP_BUF_ON_STACK(name, GROUP_MAX);
    sp_buf_append(&name, group->prefix);
    sp_buf_append(&name, group->name);
    append_value(encoding, sp_buf_str(&name), out);
    out->failed = out->failed || name.failed;
}

/* Appends a group, after a comma unless it is the first. Reserves room only once, since some users have many
 * groups. */
static void append_element(const struct sp_identity_group *group, struct sp_buf *out)
{
    size_t comma_len = out->len > 0 ? 1 : 0;
    char *to = sp_buf_extend(out, comma_len + group->prefix.len + group->name.len);
    if (to == NULL) {
        return;
    }
    if (comma_len > 0) {
        *to = ',';
    }
    to += comma_len;
    if (group->prefix.len > 0) {
        memcpy(to, group->prefix.ptr, group->prefix.len);
    }
    memcpy(to + group->prefix.len, group->name.ptr, group->name.len);
}

/* Names contain no controls and are well-formed UTF-8, so only these two characters need escaping in JSON. */
static void append_json(struct sp_str text, struct sp_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\') {
            sp_buf_append_char(out, '\\');
        }
        sp_buf_append_char(out, text.ptr[i]);
    }
}

static enum sp_error emit_groups(const struct outlet *outlet, const struct sp_header_rule *rule,
                                 const struct sp_identity *identity)
{
    struct sp_str name = sp_str_from_c(rule->name);
    struct sp_buf *scratch = outlet->scratch;
    struct sp_identity_group group;
    if (identity->profile->groups_mark != 0) { /* an incomplete list is left out */
        return is_line_a_group(rule) ? SP_ERR_MISSING : SP_OK;
    }
    for (size_t cursor = 0; sp_identity_next_group(identity, &cursor, &group);) {
        switch (rule->list) {
        case SP_HEADER_LIST_COMMA:
            if (outlet->encoding != SP_HEADER_ENCODING_NONE) {
                sp_buf_append_c(scratch, scratch->len > 0 ? "," : "");
                append_name(outlet->encoding, &group, scratch);
            } else if (!sp_str_contains(group.name, ',')) {
                append_element(&group, scratch);
            }
            break;
        case SP_HEADER_LIST_JSON:
            sp_buf_append_c(scratch, scratch->len > 0 ? ",\"" : "[\"");
            if (outlet->encoding != SP_HEADER_ENCODING_NONE) {
                append_name(outlet->encoding, &group, scratch); /* contains nothing that JSON escapes */
            } else {
                append_json(group.prefix, scratch);
                append_json(group.name, scratch);
            }
            sp_buf_append_char(scratch, '"');
            break;
        case SP_HEADER_LIST_REPEAT:
            append_name(outlet->encoding, &group, scratch);
            if (emit_scratch(outlet, name) != SP_OK) {
                return sp_buf_error(scratch);
            }
            sp_buf_clear(scratch);
            break;
        }
    }
    if (rule->list == SP_HEADER_LIST_JSON && scratch->len > 0) {
        sp_buf_append_char(scratch, ']');
    }
    return emit_scratch(outlet, name);
}

static enum sp_error emit_rule(const struct outlet *outlet, const struct sp_header_rule *rule,
                               const struct sp_identity *identity)
{
    struct sp_str claim = sp_str_from_c(rule->claim);
    sp_buf_clear(outlet->scratch);
    if (sp_str_equal(claim, SP_STR("groups"))) {
        return emit_groups(outlet, rule, identity);
    }
    struct sp_str text;
    if (sp_str_equal(claim, SP_STR("user"))) {
        text = identity->user;
    } else if (sp_str_equal(claim, SP_STR("subject"))) {
        text = identity->profile->sub;
    } else if (sp_str_equal(claim, SP_STR("email"))) {
        text = sp_identity_email(identity);
    } else {
        text = sp_profile_claim(identity->profile, claim);
    }
    bool is_encoded = outlet->encoding != SP_HEADER_ENCODING_NONE;
    bool is_display =
        sp_str_equal(claim, SP_STR("name")) || sp_str_equal(claim, SP_STR("preferred_username"));
    if (!(is_encoded && is_display) && !sp_field_can_carry(text)) {
        return SP_OK;
    }
    if (is_encoded) {
        append_value(outlet->encoding, text, outlet->scratch);
        return emit_scratch(outlet, sp_str_from_c(rule->name));
    }
    outlet->emit(outlet->context, sp_str_from_c(rule->name), text);
    return SP_OK;
}

enum sp_error sp_header_set_emit(const struct sp_header_set *set, const struct sp_identity *identity,
                                 struct sp_buf *scratch, sp_header_emit_fn *emit, void *context)
{
    const struct outlet outlet = {set->encoding, scratch, emit, context};
    for (size_t i = 0; i < set->rules_n; i++) {
        enum sp_error error = emit_rule(&outlet, &set->rules[i], identity);
        if (error != SP_OK) {
            return error;
        }
    }
    if (set->impersonates) {
        emit(context, SP_STR("Impersonate-Group"), SP_STR("system:authenticated"));
    }
    return SP_OK;
}

/* ---- aliases --------------------------------------------------------------------------------------- */

/* The name that the set emits and of which `name` is an alias; empty if there is none. */
static struct sp_str emitted_as(const struct sp_header_set *set, struct sp_str name)
{
    for (size_t i = 0; i < set->rules_n && !set->impersonates; i++) {
        struct sp_str emitted = sp_str_from_c(set->rules[i].name);
        if (sp_header_folds_into(name, emitted) && !sp_str_equal_ci(name, emitted)) {
            return emitted;
        }
    }
    return SP_STR_NONE;
}

bool sp_header_sets_find_alias(const struct sp_header_set *sets, size_t sets_n, const struct sp_head *head,
                               struct sp_fault *out)
{
    for (size_t i = 0; !head->names_plain && i < head->headers_n; i++) {
        struct sp_str name = head->headers[i].name;
        enum sp_header_id id = sp_header_alias_of(name);
        struct sp_str known =
            (sp_header_roles(id) & SP_HEADER_ROLES_READ) != 0 ? sp_header_name(id) : SP_STR_NONE;
        for (size_t k = 0; known.len == 0 && k < sets_n; k++) {
            known = emitted_as(&sets[k], name);
        }
        if (known.len > 0) {
            *out = (struct sp_fault){name, known};
            return true;
        }
    }
    return false;
}

struct sp_str sp_head_find_impersonation(const struct sp_head *head)
{
    static const struct sp_str family = SP_STR("Impersonate-");
    for (size_t i = 0; i < head->headers_n; i++) {
        struct sp_str name = head->headers[i].name;
        struct sp_str begin = {name.ptr, name.len < family.len ? name.len : family.len};
        if (sp_header_folds_into(begin, family)) {
            return name;
        }
    }
    return SP_STR_NONE;
}
