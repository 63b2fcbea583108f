/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain.h"

#include "base/quote.h"
#include "base/wording.h"
#include "cli/explain_rbac.h"
#include "cli/explain_who.h"
#include "cli/setup.h"
#include "http/url.h"

#include <stdio.h>

#define RBAC_NOT_KNOWN                                                                                       \
    "explain does not ask the cluster for its bindings: save them to a folder, and give it with --rbac: "    \
    "kubectl get clusterroles,clusterrolebindings -o yaml"
#define WHY_MAX          (16 * 1024) /* bytes of the text why a rule does not hold */
#define HEADER_VALUE_MAX 8192
#define NOT_KNOWN        "not known"
#define ANSWER_MAX       (4 * 1024 * 1024) /* bytes of the whole, as text */

/* The question, and what answers it. */
struct question {
    const char *config_path;
    const char *url;
    const char *method;
    const char *policy_name;
    const char *headers_name;
    const char *client;
    const char *rbac_folder;
    bool is_websocket;
    bool wants_json;
    struct sp_explain_told told;

    const struct sp_config *config;
    struct sp_request request;
    const struct sp_policy *policy;
    const struct sp_header_set *header_set;
    struct sp_explain_who who;
    struct sp_rbac_index *rbac; /* NULL: not used, or not known */
};

/* ---- what is asked --------------------------------------------------------------------------------- */

static enum sp_error find_names(struct question *question, struct sp_diag *diag)
{
    const struct sp_config *config = question->config;
    struct sp_str policy = sp_str_from_c(question->policy_name);
    struct sp_str set = sp_str_from_c(question->headers_name);
    struct sp_nearest nearest;
    question->policy = sp_config_find_policy(config, policy);
    question->header_set = sp_config_find_header_set(config, set);
    if (question->policy == NULL) {
        nearest = sp_nearest_of(policy);
        for (size_t i = 0; i < config->policies_n; i++) {
            sp_nearest_offer(&nearest, sp_str_from_c(config->policies[i].name));
        }
        return sp_diag_set(diag, SP_ERR_CONFIG, "the configuration has no policy \"%s\"%s", SP_QUOTE(policy),
                           SP_NEAREST_TEXT(&nearest));
    }
    if (question->header_set == NULL) {
        nearest = sp_nearest_of(set);
        for (size_t i = 0; i < config->header_sets_n; i++) {
            sp_nearest_offer(&nearest, sp_str_from_c(config->header_sets[i].name));
        }
        return sp_diag_set(diag, SP_ERR_CONFIG, "the configuration has no header set \"%s\"%s", SP_QUOTE(set),
                           SP_NEAREST_TEXT(&nearest));
    }
    return SP_OK;
}

static enum sp_error read_question(struct question *question, struct sp_diag *diag)
{
    struct sp_url url;
    if (!sp_url_parse(sp_str_from_c(question->url), &url)) {
        return sp_diag_set(diag, SP_ERR_CONFIG,
                           "--url is an absolute URL as the browser's request has it, such as "
                           "https://app.example.com/path, encoded, without fragment; \"%s\" is none",
                           SP_QUOTE(sp_str_from_c(question->url)));
    }
    question->request = (struct sp_request){
        .origin = url.origin,
        .method = sp_str_from_c(question->method),
        .target = url.target,
        .kind = question->is_websocket ? SP_REQUEST_KIND_WEBSOCKET : SP_REQUEST_KIND_NAVIGATION,
        .client_chain = sp_str_from_c(question->client),
        .client_hops = &question->config->client_ip_hops,
    };
    enum sp_error error = find_names(question, diag);
    return error == SP_OK ? sp_explain_who_init(&question->who, &question->told, question->config, diag)
                          : error;
}

/* ---- why a rule does not hold ------------------------------------------------------------------------ */

/* One of `n` values, the last of which comes after "or". */
static void append_value(size_t i, size_t n, const char *text, struct sp_buf *out)
{
    sp_buf_append_c(out, i == 0 ? "" : i + 1 == n ? " or " : ", ");
    sp_buf_append_c(out, text);
}

static void append_texts(const struct sp_texts *texts, struct sp_buf *out)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        append_value(i, texts->items_n, texts->items[i], out);
    }
}

