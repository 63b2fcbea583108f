/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain.h"

#include "base/wording.h"
#include "cli/explain_print.h"
#include "cli/explain_rbac.h"
#include "cli/explain_rules.h"
#include "cli/explain_who.h"
#include "cli/setup.h"
#include "config/headers_section.h"
#include "gate/allow.h"
#include "gate/dialect.h"
#include "gate/pages.h"
#include "gate/sign_in.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/rbac_list.h"
#include "policy/session_guard.h"

#include <assert.h>
#include <stdio.h>

#define OWN_FILES                                                                                            \
    "  saved to a folder, they are given with --rbac: kubectl get clusterroles,clusterrolebindings -o "      \
    "yaml\n"
#define ANSWER_MAX (4 * 1024 * 1024) /* bytes of the whole result, as text */

/* The request to explain, and the data needed to decide it. */
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
    struct sp_snapshot *snapshot; /* owned, including the configuration; its keys are temporary */
    struct sp_head head;          /* of a browser that opens a page */
    struct sp_request request;
    const struct sp_policy *policy;
    struct sp_header_choice headers;
    struct sp_explain_who who;
    struct sp_rbac_index *rbac; /* NULL: not used, or unknown */
};

/* The result. */
struct outcome {
    struct sp_verdict verdict;
    bool asked_rules;
    unsigned status;    /* 0: one of our own pages responds, with its own status */
    struct sp_diag why; /* more detail than the reason of a refusal; empty: none */
    struct sp_answer answer;
};

/* ---- the request to explain ------------------------------------------------------------------------ */

static enum sp_error find_names(struct question *question, struct sp_diag *diag)
{
    const struct sp_config *config = question->config;
    struct sp_str policy = sp_str_from_c(question->policy_name);
    question->policy = sp_config_find_policy(config, policy);
    if (question->policy == NULL) {
        struct sp_nearest nearest = sp_nearest_of(policy);
        for (size_t i = 0; i < config->policies_n; i++) {
            sp_nearest_offer(&nearest, sp_str_from_c(config->policies[i].name));
        }
        return sp_diag_set(diag, SP_ERR_CONFIG, "the configuration has no policy \"%s\"%s", SP_QUOTE(policy),
                           SP_NEAREST_TEXT(&nearest));
    }
    return sp_config_choose_headers(config, sp_str_from_c(question->headers_name), &question->headers, diag);
}

/* Splits the URL into the parts that a proxy passes on, each parsed as in http/forwarded.h. */
static bool read_url(struct question *question)
{
    struct sp_str url = sp_str_from_c(question->url);
    struct sp_str scheme = {url.ptr, sp_str_find(url, ':')};
    if (!sp_str_starts_with(sp_str_skip(url, scheme.len), SP_STR("://"))) {
        return false;
    }
    struct sp_str target = sp_str_skip(url, scheme.len + strlen("://"));
    struct sp_str host = {target.ptr, 0};
    while (host.len < target.len && strchr("/?#", host.ptr[host.len]) == NULL) {
        host.len++;
    }
    target = host.len < target.len ? sp_str_skip(target, host.len) : SP_STR("/");
    enum sp_scheme read = sp_scheme_parse(scheme);
    question->is_websocket |= read != SP_SCHEME_NONE && sp_ascii_lower(scheme.ptr[0]) == 'w';
    return read != SP_SCHEME_NONE && sp_origin_parse_authority(read, host, &question->request.origin) &&
           sp_target_parse(target, &question->request.target);
}

static enum sp_error read_question(struct question *question, struct sp_diag *diag)
{
    static const struct sp_str opens_page =
        SP_STR("GET / HTTP/1.1\r\nHost: of-the-url\r\n"
               "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n");
    if (!read_url(question)) {
        return sp_diag_set(diag, SP_ERR_CONFIG,
                           "--url must be an absolute URL as the browser requests it, such as "
                           "https://app.example.com/path, encoded, without a fragment; \"%s\" is not",
                           SP_QUOTE(sp_str_from_c(question->url)));
    }
    enum sp_reason reason = sp_head_parse(opens_page, &question->head);
    assert(reason == SP_REASON_NONE);
    (void)reason;
    struct sp_request *request = &question->request;
    request->method = sp_str_from_c(question->method);
    request->head = question->is_websocket ? NULL : &question->head;
    request->kind = SP_REQUEST_KIND_WEBSOCKET;
    request->client_chain = sp_str_from_c(question->client);
    request->client_hops = &question->config->client_ip_hops;
    enum sp_error error = find_names(question, diag);
    return error == SP_OK ? sp_explain_who_init(&question->who, &question->told, question->snapshot, diag)
                          : error;
}

