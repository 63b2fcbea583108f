/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/headers.h"

#include "base/base64.h"
#include "http/field.h"
#include "session/session.h"

#include <stdlib.h>

struct built_in {
    struct sp_str header;
    struct sp_str claim;
};

static const struct built_in identity_rules[] = {
    {SP_STR("X-Forwarded-User"), SP_STR("user")},
    {SP_STR("X-Forwarded-Email"), SP_STR("email")},
    {SP_STR("X-Forwarded-Groups"), SP_STR("groups")},
    {SP_STR("X-Forwarded-Preferred-Username"), SP_STR("preferred_username")},
};

static const struct built_in remote_rules[] = {
    {SP_STR("Remote-User"), SP_STR("user")},
    {SP_STR("Remote-Email"), SP_STR("email")},
    {SP_STR("Remote-Groups"), SP_STR("groups")},
    {SP_STR("Remote-Name"), SP_STR("name")},
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

static enum sp_error build(struct sp_str name, const struct built_in *rules, size_t rules_n,
                           struct sp_header_set *out)
{
    HEADER_SET_SCOPED struct sp_header_set set = {.name = sp_str_dup(name)};
    set.rules = calloc(rules_n, sizeof *set.rules);
    if (set.name == NULL || set.rules == NULL) {
        return SP_ERR_MEMORY;
    }
    for (size_t i = 0; i < rules_n; i++) {
        set.rules_n++;
        set.rules[i].name = sp_str_dup(rules[i].header);
        set.rules[i].claim = sp_str_dup(rules[i].claim);
        if (set.rules[i].name == NULL || set.rules[i].claim == NULL) {
            return SP_ERR_MEMORY;
        }
    }
    *out = set;
    set = (struct sp_header_set){0};
    return SP_OK;
}

enum sp_error sp_header_set_identity(struct sp_header_set *out)
{
    return build(SP_STR("identity"), identity_rules, sizeof identity_rules / sizeof identity_rules[0], out);
}

enum sp_error sp_header_set_remote(struct sp_header_set *out)
{
    return build(SP_STR("remote"), remote_rules, sizeof remote_rules / sizeof remote_rules[0], out);
}

#define GROUP_MAX (SP_SESSION_PAYLOAD_MAX + 1024) /* bytes of a group with its prefix */

/* Where the headers go, and how. */
struct outlet {
    enum sp_header_encoding encoding;
    struct sp_buf *scratch;
    sp_header_emit_fn *emit;
    void *context;
};

/* Emits what the scratch buffer holds, unless it is cut. */
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

/* The whole name as one value. */
static void append_name(enum sp_header_encoding encoding, const struct sp_identity_group *group,
                        struct sp_buf *out)
{
    SP_BUF_ON_STACK(name, GROUP_MAX);
    sp_buf_append(&name, group->prefix);
    sp_buf_append(&name, group->name);
    append_value(encoding, sp_buf_str(&name), out);
    out->failed = out->failed || name.failed;
}

/* Appends a group, after a comma if it is not the first. Room is asked for once: some people have many. */
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

/* Names hold no controls and are well-formed UTF-8, so these two are all that JSON wants escaped. */
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
    if (identity->profile->groups_mark != 0) {
        return SP_OK; /* a list that lacks some is none */
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
                append_name(outlet->encoding, &group, scratch); /* has nothing that JSON wants escaped */
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
    return SP_OK;
}

/* ---- aliases --------------------------------------------------------------------------------------- */

/* The name that the set emits and that `name` is an alias of; empty when there is none. */
static struct sp_str emitted_as(const struct sp_header_set *set, struct sp_str name)
{
    for (size_t i = 0; i < set->rules_n; i++) {
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