static void append_groups(const struct sp_identity *identity, struct sp_buf *out)
{
    struct sp_identity_group group;
    const char *separator = "";
    for (size_t cursor = 0; sp_identity_next_group(identity, &cursor, &group); separator = ", ") {
        sp_buf_append_c(out, separator);
        sp_buf_append(out, group.prefix);
        sp_buf_append(out, group.name);
    }
    sp_buf_append_c(out, separator[0] == '\0' ? "no group" : "");
}

/* What the conditions on claims come to, all together. */
static enum sp_claim_answer tell(const struct sp_rule *rule, const struct sp_identity *identity)
{
    enum sp_claim_answer all = SP_CLAIM_ANSWER_YES;
    for (size_t i = 0; i < rule->claims_n; i++) {
        enum sp_claim_answer answer = sp_claim_condition_ask(&rule->claims[i], identity);
        if (answer == SP_CLAIM_ANSWER_NO) {
            return answer;
        }
        all = answer == SP_CLAIM_ANSWER_UNKNOWN ? answer : all;
    }
    return all;
}

static const char *condition_name(const struct sp_rule *rule, enum sp_condition condition)
{
    static const char *const names[] = {
        [SP_CONDITION_CORS_PREFLIGHT] = "cors_preflight",
        [SP_CONDITION_WEBSOCKET] = "websocket",
        [SP_CONDITION_METHOD] = "method",
        [SP_CONDITION_HOST] = "host",
        [SP_CONDITION_CLIENT_IP] = "client_ip",
        [SP_CONDITION_EMAIL] = "email",
        [SP_CONDITION_EMAIL_DOMAIN] = "email_domain",
        [SP_CONDITION_GROUP] = "group",
        [SP_CONDITION_CLAIM] = "claim",
    };
    static const char *const names_of_paths[] = {
        [SP_PATTERN_EXACT] = "path", [SP_PATTERN_PREFIX] = "path_prefix", [SP_PATTERN_GLOB] = "path_glob"};
    return condition == SP_CONDITION_PATH ? names_of_paths[rule->paths[0].kind] : names[condition];
}

static void append_client(const struct sp_request *request, struct sp_buf *out)
{
    struct sp_chain_client client = sp_request_client(request);
    if (client.is_known) {
        sp_address_append(&client.address, out);
    } else if (client.entry.len == 0) {
        sp_buf_append_c(out, "no address; --client gives one");
    } else {
        sp_buf_append_c(out, "no address that is known: ");
        sp_buf_append(out, client.entry);
        sp_buf_append_c(out, " is none, or one of client_ip_hops");
    }
}

/* What keeps the conditions on claims from holding: the names of those that do not, or are not known. */
static void append_claims(const struct sp_rule *rule, const struct sp_identity *identity, struct sp_buf *out)
{
    bool is_unknown = tell(rule, identity) == SP_CLAIM_ANSWER_UNKNOWN;
    enum sp_claim_answer told = is_unknown ? SP_CLAIM_ANSWER_UNKNOWN : SP_CLAIM_ANSWER_NO;
    const char *separator = "";
    for (size_t i = 0; i < rule->claims_n; i++) {
        if (sp_claim_condition_ask(&rule->claims[i], identity) == told) {
            sp_buf_printf(out, "%s%s", separator, rule->claims[i].name);
            separator = ", ";
        }
    }
    sp_buf_append_c(out, is_unknown ? " is not in the document" : " has no such value");
}

/* What the request or the user has. */
static void append_own(const struct question *question, const struct sp_rule *rule,
                       enum sp_condition condition, struct sp_buf *out)
{
    static const char *const verified[] = {[SP_EMAIL_VERIFIED_ABSENT] = "not said to be verified",
                                           [SP_EMAIL_VERIFIED_NO] = "not verified",
                                           [SP_EMAIL_VERIFIED_YES] = "verified"};
    const struct sp_request *request = &question->request;
    const struct sp_identity *identity = question->who.who.identity;
    if (sp_condition_is_about_users(condition) && identity == NULL) {
        sp_buf_append_c(out, "nobody is known");
        return;
    }
    switch (condition) {
    case SP_CONDITION_METHOD:
        sp_buf_append(out, request->method);
        break;
    case SP_CONDITION_HOST:
        sp_buf_append(out, sp_host_str(&request->origin.host));
        break;
    case SP_CONDITION_CLIENT_IP:
        append_client(request, out);
        break;
    case SP_CONDITION_PATH:
        sp_buf_append(out, request->target.path);
        sp_buf_append_c(out, request->target.marks != 0 ? ", which programs read differently" : "");
        break;
    case SP_CONDITION_EMAIL:
    case SP_CONDITION_EMAIL_DOMAIN:
        if (identity->profile->email.len == 0) {
            sp_buf_append_c(out, "no address");
            break;
        }
        sp_buf_append(out, identity->profile->email);
        sp_buf_printf(out, ", %s", verified[identity->profile->email_verified]);
        break;
    case SP_CONDITION_GROUP:
        append_groups(identity, out);
        break;
    case SP_CONDITION_CLAIM:
        append_claims(rule, identity, out);
        break;
    case SP_CONDITION_CORS_PREFLIGHT:
        sp_buf_append_c(out, "no preflight, and explain cannot ask for one");
        break;
    case SP_CONDITION_WEBSOCKET:
        sp_buf_append_c(out, "no handshake; --websocket asks for one");
        break;
    case SP_CONDITION_NONE:
        break;
    }
}