/* ---- the decision ---------------------------------------------------------------------------------- */

static struct sp_who identify(void *context)
{
    const struct question *question = context;
    return question->who.who;
}

static void refuse(struct outcome *out, enum sp_reason reason)
{
    out->status = sp_reason_status(reason);
    out->verdict.kind = out->status == 503 ? SP_VERDICT_UNAVAILABLE : SP_VERDICT_DENY;
    out->verdict.reason = reason;
}

static void answer_page(const struct question *question, struct outcome *out)
{
    const struct sp_config *config = question->config;
    enum sp_reason reason = sp_pages_find_refusal(config, &sp_dialects[0], &question->request);
    if (config->direct_pages && sp_pages_is_direct(config, question->request.target.path)) {
        out->verdict.kind = SP_VERDICT_ALLOW;
        out->status = 200;
    } else if (reason != SP_REASON_NONE) {
        refuse(out, reason);
    } else {
        out->verdict.kind = SP_VERDICT_PAGE;
    }
}

static void answer_verdict(const struct question *question, struct outcome *out)
{
    const struct sp_verdict *verdict = &out->verdict;
    if (verdict->passthrough != 0 && question->who.passes) {
        out->verdict = (struct sp_verdict){.kind = SP_VERDICT_ALLOW, .rule = verdict->passthrough};
    } else if (verdict->passthrough != 0 && verdict->kind == SP_VERDICT_DENY &&
               (question->who.is_by_token || question->who.is_too_long)) {
        out->verdict.reason = SP_REASON_BEARER_INVALID;
    }
    out->status = verdict->kind == SP_VERDICT_ALLOW ? 200 : sp_reason_status(verdict->reason);
    if (verdict->kind == SP_VERDICT_LOGIN &&
        sp_sign_in_may_begin(sp_request_kind(&question->request), verdict->reason)) {
        out->status = 302;
    }
    if (verdict->kind != SP_VERDICT_ALLOW || verdict->identity == NULL) {
        return;
    }
    out->answer.status = out->status;
    enum sp_error error =
        sp_allow_add_headers(question->config, &question->headers, verdict->identity, &out->answer);
    if (error != SP_OK) {
        refuse(out, SP_REASON_USER_NOT_REPRESENTABLE);
        sp_diag_set(&out->why, error, "%s",
                    error == SP_ERR_MISSING ? "only some of the groups are known, and each needs a header"
                                            : "the headers do not fit into a response");
    }
}

/* Decides in the order of gate/gate.h, starting with the method. */
static void decide(struct question *question, struct outcome *out)
{
    const struct sp_config *config = question->config;
    enum sp_reason by_origin =
        sp_request_check_origin(&question->request.origin, &question->snapshot->origins);
    out->verdict = (struct sp_verdict){.kind = SP_VERDICT_DENY};
    out->asked_rules = false;
    out->status = 0;
    out->why.text[0] = '\0';
    sp_answer_init(&out->answer);
    if (!sp_head_is_method(question->request.method)) {
        refuse(out, SP_REASON_MALFORMED_REQUEST);
        sp_diag_set(&out->why, SP_ERR_FORMAT,
                    "\"%s\" is not a method that serve accepts: use A-Z, - and _, at most %d characters",
                    SP_QUOTE(question->request.method), SP_METHOD_MAX);
    } else if (by_origin != SP_REASON_NONE) {
        refuse(out, by_origin);
    } else if (sp_config_owns_path(config, question->request.target.path)) {
        answer_page(question, out);
    } else if (sp_config_is_kubeconfig_host(config, &question->request.origin.host)) {
        refuse(out, SP_REASON_NO_SUCH_PAGE);
        sp_diag_set(&out->why, SP_ERR_CONFIG,
                    "at the host of kubeconfig.origin there is nothing but the pages below %s",
                    config->prefix);
    } else {
        out->asked_rules = true;
        out->verdict =
            sp_policy_decide(question->policy, &question->request, question->rbac, identify, question);
        answer_verdict(question, out);
    }
}

/* ---- RBAC objects ----------------------------------------------------------------------------------- */

/* Reads the bindings of a folder, if a rule needs them. False, after a message, on a fault. */
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

