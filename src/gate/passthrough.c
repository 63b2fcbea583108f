/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/passthrough.h"

#include "gate/allow.h"
#include "gate/bearer.h"
#include "gate/pages.h"
#include "http/bearer.h"
#include "oidc/bearer_token.h"

/* Where a token is from. */
enum owner {
    OWNER_NONE,     /* no token, or none that names an issuer */
    OWNER_TOO_LONG, /* too long to read */
    OWNER_OTHER,    /* an issuer that is not listed */
    OWNER_OURS,
    OWNER_LISTED,
};

static bool is_of_listed(const struct sp_config *config, const json_t *claims)
{
    const struct sp_texts *issuers = &config->passthrough_issuers;
    for (size_t i = 0; i < issuers->items_n; i++) {
        if (sp_bearer_token_is_of(claims, sp_str_from_c(issuers->items[i]))) {
            return true;
        }
    }
    return false;
}

static enum owner read_owner(const struct sp_transaction *t, struct sp_str token)
{
    const struct sp_config *config = t->context->snapshot->config;
    if (token.len > SP_BEARER_TOKEN_MAX) {
        return OWNER_TOO_LONG;
    }
    SP_JSON_SCOPED json_t *claims = sp_bearer_token_peek(token);
    if (claims == NULL || !sp_bearer_token_is_jwt(token)) {
        return OWNER_NONE;
    }
    if (sp_bearer_token_is_of(claims, sp_str_from_c(config->issuer))) {
        return OWNER_OURS;
    }
    return is_of_listed(config, claims) ? OWNER_LISTED : OWNER_OTHER;
}

/* Tokens that are passed on are remembered. */
static enum owner find_owner(const struct sp_transaction *t)
{
    struct sp_str token = sp_bearer_read(t->head);
    if (token.len == 0) {
        return OWNER_NONE;
    }
    if (sp_bearers_find(t->context->passed, token, t->context->now_s) != NULL) {
        return OWNER_LISTED;
    }
    enum owner owner = sp_bearer_has_form(token) ? read_owner(t, token) : OWNER_NONE;
    if (owner == OWNER_LISTED) {
        static const struct sp_profile nobody;
        const struct sp_bearer *kept =
            sp_bearers_keep(t->context->passed, token, &nobody, 0, INT64_MAX, INT64_MAX);
        (void)kept; /* if out of memory, it is read again */
    }
    return owner;
}

static void refuse(struct sp_transaction *t, enum owner owner)
{
    static const struct sp_html_texts texts = {
        .title = "Token required",
        .text = "This address is for programs that send a bearer token from their own issuer.",
        .advice = "Open the pages of this site by their own addresses.",
    };
    static const char *const causes[] = {
        [OWNER_NONE] = "The request has no bearer token that is a JWT.",
        [OWNER_TOO_LONG] = SP_BEARER_TOO_LONG,
        [OWNER_OTHER] = "The token is from an issuer that passthrough_issuers does not list.",
        [OWNER_OURS] = "The token is from the issuer of this site, whose tokens are not passed on.",
        [OWNER_LISTED] = "",
    };
    t->bearer_alone = true;
    t->page_texts = &texts;
    t->detail = sp_str_from_c(causes[owner]);
    bool is_bad = owner == OWNER_OURS || owner == OWNER_TOO_LONG;
    sp_pages_refuse(t, is_bad ? SP_REASON_BEARER_INVALID : SP_REASON_NO_SESSION);
}

bool sp_passthrough_answer(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    enum owner owner = find_owner(t);
    if (owner == OWNER_LISTED) {
        t->rule = verdict->passthrough;
        sp_answer_add(&t->answer, "Authorization", sp_head_single(t->head, SP_HEADER_AUTHORIZATION));
        sp_allow(t, &(struct sp_verdict){.kind = SP_VERDICT_ALLOW, .rule = verdict->passthrough});
        return true;
    }
    if (verdict->kind != SP_VERDICT_DENY) {
        return false;
    }
    refuse(t, owner);
    return true;
}