static void append_wanted(const struct sp_rule *rule, enum sp_condition condition, struct sp_buf *out)
{
    switch (condition) {
    case SP_CONDITION_METHOD:
        append_texts(&rule->methods, out);
        break;
    case SP_CONDITION_HOST:
        append_texts(&rule->hosts, out);
        break;
    case SP_CONDITION_CLIENT_IP:
        for (size_t i = 0; i < rule->client_ips.items_n; i++) {
            append_value(i, rule->client_ips.items_n, "", out);
            sp_cidr_append(&rule->client_ips.items[i], out);
        }
        break;
    case SP_CONDITION_PATH:
        for (size_t i = 0; i < rule->paths_n; i++) {
            append_value(i, rule->paths_n, rule->paths[i].text, out);
        }
        break;
    case SP_CONDITION_EMAIL:
        append_texts(&rule->emails, out);
        break;
    case SP_CONDITION_EMAIL_DOMAIN:
        append_texts(&rule->email_domains, out);
        break;
    case SP_CONDITION_GROUP:
        append_texts(&rule->groups, out);
        break;
    case SP_CONDITION_CLAIM:
        for (size_t i = 0; i < rule->claims_n; i++) {
            sp_buf_printf(out, "%s%s: ", i > 0 ? "; " : "", rule->claims[i].name);
            append_texts(&rule->claims[i].values, out);
        }
        break;
    case SP_CONDITION_CORS_PREFLIGHT:
    case SP_CONDITION_WEBSOCKET:
    case SP_CONDITION_NONE:
        break;
    }
}

/* ---- the answer ------------------------------------------------------------------------------------ */

static const char *action_name(enum sp_action action)
{
    static const char *const names[] = {
        [SP_ACTION_DENY] = "deny",
        [SP_ACTION_PUBLIC] = "public",
        [SP_ACTION_ALLOW] = "allow",
        [SP_ACTION_RBAC] = "rbac",
    };
    return names[action];
}

/* One rule: `result` is `holds`, `does not hold`, `not known` or `not reached`. */
static json_t *describe_rule(const struct question *question, size_t index, size_t decided)
{
    const struct sp_rule *rule = &question->policy->rules[index];
    json_t *out = json_pack("{s:I, s:I, s:s}", "rule", (json_int_t)index + 1, "line", (json_int_t)rule->line,
                            "action", action_name(rule->action));
    if (decided != 0 && index >= decided) {
        json_object_set_new(out, "result", json_string("not reached"));
        return out;
    }
    const struct sp_identity *identity = question->who.who.identity;
    enum sp_condition unmet = sp_rule_find_unmet(rule, &question->request, identity);
    bool is_unknown = (unmet == SP_CONDITION_NONE || unmet == SP_CONDITION_CLAIM) && identity != NULL &&
                      tell(rule, identity) == SP_CLAIM_ANSWER_UNKNOWN;
    unmet = is_unknown ? SP_CONDITION_CLAIM : unmet;
    if (unmet == SP_CONDITION_NONE) {
        json_object_set_new(out, "result", json_string("holds"));
        if (rule->action == SP_ACTION_RBAC && question->rbac != NULL && identity != NULL) {
            sp_explain_rbac_describe(question->rbac, &question->request, identity, out);
        }
        return out;
    }
    SP_BUF_SCOPED struct sp_buf own;
    SP_BUF_SCOPED struct sp_buf wanted;
    sp_buf_init(&own, WHY_MAX);
    sp_buf_init(&wanted, WHY_MAX);
    append_own(question, rule, unmet, &own);
    append_wanted(rule, unmet, &wanted);
    json_object_set_new(out, "result", json_string(is_unknown ? NOT_KNOWN : "does not hold"));
    json_object_set_new(out, "condition", json_string(condition_name(rule, unmet)));
    json_object_set_new(out, "has", sp_explain_text(sp_buf_str(&own)));
    if (wanted.len > 0) {
        json_object_set_new(out, "wants", sp_explain_text(sp_buf_str(&wanted)));
    }
    return out;
}