/* Reads the current bindings from the cluster. False, after a message, on a failure. */
static bool list_rbac(struct question *question, struct sp_loading *loading)
{
    const char *kubeconfig = question->config->kubernetes_kubeconfig;
    const struct sp_api_source source = sp_api_source_of(kubeconfig);
    struct sp_rbac_settings settings = sp_config_rbac_settings(question->config);
    struct sp_api_access *access = NULL;
    struct sp_diag diag = {.text = "a thread cannot be started"};
    if (sp_api_access_read(&source, NULL, sp_clock_now_s(), &loading->reports, &access) != SP_OK) {
        (void)sp_setup_print_reports(loading, SP_ERR_CONFIG);
    } else if (sp_log_start(SP_LOG_ERROR, SP_LOG_JSON) != 0 || /* what the watch would log is printed below */
               sp_rbac_list(access, &settings, SP_RBAC_LIST_MAX_MS, &diag, &question->rbac) != SP_OK) {
        SP_BUF_SCOPED struct sp_buf text;
        sp_buf_init(&text, ANSWER_MAX);
        sp_buf_printf(&text, "rbac_source is cluster, but %s returns no bindings to %s %s: %s",
                      access->server,
                      kubeconfig != NULL ? "the account of kubernetes_kubeconfig" : "the account in",
                      kubeconfig != NULL ? kubeconfig : source.folder, diag.text);
        sp_setup_print_error(sp_buf_c_str(&text));
    }
    sp_api_access_unref(access);
    if (question->rbac == NULL) {
        fputs(OWN_FILES, stderr);
    }
    return question->rbac != NULL;
}

/* ---- the result ------------------------------------------------------------------------------------ */

/* Notes the headers of claims that the document of `me` does not contain. */
static void note_unknown_headers(const struct question *question, const struct sp_header_set *set,
                                 json_t *notes)
{
    for (size_t i = 0; i < set->rules_n; i++) {
        const char *claim = set->rules[i].claim;
        if (!sp_headers_is_word(sp_str_from_c(claim)) && !sp_explain_who_knows(&question->who, claim)) {
            json_array_append_new(notes, json_sprintf("the document lacks %s, which the header %s carries",
                                                      claim, set->rules[i].name));
        }
    }
}

static json_t *describe_headers(const struct outcome *outcome)
{
    json_t *headers = json_array();
    bool is_allowed = outcome->verdict.kind == SP_VERDICT_ALLOW;
    for (size_t i = 0; i < outcome->answer.fields_n && is_allowed; i++) {
        const struct sp_answer_field *field = &outcome->answer.fields[i];
        json_array_append_new(
            headers, json_pack("{s:s, s:o}", "name", field->name, "value", sp_explain_text(field->value)));
    }
    return headers;
}

/* Notes what a binding adds, if one applies. Whether the request has the binding's key, and which page sends
 * it, is unknown here. */
static void note_binding(const struct question *question, json_t *notes)
{
    const struct sp_config *config = question->config;
    const struct sp_header_choice *headers = &question->headers;
    if (!headers->carries_account && !headers->carries_user) {
        return;
    }
    const struct sp_binding *binding =
        sp_bindings_find(config->credentials, config->credentials_n,
                         headers->carries_account ? SP_HEADER_CREDENTIAL_ACCOUNT : SP_HEADER_CREDENTIAL_USER,
                         &question->request);
    if (binding == NULL) {
        json_array_append_new(
            notes, json_string(
                       "no binding of credentials applies to this host and path: there is no Authorization"));
        return;
    }
    enum sp_misuse misuse =
        binding->sessions ? sp_session_guard_judge_path(binding, &question->request) : SP_MISUSE_NONE;
    const char *by_session =
        !binding->sessions                ? "; sessions are ignored there"
        : misuse == SP_MISUSE_SUBRESOURCE ? "; with a session it is 403 subresource_denied"
        : misuse == SP_MISUSE_WINDOW ? "; with a session it is 403 cross_site, unless a script fetches it"
                                     : "";
    json_array_append_new(notes,
                          json_sprintf("binding %d of credentials applies, which adds Authorization%s%s",
                                       (int)(binding - config->credentials) + 1,
                                       binding->unsafe_without_proxy_key
                                           ? ", in every middleware chain: it needs no proxy key"
                                           : " if the middleware chain sets its proxy key",
                                       by_session));
}

