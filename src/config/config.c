/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "base/wording.h"
#include "config/settings.h"
#include "http/form.h"
#include "http/path.h"
#include "jose/digest.h"
#include "oidc/bearer_token.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGES_SHARE           8
#define PAGES_CONNECTIONS_MIN 64

void sp_config_free(struct sp_config *config)
{
    if (config == NULL) {
        return;
    }
    sp_mapping_clear(&sp_settings, config);
    sp_texts_done(&config->ruled_groups);
    for (size_t i = 0; i < config->claims.items_n; i++) {
        free(config->claims.items[i].name);
    }
    free(config->claims.items);
    free(config->facts.items);
    free(config);
}

void sp_config_append_text(const char *text, struct sp_buf *out)
{
    sp_buf_append(out, (struct sp_str){text, strlen(text) + 1});
}

_Static_assert(SP_PROFILE_GROUPS_MARK_LEN == SP_PROFILE_FACTS_MARK_LEN, "marks are made in one way");

enum sp_error sp_config_make_mark(const struct sp_buf *texts, uint64_t *out)
{
    uint8_t digest[SP_DIGEST_MAX];
    uint64_t mark = 0;
    enum sp_error error = sp_buf_error(texts);
    if (error == SP_OK) {
        error = sp_digest_compute(SP_DIGEST_SHA256, sp_buf_str(texts), digest);
    }
    if (error != SP_OK) {
        return error;
    }
    for (size_t i = 0; i < SP_PROFILE_FACTS_MARK_LEN; i++) {
        mark = mark << 8 | digest[i];
    }
    *out = mark != 0 ? mark : 1; /* 0 means none */
    return SP_OK;
}

int64_t sp_config_pages_connections(int64_t max_connections)
{
    int64_t share = max_connections / PAGES_SHARE;
    return share > PAGES_CONNECTIONS_MIN ? share : PAGES_CONNECTIONS_MIN;
}

int64_t sp_config_connections_within(int64_t all)
{
    int64_t by_share = all - (all + 1) / (PAGES_SHARE + 1);
    int64_t by_least = all - PAGES_CONNECTIONS_MIN;
    int64_t within = by_share < by_least ? by_share : by_least;
    return within > 1 ? within : 1;
}

const struct sp_policy *sp_config_find_policy(const struct sp_config *config, struct sp_str name)
{
    for (size_t i = 0; i < config->policies_n; i++) {
        if (sp_str_equal(sp_str_from_c(config->policies[i].name), name)) {
            return &config->policies[i];
        }
    }
    return NULL;
}

enum sp_error sp_config_choose_headers(const struct sp_config *config, struct sp_str names,
                                       struct sp_header_choice *out, struct sp_diag *diag)
{
    struct sp_fault fault;
    enum sp_error error =
        sp_header_sets_choose(config->header_sets, config->header_sets_n, names, out, &fault);
    if (error == SP_OK || diag == NULL) {
        return error;
    }
    if (error == SP_ERR_DUPLICATE) {
        return sp_diag_set(diag, error,
                           "the header set \"%s\" emits %.*s, as another one does: take one of the two",
                           SP_QUOTE(fault.name), SP_STR_ARGS(fault.value));
    }
    if (error == SP_ERR_LIMIT) {
        return sp_diag_set(diag, error, "an address joins at most %d header sets", SP_HEADER_SETS_JOINED_MAX);
    }
    struct sp_nearest nearest = sp_nearest_of(fault.name);
    for (size_t i = 0; i < config->header_sets_n; i++) {
        sp_nearest_offer(&nearest, sp_str_from_c(config->header_sets[i].name));
    }
    return sp_diag_set(diag, error, "there is no header set \"%s\"%s", SP_QUOTE(fault.name),
                       SP_NEAREST_TEXT(&nearest));
}

static bool is_the_word(const struct sp_texts *texts, const char *word)
{
    return texts->items_n == 1 && strcmp(texts->items[0], word) == 0;
}

bool sp_config_keeps_group(const struct sp_config *config, struct sp_str group)
{
    if (is_the_word(&config->groups_keep, "none")) {
        return false;
    }
    for (size_t i = 0; i < config->groups_keep.items_n; i++) {
        struct sp_str kept = sp_str_from_c(config->groups_keep.items[i]);
        bool is_beginning = sp_str_ends_with(kept, SP_STR("*"));
        if (is_beginning ? sp_str_starts_with(group, (struct sp_str){kept.ptr, kept.len - 1})
                         : sp_str_equal(group, kept)) {
            return true;
        }
    }
    return config->groups_keep.items_n == 0;
}

/* Compares like strcmp, by which the names are sorted. */
static int compare_with(struct sp_str a, const char *text)
{
    struct sp_str b = sp_str_from_c(text);
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0; /* memcmp must not get a null pointer */
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool sp_config_rules_group(const struct sp_config *config, struct sp_str group)
{
    size_t begin = 0;
    size_t end = config->ruled_groups.items_n;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        int order = compare_with(group, config->ruled_groups.items[middle]);
        if (order == 0) {
            return true;
        }
        begin = order > 0 ? middle + 1 : begin;
        end = order > 0 ? end : middle;
    }
    return false;
}

/* True if a header set in `root_query` has one line per group. */
static bool root_tells_all_groups(const struct sp_config *config)
{
    struct sp_str names;
    struct sp_header_choice choice = {.places = 0};
    SP_BUF_ON_STACK(text, SP_HEADER_SETS_TEXT_MAX);
    return config->root_query != NULL &&
           sp_form_find(sp_str_from_c(config->root_query), SP_STR("headers"), &names) == 1 &&
           sp_form_decode(names, &text) == SP_OK &&
           sp_config_choose_headers(config, sp_buf_str(&text), &choice, NULL) == SP_OK &&
           choice.repeats_groups;
}