static void add_header(void *headers, struct sp_str name, struct sp_str value)
{
    json_t *header = json_object();
    json_object_set_new(header, "name", sp_explain_text(name));
    json_object_set_new(header, "value", sp_explain_text(value));
    json_array_append_new(headers, header);
}

static struct sp_who identify(void *context)
{
    const struct question *question = context;
    return question->who.who;
}

/* What becomes of the request: the order of gate/gate.h, from the origin on. */
static struct sp_verdict decide(struct question *question)
{
    const struct sp_config *config = question->config;
    struct sp_origin_rules origins = sp_config_origin_rules(config);
    enum sp_reason reason = sp_request_check_origin(&question->request.origin, &origins);
    if (reason != SP_REASON_NONE) {
        return (struct sp_verdict){.kind = SP_VERDICT_DENY, .reason = reason};
    }
    if (sp_config_owns_path(config, question->request.target.path)) {
        return (struct sp_verdict){.kind = SP_VERDICT_PAGE};
    }
    return sp_policy_decide(question->policy, &question->request, question->rbac, identify, question);
}

static json_t *describe(struct question *question, const struct sp_verdict *verdict)
{
    json_t *rules = json_array();
    json_t *headers = json_array();
    json_t *notes = json_array();
    bool asked_rules = verdict->kind != SP_VERDICT_PAGE && verdict->reason != SP_REASON_INSECURE_PROTO &&
                       verdict->reason != SP_REASON_HOST_NOT_LISTED;
    /* A login is the verdict of all rules, up to the first that holds for somebody unknown. */
    size_t decided = verdict->kind == SP_VERDICT_LOGIN ? 0 : verdict->rule;
    for (size_t i = 0; i < question->policy->rules_n && asked_rules; i++) {
        json_t *rule = describe_rule(question, i, decided);
        bool holds = strcmp(json_string_value(json_object_get(rule, "result")), "holds") == 0;
        decided = decided == 0 && holds ? i + 1 : decided;
        json_array_append_new(rules, rule);
    }
    if (verdict->kind == SP_VERDICT_ALLOW && verdict->identity != NULL) {
        SP_BUF_ON_STACK(scratch, HEADER_VALUE_MAX);
        if (sp_header_set_emit(question->header_set, verdict->identity, &scratch, add_header, headers) !=
            SP_OK) {
            json_array_append_new(notes, json_sprintf("a header of the set %s would be longer than %d bytes: "
                                                      "the answer would be 500 session_too_large",
                                                      question->header_set->name, HEADER_VALUE_MAX));
        }
    }
    if (sp_policy_asks_client(question->policy) && !sp_request_client(&question->request).is_known) {
        json_array_append_new(notes,
                              json_string("the client's address is not known (--client): deny rules by "
                                          "client_ip hold, all others by it do not"));
    }
    if (verdict->kind == SP_VERDICT_UNAVAILABLE) {
        json_array_append_new(notes, json_string(RBAC_NOT_KNOWN));
    }
    for (size_t i = 0; i < question->who.notes_n; i++) {
        json_array_append_new(notes, json_string(question->who.notes[i]));
    }
    const struct sp_identity *identity = question->who.who.identity;
    bool has_reason = verdict->reason != SP_REASON_NONE;
    json_t *out =
        json_pack("{s:s, s:o, s:o, s:s, s:s, s:s}", "verdict", sp_verdict_name(verdict->kind), "reason",
                  has_reason ? json_string(sp_reason_name(verdict->reason)) : json_null(), "rule",
                  verdict->rule > 0 ? json_integer((json_int_t)verdict->rule) : json_null(), "url",
                  question->url, "policy", question->policy->name, "header_set", question->header_set->name);
    json_object_set_new(out, "method", sp_explain_text(question->request.method));
    json_object_set_new(out, "user", identity != NULL ? sp_explain_text(identity->user) : json_null());
    json_object_set_new(out, "rules", rules);
    json_object_set_new(out, "headers", headers);
    json_object_set_new(out, "notes", notes);
    return out;
}

