/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/cause.h"

#include "base/hex.h"
#include "base/time.h"
#include "base/wording.h"
#include "http/cookie.h"
#include "io/log.h"

#define CLIENT_MAX   (SP_QUOTED_MAX + 128) /* bytes of the sentence about the client's address */
#define LIST_MAX     160                   /* bytes of a list of names on a page */
#define CLAIMS_MAX   96                    /* bytes of a list of claims */
#define LOG_LIST_MAX 480                   /* bytes of a list in the log */

/* ---- the request ----------------------------------------------------------------------------------- */

/* Some proxies append the user's own query to the address, so only our own names are shown. */
static void explain_parameter(struct sp_transaction *t, struct sp_str name)
{
    static const struct sp_str known[] = {SP_STR("policy"), SP_STR("headers"), SP_STR("prefix")};
    struct sp_nearest nearest = sp_nearest_of(name);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (sp_str_equal(name, known[i])) {
            sp_transaction_explain(
                t,
                "\"%s\" in the middleware's address appears twice, is empty or too long, or has "
                "an invalid value.",
                known[i].ptr);
            return;
        }
        sp_nearest_offer(&nearest, known[i]);
    }
    sp_transaction_explain(t, "The middleware's address has an unknown parameter%s",
                           nearest.best.len > 0 ? SP_NEAREST_TEXT(&nearest) : ".");
}

void sp_cause_explain_fault(struct sp_transaction *t, enum sp_reason reason, const struct sp_fault *fault)
{
    const char *name = SP_QUOTE(fault->name);
    if (reason == SP_REASON_MISSING_HEADER) {
        sp_transaction_explain(t, "The header %s is missing or empty.", name);
    } else if (reason == SP_REASON_DUPLICATE_HEADER) {
        sp_transaction_explain(t, "The header %s appears twice.", name);
    } else if (reason == SP_REASON_ALIAS_HEADER) {
        sp_transaction_explain(t, "The header %s could be mistaken for %s.", name, SP_QUOTE(fault->value));
    } else if (reason == SP_REASON_UNKNOWN_PARAMETER) {
        explain_parameter(t, fault->name);
    } else if (reason == SP_REASON_UNKNOWN_POLICY) {
        sp_transaction_explain(t, "The middleware's address has %s=%s, but the configuration has no such %s.",
                               name, SP_QUOTE(fault->value), name);
    } else if (reason == SP_REASON_MALFORMED_URI && fault->value.ptr == NULL) {
        sp_transaction_explain(t, "The request target is longer than %d bytes.", SP_TARGET_MAX);
    } else if (fault->value.len > 0) {
        sp_transaction_explain(t, "%s is \"%s\".", name, SP_QUOTE(fault->value));
    } else if (fault->name.len > 0) {
        sp_transaction_explain(t, "Invalid: %s.", name);
    }
}

void sp_cause_explain_headers(struct sp_transaction *t, struct sp_str names)
{
    struct sp_header_choice choice;
    struct sp_diag diag = {.text = ""};
    (void)!sp_config_choose_headers(t->context->snapshot->config, names, &choice, &diag);
    bool asks = sp_str_ends_with(sp_str_from_c(diag.text), SP_STR("?"));
    sp_transaction_explain(t, "The middleware's address has headers=%s: %s%s", SP_QUOTE(names), diag.text,
                           asks ? "" : ".");
}

void sp_cause_explain_origin(struct sp_transaction *t, enum sp_reason reason)
{
    SP_BUF_ON_STACK(origin, SP_ORIGIN_MAX + 1);
    sp_origin_append(&t->request.origin, &origin);
    sp_transaction_explain(t,
                           reason == SP_REASON_HOST_NOT_LISTED
                               ? "The request is for %.*s."
                               : "According to X-Forwarded-Proto, the request is for %.*s.",
                           SP_STR_ARGS(sp_buf_str(&origin)));
}

void sp_cause_explain_page(struct sp_transaction *t)
{
    struct sp_str target = t->has_request ? t->request.target.path : t->head->target;
    target.len = sp_str_find(target, '?');
    sp_transaction_explain(t, "%s %s \"%s\".", t->has_request ? "The request is" : "The proxy asked for",
                           SP_QUOTE(t->has_request ? t->request.method : t->head->method), SP_QUOTE(target));
}