/* Everything else that a reader of the result has to know. */
static json_t *describe_notes(const struct question *question, const struct outcome *outcome)
{
    json_t *notes = json_array();
    if (outcome->why.text[0] != '\0') {
        json_array_append_new(notes, json_string(outcome->why.text));
    }
    if (outcome->verdict.kind == SP_VERDICT_ALLOW && outcome->verdict.identity != NULL) {
        for (size_t i = 0; i < question->config->header_sets_n; i++) {
            if ((question->headers.places >> i & 1) != 0) {
                note_unknown_headers(question, &question->config->header_sets[i], notes);
            }
        }
    }
    if (sp_policy_asks_client(question->policy) && !sp_request_client(&question->request).is_known) {
        json_array_append_new(notes, json_string("the client's address is unknown (--client): deny rules "
                                                 "with client_ip hold, other rules with it do not"));
    }
    note_binding(question, notes);
    for (size_t i = 0; i < question->who.notes_n; i++) {
        json_array_append_new(notes, json_string(question->who.notes[i]));
    }
    return notes;
}

static json_t *describe(struct question *question, const struct outcome *outcome)
{
    const struct sp_verdict *verdict = &outcome->verdict;
    const struct sp_identity *identity = question->who.who.identity;
    const struct sp_explain_case asked = {question->policy, &question->request, &question->who,
                                          question->rbac};
    bool has_reason = verdict->reason != SP_REASON_NONE;
    json_t *out = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "verdict", sp_verdict_name(verdict->kind),
                            "status", outcome->status > 0 ? json_integer(outcome->status) : json_null(),
                            "reason", has_reason ? json_string(sp_reason_name(verdict->reason)) : json_null(),
                            "rule", verdict->rule > 0 ? json_integer((json_int_t)verdict->rule) : json_null(),
                            "url", sp_explain_text(sp_str_from_c(question->url)), "policy",
                            question->policy->name, "header_set", question->headers_name);
    json_object_set_new(out, "method", sp_explain_text(question->request.method));
    json_object_set_new(out, "user", identity != NULL ? sp_explain_text(identity->user) : json_null());

    /* A login is the result of all rules, up to the first that holds for an unknown user. */
    size_t decided = verdict->kind == SP_VERDICT_LOGIN ? 0 : verdict->rule;
    json_object_set_new(out, "rules",
                        outcome->asked_rules ? sp_explain_rules_describe(&asked, decided) : json_array());
    json_object_set_new(out, "headers", describe_headers(outcome));
    json_object_set_new(out, "notes", describe_notes(question, outcome));
    return out;
}

/* ---- the command ----------------------------------------------------------------------------------- */

#define USAGE                                                                                                \
    "sallyport explain --url URL [--method M] [--policy P] [--headers SETS] [--client IP] [--websocket]\n"   \
    "         [--user U [--email E] [--group G]... [--claim NAME=VALUE]... | --token FILE | --me FILE]\n"    \
    "         [--rbac FOLDER] [--config FILE] [--json]"

static int answer(struct question *question, struct sp_loading *loading)
{
    static struct outcome outcome;
    decide(question, &outcome);
    /* A rule needs data that has not been read yet. */
    if (outcome.verdict.reason == SP_REASON_RBAC_UNAVAILABLE) {
        if (!list_rbac(question, loading)) {
            return 2;
        }
        decide(question, &outcome);
    }
    const struct sp_verdict *verdict = &outcome.verdict;
    SP_JSON_SCOPED json_t *described = describe(question, &outcome);
    bool is_certain = !sp_explain_rules_have_unknown(json_object_get(described, "rules"));
    json_object_set_new(described, "certain", json_boolean(is_certain));
    if (!is_certain) {
        json_t *note = json_string("the verdict may differ: something that a rule needs is unknown");
        json_array_append_new(json_object_get(described, "notes"), note);
    }
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, ANSWER_MAX);
    if (question->wants_json) {
        if (json_dumpf(described, stdout, JSON_INDENT(2)) != 0) {
            sp_setup_print_error("the result could not be written as JSON");
            return 2;
        }
        putchar('\n');
    } else {
        sp_explain_print(described, verdict, &question->who.who, &text);
        if (sp_buf_error(&text) != SP_OK) {
            sp_setup_print_error("the result is too long as text: use --json");
            return 2;
        }
        fprintf(stdout, "%.*s", SP_STR_ARGS(sp_buf_str(&text)));
    }
    if (!sp_setup_end_output()) {
        return 2;
    }
    return verdict->kind == SP_VERDICT_ALLOW && is_certain ? 0 : 1;
}