/* ---- the answer as text ------------------------------------------------------------------------------ */

#define text_of(object, member) sp_str_from_c(json_string_value(json_object_get((object), (member))))

static void append_line_of_rule(const json_t *rule, struct sp_buf *out)
{
    sp_buf_printf(out, "rule %lld, line %lld, %s: %s",
                  (long long)json_integer_value(json_object_get(rule, "rule")),
                  (long long)json_integer_value(json_object_get(rule, "line")), text_of(rule, "action").ptr,
                  text_of(rule, "result").ptr);
    if (json_object_get(rule, "condition") != NULL) {
        sp_buf_printf(out, ": %s: ", text_of(rule, "condition").ptr);
        sp_quote_append_line(text_of(rule, "has"), out);
    }
    if (json_object_get(rule, "wants") != NULL) {
        sp_buf_append_c(out, "; the rule wants ");
        sp_quote_append_line(text_of(rule, "wants"), out);
    }
    if (json_object_get(rule, "looked_for") != NULL) {
        sp_buf_append_c(out, ", and RBAC refuses");
    }
    sp_buf_append_char(out, '\n');
    sp_explain_rbac_append(rule, out);
}

static void append_verdict(const struct sp_verdict *verdict, struct sp_buf *out)
{
    sp_buf_append_c(out, sp_verdict_name(verdict->kind));
    if (verdict->reason != SP_REASON_NONE) {
        sp_buf_printf(out, ", %u %s", sp_reason_status(verdict->reason), sp_reason_name(verdict->reason));
    }
    if (verdict->kind == SP_VERDICT_PAGE) {
        sp_buf_append_c(out, ": a page of sallyport's own, about which no rule is asked");
    } else if (verdict->kind == SP_VERDICT_LOGIN) {
        sp_buf_printf(out, ": rule %zu may let in whoever signs in", verdict->rule);
    } else if (verdict->rule > 0) {
        sp_buf_printf(out, ": rule %zu decides", verdict->rule);
    } else if (verdict->reason == SP_REASON_POLICY_DENIED) {
        sp_buf_append_c(out, ": no rule holds");
    } else {
        sp_buf_printf(out, ": %s", sp_reason_title(verdict->reason));
    }
    sp_buf_append_char(out, '\n');
}

static void append_answer(const struct question *question, const struct sp_verdict *verdict,
                          const json_t *answer, struct sp_buf *out)
{
    const struct sp_identity *identity = question->who.who.identity;
    const json_t *item;
    size_t i;
    sp_buf_printf(out, "%s ", SP_QUOTE(sp_str_from_c(question->method)));
    sp_quote_append_line(sp_str_from_c(question->url), out);
    sp_buf_printf(out, "\npolicy %s, headers %s\n", question->policy->name, question->header_set->name);
    sp_buf_append_c(out, identity != NULL ? "user " : "nobody is known");
    if (identity != NULL) {
        sp_quote_append_line(identity->user, out);
    } else if (!question->who.who.may_sign_in) {
        sp_buf_printf(out, ": %s", sp_reason_name(question->who.who.reason));
    }
    sp_buf_append_c(out, "\n\n");
    json_array_foreach (json_object_get(answer, "rules"), i, item) {
        append_line_of_rule(item, out);
        sp_buf_append_c(out, i + 1 == json_array_size(json_object_get(answer, "rules")) ? "\n" : "");
    }
    append_verdict(verdict, out);
    json_array_foreach (json_object_get(answer, "headers"), i, item) {
        sp_buf_append_c(out, i == 0 ? "\n" : "");
        sp_quote_append_line(text_of(item, "name"), out);
        sp_buf_append_c(out, ": ");
        sp_quote_append_line(text_of(item, "value"), out);
        sp_buf_append_char(out, '\n');
    }
    json_array_foreach (json_object_get(answer, "notes"), i, item) {
        sp_buf_append_c(out, i == 0 ? "\n" : "");
        sp_buf_append_c(out, "note: ");
        sp_quote_append_line(sp_str_from_c(json_string_value(item)), out);
        sp_buf_append_char(out, '\n');
    }
}

/* ---- the command ----------------------------------------------------------------------------------- */