/* ---- rules and groups ------------------------------------------------------------------------------ */

/* A list of quoted names, as many as fit, without duplicates. */
struct names {
    struct sp_buf text;
    size_t more_n;
};

static void add_name(struct names *names, struct sp_str prefix, struct sp_str name)
{
    char storage[2 * SP_QUOTED_MAX + 2]; /* two escaped strings, in quotes */
    int len = snprintf(storage, sizeof storage, "\"%s%s\"", SP_QUOTE(prefix), SP_QUOTE(name));
    struct sp_str quoted = {storage, (size_t)len};
    struct sp_str before = sp_buf_str(&names->text);
    if (before.len > 0 && memmem(before.ptr, before.len, quoted.ptr, quoted.len) != NULL) {
        return;
    }
    if (before.len + quoted.len + 2 > names->text.max) {
        names->more_n++;
        return;
    }
    sp_buf_append_c(&names->text, before.len > 0 ? ", " : "");
    sp_buf_append(&names->text, quoted);
}

static const char *end_names(struct names *names, char more[32])
{
    more[0] = '\0';
    if (names->more_n > 0) {
        snprintf(more, 32, " and %zu more", names->more_n);
    }
    return more;
}

static void add_users_groups(struct names *names, const struct sp_identity *identity)
{
    struct sp_identity_group group;
    for (size_t cursor = 0; sp_identity_next_group(identity, &cursor, &group);) {
        add_name(names, group.prefix, group.name);
    }
}

/* The conditions that would have let the user in. */
struct wanted {
    struct names groups;
    struct names claims;
    bool addresses;
};

/* Finds the rules before the deciding one that another user would have matched, and adds their conditions on
 * the user. True if there is such a rule. */
static bool add_wanted(struct wanted *wanted, const struct sp_transaction *t,
                       const struct sp_verdict *verdict)
{
    bool found = false;
    size_t end = verdict->rule > 0 ? verdict->rule - 1 : t->policy->rules_n;
    for (size_t i = 0; i < end; i++) {
        const struct sp_rule *rule = &t->policy->rules[i];
        enum sp_condition unmet = sp_rule_find_unmet(rule, &t->request, &t->identity);
        if (rule->action == SP_ACTION_DENY || !sp_condition_is_about_users(unmet)) {
            continue;
        }
        found = true;
        wanted->addresses = wanted->addresses || rule->emails.items_n + rule->email_domains.items_n > 0;
        for (size_t k = 0; k < rule->groups.items_n; k++) {
            add_name(&wanted->groups, SP_STR_NONE, sp_str_from_c(rule->groups.items[k]));
        }
        for (size_t k = 0; k < rule->claims_n; k++) {
            add_name(&wanted->claims, SP_STR_NONE, sp_str_from_c(rule->claims[k].name));
        }
    }
    return found;
}

static void append_wanted(struct sp_buf *out, const char *what, struct names *names)
{
    char more[32];
    sp_buf_printf(out, "%s%s%.*s%s", out->len > 0 ? ", and " : "", what,
                  SP_STR_ARGS(sp_buf_str(&names->text)), end_names(names, more));
}

static void explain_groups(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    char group_storage[LIST_MAX];
    char claim_storage[CLAIMS_MAX];
    char own_storage[LIST_MAX];
    char more[32];
    struct wanted wanted = {.groups.text = SP_BUF_ON(group_storage), .claims.text = SP_BUF_ON(claim_storage)};
    struct names none = {.text = SP_BUF_NONE};
    struct names own = {.text = SP_BUF_ON(own_storage)};
    SP_BUF_ON_STACK(open_to, LIST_MAX + CLAIMS_MAX + 256);
    if (!add_wanted(&wanted, t, verdict)) {
        return;
    }
    add_users_groups(&own, &t->identity);
    if (wanted.groups.text.len > 0) {
        append_wanted(&open_to, "members of ", &wanted.groups);
    }
    if (wanted.addresses) {
        append_wanted(&open_to, "some e-mail addresses", &none);
    }
    if (wanted.claims.text.len + wanted.claims.more_n > 0) {
        append_wanted(&open_to, "some values of the claim ", &wanted.claims);
    }
    bool lacks_some = t->identity.profile->groups_mark != 0;
    sp_transaction_explain(t, "It is open to %.*s. %sou are in %s%.*s%s.", SP_STR_ARGS(sp_buf_str(&open_to)),
                           lacks_some ? "Of the groups that the rules name, y" : "Y",
                           own.text.len > 0 ? "" : (lacks_some ? "none" : "no group"),
                           SP_STR_ARGS(sp_buf_str(&own.text)), end_names(&own, more));
}