bool sp_config_needs_all_groups(const struct sp_config *config)
{
    for (size_t i = 0; i < config->policies_n; i++) {
        for (size_t j = 0; j < config->policies[i].rules_n; j++) {
            if (sp_rule_needs_all_groups(&config->policies[i].rules[j])) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < config->credentials_n; i++) {
        if (config->credentials[i].credential == SP_HEADER_CREDENTIAL_ACCOUNT) {
            return true;
        }
    }
    return root_tells_all_groups(config);
}

bool sp_config_is_kubeconfig_host(const struct sp_config *config, const struct sp_host *host)
{
    const struct sp_origin *origin = &config->kubeconfig.origin;
    return origin->scheme != SP_SCHEME_NONE && sp_str_equal(sp_host_str(&origin->host), sp_host_str(host));
}

static bool carries_id_token(const struct sp_binding *binding)
{
    return binding->credential == SP_HEADER_CREDENTIAL_USER && binding->sessions;
}

bool sp_config_carries_id_token(const struct sp_config *config, const struct sp_host *host)
{
    bool is_bound = false;
    for (size_t i = 0; i < config->credentials_n && !is_bound; i++) {
        const struct sp_binding *binding = &config->credentials[i];
        is_bound = carries_id_token(binding) && sp_str_equal(sp_str_from_c(binding->host), sp_host_str(host));
    }
    return is_bound;
}

bool sp_config_keeps_id_token(const struct sp_config *config, const struct sp_host *host)
{
    /* Users can download their own ID token at this host. */
    bool is_given_out = sp_config_is_kubeconfig_host(config, host);
    return sp_config_carries_id_token(config, host) || is_given_out ||
           config->id_token_hint; /* a sign-out may happen at any host */
}

bool sp_config_keeps_some_id_token(const struct sp_config *config)
{
    bool is_carried = false;
    for (size_t i = 0; i < config->credentials_n && !is_carried; i++) {
        is_carried = carries_id_token(&config->credentials[i]);
    }
    return is_carried || config->id_token_hint || config->kubeconfig.origin.scheme != SP_SCHEME_NONE;
}

bool sp_named_claim_is_kept(const struct sp_named_claim *claim)
{
    return (claim->uses & SP_CLAIM_IS_TEXT) != 0 && !sp_profile_always_holds(sp_str_from_c(claim->name));
}

int64_t sp_config_revocation_lifetime_s(const struct sp_config *config)
{
    int64_t of_tokens_s =
        config->bearer_audiences.items_n > 0 ? SP_BEARER_TOKEN_AGE_MAX_S + config->clock_skew_s + 1 : 0;
    return config->session_lifetime_s > of_tokens_s ? config->session_lifetime_s : of_tokens_s;
}

bool sp_config_takes_any_audience(const struct sp_config *config)
{
    return is_the_word(&config->audiences, "any");
}

struct sp_identity_settings sp_config_identity_settings(const struct sp_config *config)
{
    return (struct sp_identity_settings){
        .email_rule = config->email_verified,
        .username_claim = config->username_claim,
        .username_prefix = config->username_prefix,
        .groups_prefix = config->groups_prefix,
        .facts_mark = config->facts_mark,
    };
}

struct sp_origin_rules sp_config_origin_rules(const struct sp_config *config)
{
    return (struct sp_origin_rules){
        .insecure_http = config->insecure_http,
        .hosts = config->hosts.items,
        .hosts_n = config->hosts.items_n,
    };
}

static bool has_rule(const struct sp_config *config, enum sp_action action)
{
    for (size_t i = 0; i < config->policies_n; i++) {
        const struct sp_policy *policy = &config->policies[i];
        for (size_t j = 0; j < policy->rules_n; j++) {
            if (policy->rules[j].action == action) {
                return true;
            }
        }
    }
    return false;
}

bool sp_config_uses_rbac(const struct sp_config *config)
{
    return has_rule(config, SP_ACTION_RBAC);
}

bool sp_config_passes_tokens(const struct sp_config *config)
{
    return has_rule(config, SP_ACTION_PASSTHROUGH);
}

bool sp_config_reads_tokens(const struct sp_config *config)
{
    return config->bearer_audiences.items_n + config->passthrough_issuers.items_n > 0;
}

bool sp_config_watches_rbac(const struct sp_config *config)
{
    return config->rbac_folder == NULL && sp_config_uses_rbac(config);
}

bool sp_config_requests_tokens(const struct sp_config *config)
{
    bool is_found = false;
    for (size_t i = 0; i < config->credentials_n && !is_found; i++) {
        is_found = config->credentials[i].service_account != NULL;
    }
    return is_found;
}

bool sp_config_asks_cluster(const struct sp_config *config)
{
    return sp_config_watches_rbac(config) || sp_config_requests_tokens(config);
}

struct sp_rbac_settings sp_config_rbac_settings(const struct sp_config *config)
{
    struct sp_rbac_settings settings = {
        .matching = config->rbac_matching,
        .takes_bootstrap = config->rbac_bootstrap,
        .ignores_case = config->rbac_ignore_case,
    };
    snprintf(settings.username_prefix, sizeof settings.username_prefix, "%s", config->username_prefix);
    snprintf(settings.groups_prefix, sizeof settings.groups_prefix, "%s", config->groups_prefix);
    return settings;
}

bool sp_config_owns_path(const struct sp_config *config, struct sp_str path)
{
    return sp_path_has_prefix(path, sp_str_from_c(config->prefix)) ||
           sp_str_equal(path, sp_str_from_c(config->callback_path));
}