#define USAGE                                                                                                \
    "sallyport explain --url URL [--method M] [--policy P] [--headers SET] [--client IP] [--websocket]\n"    \
    "         [--user U [--email E] [--group G]... [--claim NAME=VALUE]... | --token FILE | --me FILE]\n"    \
    "         [--rbac FOLDER] [--config FILE] [--json]"

/* Whether it is not known of a rule if it holds: then the verdict may be another. */
static bool has_unknown(const json_t *described)
{
    const json_t *rule;
    size_t i;
    json_array_foreach (json_object_get(described, "rules"), i, rule) {
        if (strcmp(text_of(rule, "result").ptr, NOT_KNOWN) == 0) {
            return true;
        }
    }
    return false;
}

static int answer(struct question *question)
{
    struct sp_verdict verdict = decide(question);
    SP_JSON_SCOPED json_t *described = describe(question, &verdict);
    bool is_certain = !has_unknown(described);
    if (!is_certain) {
        json_t *note = json_string("the verdict may be another: what some rule asks for is not known");
        json_array_append_new(json_object_get(described, "notes"), note);
    }
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, ANSWER_MAX);
    if (question->wants_json) {
        json_dumpf(described, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        append_answer(question, &verdict, described, &text);
        fprintf(stdout, "%.*s", SP_STR_ARGS(sp_buf_str(&text)));
    }
    int status = verdict.kind == SP_VERDICT_ALLOW && is_certain ? 0 : 1;
    return verdict.kind == SP_VERDICT_UNAVAILABLE ? 2 : status;
}

/* The bindings of a folder, where a rule asks for them. False, with what is wrong printed. */
static bool read_rbac(struct question *question, struct sp_loading *loading)
{
    const struct sp_config *config = question->config;
    bool is_own = question->rbac_folder != NULL;
    const char *folder = is_own ? question->rbac_folder : config->rbac_folder;
    if (folder == NULL || !sp_config_uses_rbac(config)) {
        return true;
    }
    struct sp_rbac_settings settings = sp_config_rbac_settings(config);
    question->rbac = sp_loading_read_rbac(
        loading, folder, is_own ? "named by --rbac, as a folder of files" : SP_LOADING_RBAC_HINT, &settings);
    if (question->rbac == NULL) {
        (void)sp_setup_print_reports(loading, SP_ERR_CONFIG);
    }
    return question->rbac != NULL;
}

static int explain(struct question *question)
{
    struct sp_loading loading;
    struct sp_config *config = NULL;
    struct sp_diag diag = {0};
    int status = 2;
    enum sp_error error = sp_loading_read_config(&loading, sp_setup_path(question->config_path), &config);
    question->config = config;
    if (error != SP_OK) {
        (void)sp_setup_print_reports(&loading, error);
    } else if (read_question(question, &diag) != SP_OK) {
        sp_setup_print_error(diag.text);
    } else if (read_rbac(question, &loading)) {
        status = answer(question);
    }
    sp_rbac_index_unref(question->rbac);
    sp_explain_who_done(&question->who);
    sp_config_free(config);
    sp_loading_done(&loading);
    return status;
}

int sp_command_explain(int argc, char **argv)
{
    static struct question question = {.method = "GET", .policy_name = "default", .headers_name = "identity"};
    struct sp_explain_told *told = &question.told;
    const struct sp_option options[] = {
        {.name = "url", .value = &question.url},
        {.name = "method", .value = &question.method},
        {.name = "policy", .value = &question.policy_name},
        {.name = "headers", .value = &question.headers_name},
        {.name = "client", .value = &question.client},
        {.name = "rbac", .value = &question.rbac_folder},
        {.name = "websocket", .given = &question.is_websocket},
        {.name = "user", .value = &told->user},
        {.name = "email", .value = &told->email},
        {.name = "group", .values = &told->groups},
        {.name = "claim", .values = &told->claims},
        {.name = "token", .value = &told->token},
        {.name = "me", .value = &told->me},
        {.name = "config", .value = &question.config_path},
        {.name = "json", .given = &question.wants_json},
        {.name = NULL},
    };
    if (!sp_options_read(argc, argv, options, USAGE, 0, NULL)) {
        return 2;
    }
    if (question.url == NULL) {
        fputs("sallyport: --url is missing\nusage: " USAGE "\n", stderr);
        return 2;
    }
    return explain(&question);
}
