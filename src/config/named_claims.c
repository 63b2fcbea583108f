/* SPDX-License-Identifier: Apache-2.0 */
#include "config/named_claims.h"

#include "base/wording.h"
#include "config/config.h"
#include "config/headers_section.h"
#include "http/field.h"
#include "jose/json_pointer.h"

/* ---- one claim ----------------------------------------------------------------------------------- */

enum sp_error sp_named_claim_parse(struct sp_str text, struct sp_diag *diag, char **out)
{
    if (text.len > SP_JSON_POINTER_MAX || !sp_field_can_carry(text)) {
        return sp_diag_set(
            diag, SP_ERR_FORMAT,
            "\"%s\" is not the name of a claim: empty, longer than %d bytes, or with controls or "
            "spaces at an end",
            SP_QUOTE(text), SP_JSON_POINTER_MAX);
    }
    if (!sp_json_is_pointer(text)) {
        return sp_value_store_text(text, diag, out);
    }
    struct sp_diag wrong = {0};
    enum sp_error error = sp_json_pointer_check(text, &wrong);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "\"%s\" %s", SP_QUOTE(text), wrong.text);
    }
    SP_BUF_ON_STACK(step, SP_JSON_POINTER_MAX + 1);
    struct sp_str rest = text;
    sp_json_pointer_next(&rest, &step);
    struct sp_str root = sp_buf_str(&step);
    if (rest.len > 0 && sp_str_equal(root, SP_STR("email"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" leads into email: write email, which is checked with email_verified",
                           SP_QUOTE(text));
    }
    bool is_name = rest.len == 0 && root.len > 0 && !sp_json_is_pointer(root);
    return sp_value_store_text(is_name ? root : text, diag, out);
}

static enum sp_error parse_claim(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    return sp_named_claim_parse(text, diag, out);
}

const struct sp_value_type sp_type_claim = {
    .label = "claim", .expected = "the name of a claim", .parse = parse_claim, .done = sp_value_free_text};

/* ---- all claims ---------------------------------------------------------------------------------- */

/* Which kind of claims exceeds its limit, for a message; NULL: none. */
static const char *find_excess(const struct sp_config *config)
{
    size_t kept_n = 0;
    size_t ruled_n = 0;
    for (size_t i = 0; i < config->claims.items_n; i++) {
        kept_n += sp_named_claim_is_kept(&config->claims.items[i]);
        ruled_n += (config->claims.items[i].uses & SP_CLAIM_IS_RULED) != 0;
    }
    if (kept_n > SP_EXTRA_CLAIMS_MAX) {
        return "as a claim beyond the standard ones, and a session holds at most 8 of them";
    }
    return ruled_n > SP_RULED_CLAIMS_MAX ? "as a claim for rules, which may name at most 32" : NULL;
}
_Static_assert(SP_EXTRA_CLAIMS_MAX == 8 && SP_RULED_CLAIMS_MAX == 32, "as the messages say");

static void add(struct sp_reading *reading, const char *setting, const char *claim, unsigned uses)
{
    struct sp_config *config = reading->object;
    struct sp_named_claims *claims = &config->claims;
    size_t i = 0;
    while (i < claims->items_n && strcmp(claims->items[i].name, claim) != 0) {
        i++;
    }
    if (i == claims->items_n) {
        struct sp_named_claim named = {.setting = setting};
        if (sp_value_store_text(sp_str_from_c(claim), NULL, &named.name) != SP_OK ||
            sp_list_add(claims, &named, sizeof named) != SP_OK) {
            sp_value_free_text(&named.name);
            sp_reading_refuse(reading, setting, "out of memory");
            return;
        }
    }
    unsigned uses_before = claims->items[i].uses;
    claims->items[i].uses |= uses;
    const char *excess = find_excess(config);
    if (excess != NULL) {
        claims->items[i].uses = uses_before;
        sp_reading_refuse(reading, setting, "needs \"%s\" %s", SP_QUOTE(sp_str_from_c(claim)), excess);
    }
}

static void add_of_rule(struct sp_reading *reading, const struct sp_rule *rule)
{
    const struct sp_config *config = reading->object;
    if (rule->groups.items_n > 0 || rule->action == SP_ACTION_RBAC) {
        add(reading, "policies", config->groups_claim, SP_CLAIM_DECIDES);
    }
    if (rule->emails.items_n + rule->email_domains.items_n > 0) {
        add(reading, "policies", "email", SP_CLAIM_IS_TEXT | SP_CLAIM_DECIDES);
    }
    for (size_t i = 0; i < rule->claims_n; i++) {
        add(reading, "policies", rule->claims[i].name, SP_CLAIM_IS_RULED | SP_CLAIM_DECIDES);
    }
}

void sp_named_claims_derive(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    add(reading, "username_claim", config->username_claim, SP_CLAIM_IS_TEXT);
    add(reading, "groups_claim", config->groups_claim, SP_CLAIM_IS_GROUPS);
    for (size_t i = SP_HEADER_SETS_BUILT_IN_N; i < config->header_sets_n; i++) {
        const struct sp_header_set *set = &config->header_sets[i];
        for (size_t j = 0; j < set->rules_n; j++) {
            if (!sp_headers_is_word(sp_str_from_c(set->rules[j].claim))) {
                add(reading, "headers", set->rules[j].claim, SP_CLAIM_IS_TEXT);
            }
        }
    }
    for (size_t i = 0; i < config->policies_n; i++) {
        for (size_t j = 0; j < config->policies[i].rules_n; j++) {
            add_of_rule(reading, &config->policies[i].rules[j]);
        }
    }
    for (size_t i = 0; i < config->kubeconfig.clusters_n; i++) {
        if (config->kubeconfig.clusters[i].groups_n > 0) {
            add(reading, "kubeconfig", config->groups_claim, SP_CLAIM_DECIDES);
        }
    }
}

/* ---- warnings ------------------------------------------------------------------------------------ */

/* True if a name has parts separated by dots or slashes; appends the pointer that was probably meant. URLs
 * and URNs are not treated as paths. */
static bool looks_like_path(struct sp_str name, struct sp_buf *pointer)
{
    bool has_slashes = sp_str_contains(name, '/');
    char separator = has_slashes ? '/' : '.';
    if (sp_json_is_pointer(name) || sp_str_contains(name, ':') || !sp_str_contains(name, separator) ||
        (has_slashes && sp_str_contains(name, '.'))) {
        return false;
    }
    while (name.ptr != NULL) {
        struct sp_str part = sp_str_cut(&name, separator);
        if (part.len == 0) {
            return false;
        }
        sp_buf_append_char(pointer, '/');
        for (size_t i = 0; i < part.len; i++) {
            sp_buf_append(pointer, part.ptr[i] == '~' ? SP_STR("~0") : (struct sp_str){part.ptr + i, 1});
        }
    }
    return sp_buf_error(pointer) == SP_OK;
}

void sp_named_claims_warn(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    for (size_t i = 0; i < config->claims.items_n; i++) {
        const struct sp_named_claim *claim = &config->claims.items[i];
        SP_BUF_ON_STACK(pointer, SP_JSON_POINTER_MAX + 1);
        if (looks_like_path(sp_str_from_c(claim->name), &pointer)) {
            sp_reading_warn(reading, claim->setting,
                            "\"%s\" is read as one name, but looks like a path: a nested claim is written %s",
                            SP_QUOTE(sp_str_from_c(claim->name)), sp_buf_c_str(&pointer));
        }
    }
}