/* Why rules about the client's address matched or not, if the operator can fix it; otherwise nothing. */
static const char *describe_client(const struct sp_transaction *t, char out[CLIENT_MAX])
{
    struct sp_chain_client client = sp_request_client(&t->request);
    char pseudonym[SP_PSEUDONYM_LEN];
    out[0] = '\0';
    if (!client.is_known && sp_policy_asks_client(t->policy)) {
        snprintf(out, CLIENT_MAX,
                 " The client's address is unknown: \"%s\" in X-Forwarded-For is not an address, or is in "
                 "client_ip_hops.",
                 SP_QUOTE(sp_log_person_in_text(client.entry, pseudonym)));
    }
    return out;
}

static void note_denial(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    static const char *const verified[] = {
        [SP_EMAIL_VERIFIED_ABSENT] = "absent",
        [SP_EMAIL_VERIFIED_NO] = "not true",
        [SP_EMAIL_VERIFIED_YES] = "true",
    };
    char storage[LOG_LIST_MAX];
    char decided[48];
    char client[CLIENT_MAX];
    char more[32];
    struct names own = {.text = SP_BUF_ON(storage)};
    snprintf(decided, sizeof decided, verdict->rule > 0 ? "Rule %zu denies the request" : "No rule matches",
             verdict->rule);
    if (t->who.identity == NULL) {
        sp_transaction_note(t, "%s, for any user.%s", decided, describe_client(t, client));
        return;
    }
    add_users_groups(&own, &t->identity);
    sp_transaction_note(t, "%s. Groups of the user%s: %s%.*s%s; email_verified is %s.%s", decided,
                        t->identity.profile->groups_mark != 0 ? " that rules name" : "",
                        own.text.len > 0 ? "" : "none", SP_STR_ARGS(sp_buf_str(&own.text)),
                        end_names(&own, more), verified[t->identity.profile->email_verified],
                        describe_client(t, client));
}

/* ---- rbac ------------------------------------------------------------------------------------------ */

/* The verb and path that a role must name, and the subjects that a binding must name. */
static void explain_rbac_denial(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    char storage[LOG_LIST_MAX];
    char more[32];
    char verb[SP_METHOD_MAX + 1] = "";
    char pseudonym[SP_PSEUDONYM_LEN];
    struct names own = {.text = SP_BUF_ON(storage)};
    SP_BUF_ON_STACK(path, SP_TARGET_MAX);
    for (size_t i = 0; i < t->request.method.len && i < SP_METHOD_MAX; i++) {
        verb[i] = sp_ascii_lower(t->request.method.ptr[i]);
    }
    sp_path_decode(t->request.target.path, &path);
    t->user = t->identity.user;
    add_users_groups(&own, &t->identity);
    sp_transaction_explain(t, "No ClusterRoleBinding grants you \"%s\" on \"%s\".",
                           SP_QUOTE(sp_str_from_c(verb)), SP_QUOTE(sp_buf_str(&path)));
    sp_transaction_note(
        t,
        "Rule %zu consults RBAC for the user \"%s\", the groups %s%.*s%s, and "
        "system:authenticated.%s",
        verdict->rule, SP_QUOTE(sp_log_person_in_text(t->identity.user, pseudonym)),
        own.text.len > 0 ? "" : "none", SP_STR_ARGS(sp_buf_str(&own.text)), end_names(&own, more),
        t->request.target.marks == 0
            ? ""
            : " Programs read this path differently, so only a * at the end of a pattern can match it.");
}

static void note_rbac_unavailable(struct sp_transaction *t)
{
    t->user = t->identity.user;
    t->note =
        SP_STR("The bindings of the cluster have not been read completely yet, or the API server has not "
               "responded for longer than rbac_max_age: see rbac_failed.");
}

/* ---- origin of the request ------------------------------------------------------------------------- */