/* Takes ownership of the configuration. The snapshot gets a new key, which seals cookies only to determine
 * their size. */
static enum sp_error make_snapshot(struct question *question, struct sp_config *config, struct sp_diag *diag)
{
    struct sp_keyring *keys = NULL;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_KEYRING_TEXT_MAX);
    int64_t now_s = sp_clock_now_s();
    enum sp_error error =
        sp_keyring_generate_line(NULL, now_s, SP_KEY_FROM_ALWAYS_S, &sp_random_system, &text);
    if (error == SP_OK) {
        error = sp_keyring_parse(sp_buf_str(&text), now_s, diag, &keys);
    }
    if (error != SP_OK) {
        sp_config_free(config);
        return sp_diag_set(diag, error, "a key cannot be made: %s", sp_error_text(error));
    }
    error = sp_snapshot_new(config, &(struct sp_snapshot_files){.keys = keys}, diag, &question->snapshot);
    question->config = error == SP_OK ? config : NULL;
    return error;
}

static int explain(struct question *question)
{
    struct sp_loading loading;
    struct sp_config *config = NULL;
    struct sp_diag diag = {0};
    int status = 2;
    enum sp_error error = sp_loading_read_config(&loading, sp_setup_path(question->config_path), &config);
    if (error != SP_OK) {
        (void)sp_setup_print_reports(&loading, error);
    } else if (make_snapshot(question, config, &diag) != SP_OK || read_question(question, &diag) != SP_OK) {
        sp_setup_print_error(diag.text);
    } else if (read_rbac(question, &loading)) {
        status = answer(question, &loading);
    }
    sp_rbac_index_unref(question->rbac);
    sp_explain_who_done(&question->who);
    sp_snapshot_unref(question->snapshot);
    sp_loading_done(&loading);
    return status;
}

int sp_command_explain(int argc, char **argv)
{
    static struct question question = {.method = "GET", .policy_name = "default", .headers_name = "identity"};
    struct sp_explain_told *told = &question.told;
    const struct sp_option options[] = {
        {.name = "url", .value = &question.url, .help = "URL of the request, as the browser sends it"},
        {.name = "method", .value = &question.method, .help = "M of the request; if not given, GET"},
        {.name = "policy",
         .value = &question.policy_name,
         .help = "P in the address of the middleware; if not given, default"},
        {.name = "headers",
         .value = &question.headers_name,
         .help = "SETS in the address of the middleware, joined by commas; if not given, identity"},
        {.name = "client",
         .value = &question.client,
         .help = "IP address of the client, or a whole X-Forwarded-For"},
        {.name = "rbac",
         .value = &question.rbac_folder,
         .help = "FOLDER of ClusterRoles and ClusterRoleBindings, instead of rbac_source"},
        {.name = "websocket",
         .given = &question.is_websocket,
         .help = "the request is a WebSocket handshake"},
        {.name = "user", .value = &told->user, .help = "U name of the user, with username_prefix"},
        {.name = "email", .value = &told->email, .help = "E address, if it is not the name"},
        {.name = "group", .values = &told->groups, .help = "G with groups_prefix; repeat for each group"},
        {.name = "claim",
         .values = &told->claims,
         .help = "NAME=VALUE that a rule or header set uses; repeat for each value"},
        {.name = "token",
         .value = &told->token,
         .help = "FILE with an ID token, whose signature is not checked"},
        {.name = "me", .value = &told->me, .help = "FILE with the document of the page me"},
        {.name = "config", .value = &question.config_path, .help = SP_SETUP_CONFIG_HELP},
        {.name = "json", .given = &question.wants_json, .help = "prints one JSON object"},
        {.name = NULL},
    };
    static const struct sp_usage usage = {
        .line = USAGE,
        .summary = "Shows what the configuration decides about one request of one user: every rule, what "
                   "keeps it\nfrom holding, and the headers that the application would get. Without --user, "
                   "--token and --me\nnobody is signed in.",
        .statuses = {"it is allowed", "it is not, or something that a rule needs is unknown",
                     "there is no result: wrong usage, or an input cannot be read"},
    };
    int read = sp_options_read(argc, argv, options, &usage, 0, NULL);
    if (read != SP_OPTIONS_READ) {
        return read;
    }
    if (question.url == NULL) {
        fputs("sallyport: --url is missing\nusage: " USAGE "\n", stderr);
        return 2;
    }
    return explain(&question);
}