#define HEADER_MAX (SP_QUOTED_MAX + 64) /* bytes of the sentence about one header */

static const char *describe_header(const struct sp_head *head, enum sp_header_id id, char out[HEADER_MAX])
{
    size_t n = sp_head_count(head, id);
    if (n == 1) {
        snprintf(out, HEADER_MAX, "%s is \"%s\"", sp_header_name(id).ptr, SP_QUOTE(sp_head_single(head, id)));
    } else {
        snprintf(out, HEADER_MAX, "%s is %s", sp_header_name(id).ptr, n == 0 ? "missing" : "present twice");
    }
    return out;
}

void sp_cause_explain_foreign(struct sp_transaction *t)
{
    char site[HEADER_MAX];
    char origin[HEADER_MAX];
    bool is_handshake = sp_request_kind(&t->request) == SP_REQUEST_KIND_WEBSOCKET;
    sp_transaction_explain(
        t, "%s, and %s. With a session, %s requires Sec-Fetch-Site same-origin, or the Origin of this site.",
        describe_header(t->head, SP_HEADER_SEC_FETCH_SITE, site),
        describe_header(t->head, SP_HEADER_ORIGIN, origin),
        is_handshake ? "a WebSocket handshake" : SP_QUOTE(t->request.method));
}

/* ---- identity -------------------------------------------------------------------------------------- */

void sp_cause_explain_groups(struct sp_transaction *t, enum sp_error error)
{
    t->user = t->identity.user;
    if (error == SP_ERR_MISSING) {
        sp_transaction_explain(
            t, "Only some of your groups are known here, but this request requires all of them.");
    } else {
        sp_transaction_explain(
            t, "The headers that name you to the application need more than %d KiB or %d lines.",
            SP_ANSWER_TEXT_MAX / 1024, SP_ANSWER_FIELDS_MAX);
    }
    sp_transaction_note(t, "Setting: groups_keep.");
}

void sp_cause_explain_name(struct sp_transaction *t, const struct sp_profile *profile, enum sp_reason reason)
{
    const struct sp_config *config = t->context->snapshot->config;
    struct sp_str claim = sp_str_from_c(config->username_claim);
    if (reason == SP_REASON_RESERVED_NAME) {
        sp_transaction_explain(t, "It begins with \"system:\".");
    } else if (reason == SP_REASON_EMAIL_UNVERIFIED) {
        sp_transaction_note(t, "email_verified is %s.",
                            profile->email_verified == SP_EMAIL_VERIFIED_NO
                                ? "present and not true"
                                : "absent, and the setting email_verified is required");
    } else {
        sp_transaction_explain(
            t, "The claim \"%s\" is %s.", SP_QUOTE(claim),
            sp_profile_claim(profile, claim).len == 0 ? "missing" : "not a value that a header can carry");
    }
}

static void note_invalid(struct sp_transaction *t, struct sp_str value)
{
    uint8_t tag[SP_KEY_TAG_LEN];
    char hex[2 * SP_KEY_TAG_LEN + 1] = "";
    const struct sp_keyring *keys = t->context->snapshot->keys;
    switch (sp_seal_look_at(keys, value, tag)) {
    case SP_SEAL_LOOK_NONE:
        sp_transaction_note(t, "The session cookie is not a sealed value, or is truncated.");
        return;
    case SP_SEAL_LOOK_UNKNOWN_KEY:
        sp_hex_encode(tag, sizeof tag, hex);
        sp_transaction_note(
            t, "The session cookie is sealed with a key that is not in the key file: its tag is %.*s.",
            2 * SP_KEY_TAG_LEN, hex);
        return;
    case SP_SEAL_LOOK_KNOWN_KEY:
        break;
    }
    sp_transaction_note(
        t,
        "The session cookie is sealed with a key of the id %s, but it was altered, belongs to another host, "
        "issuer, client or cookie name, or was sealed with another key of this id.",
        SP_QUOTE(sp_key_id(sp_keyring_find(keys, tag))));
}

static void note_expired(struct sp_transaction *t, const struct sp_session *session)
{
    char text[SP_TIME_TEXT_LEN + 1];
    const struct sp_config *config = t->context->snapshot->config;
    if (sp_session_phase(session, t->context->now_s) == SP_SESSION_OVER) {
        sp_time_format(session->expires_s, text);
        sp_transaction_note(t, "It ended at %.*s.", SP_TIME_TEXT_LEN, text);
    } else if (session->login_at_s + config->session_lifetime_s <= t->context->now_s) {
        sp_time_format(session->login_at_s, text);
        sp_transaction_note(t, "It began at %.*s, which is longer ago than session_lifetime.",
                            SP_TIME_TEXT_LEN, text);
    } else if (session->profile.groups_mark == 0 ||
               (session->profile.facts_mark != 0 && session->profile.facts_mark != config->facts_mark)) {
        t->note = SP_STR(
            "It was created with other settings: username_claim, groups_claim, groups_keep, userinfo, or "
            "conditions of rules on claims.");
    } else {
        sp_transaction_note(
            t, "It has only the groups that the rules named when it began, and the rules now name others.");
    }
}

void sp_cause_note_session(struct sp_transaction *t, enum sp_reason reason)
{
    struct sp_str values[SP_SELECT_VALUES_MAX_N];
    size_t n = sp_cookie_collect(t->head, sp_cookies_session_name(t->sealer.cookies), values,
                                 SP_SELECT_VALUES_MAX_N);
    if (reason == SP_REASON_SESSION_INVALID && n > 0) {
        note_invalid(t, values[0]);
    } else if (reason == SP_REASON_SESSION_AMBIGUOUS) {
        sp_transaction_note(t, "There are %zu session cookies.", n);
    } else if (reason == SP_REASON_SESSION_EXPIRED) {
        note_expired(t, t->selection.session);
    }
}

void sp_cause_explain_verdict(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    if (verdict->kind == SP_VERDICT_LOGIN) {
        sp_cause_note_session(t, verdict->reason);
    } else if (verdict->reason == SP_REASON_RBAC_DENIED) {
        explain_rbac_denial(t, verdict);
    } else if (verdict->reason == SP_REASON_RBAC_UNAVAILABLE) {
        note_rbac_unavailable(t);
    } else if (verdict->reason == SP_REASON_USER_NOT_REPRESENTABLE && t->who.identity != NULL) {
        sp_cause_explain_groups(t, SP_ERR_MISSING);
    } else if (verdict->reason != SP_REASON_POLICY_DENIED) {
        bool is_known = t->bearer != NULL || t->selection.kind == SP_SELECTION_VALID;
        if (is_known) { /* for a refused token, the detail is already set */
            sp_cause_explain_name(t, t->identity.profile, verdict->reason);
        }
    } else {
        if (sp_transaction_identify(t).identity != NULL) {
            t->user = t->identity.user;
            explain_groups(t, verdict);
        }
        note_denial(t, verdict);
    }
}

/* ---- the issuer ------------------------------------------------------------------------------------ */

static struct sp_str text_of_contradiction(struct sp_str part)
{
    if (sp_str_equal(part, SP_STR("issuer"))) {
        return SP_STR("The document names another issuer than the configured one.");
    }
    if (sp_str_equal(part, SP_STR("client_auth"))) {
        return SP_STR("It does not support the configured client_auth.");
    }
    if (sp_str_equal(part, SP_STR("userinfo"))) {
        return SP_STR("It has no userinfo_endpoint, but userinfo is configured.");
    }
    return part.len > 0 ? SP_STR("It does not support PKCE with S256.")
                        : SP_STR("The document cannot be used.");
}

enum sp_reason sp_cause_explain_no_issuer(struct sp_transaction *t)
{
    if (t->context->snapshot->documents != NULL) {
        t->note = SP_STR("The issuer cannot be reached: see issuer_failed.");
        return SP_REASON_ISSUER_UNAVAILABLE;
    }
    const struct sp_issuer *issuer = t->context->process->issuer;
    struct sp_issuer_status status = {0};
    if (issuer != NULL) {
        status = sp_issuer_status(issuer);
    }
    if (!status.refused) {
        t->note = SP_STR("The issuer's documents have not been read yet: see issuer_failed.");
        return SP_REASON_ISSUER_UNAVAILABLE;
    }
    t->detail = text_of_contradiction(sp_str_from_c(status.contradicts));
    t->note = SP_STR("See issuer_failed.");
    t->mender = SP_MENDER_OPERATOR;
    return SP_REASON_ISSUER_UNUSABLE;
}
