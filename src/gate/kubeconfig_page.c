/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/kubeconfig_page.h"

#include "base/quote.h"
#include "base/time.h"
#include "gate/cause.h"
#include "gate/html.h"
#include "gate/kept_session.h"
#include "gate/pages.h"
#include "gate/respond.h"
#include "gate/sign_in.h"
#include "jose/json.h"
#include "session/packed_token.h"

#define PAGE  "/kubeconfig"
#define YAML  ".yaml"
#define TOKEN ".token"

_Static_assert(SP_KUBECONFIG_TOKEN_MAX == SP_PACKED_TOKEN_TEXT_MAX, "a file holds what a session does");
_Static_assert(SP_KUBECONFIG_PAGE_MAX - SP_KUBECONFIG_PAGE_SAVES_MAX >
                   (SP_KUBE_CLUSTERS_MAX + 1) *
                       (6 * (SP_KUBE_SERVER_MAX + SP_KUBE_DESCRIPTION_MAX) + 8 * SP_KUBECONFIG_COMMAND_MAX),
               "the rest of the page has room beside what files are saved by");

/* ---- the request ----------------------------------------------------------------------------------- */

enum wanted_kind {
    WANTED_PAGE,
    WANTED_FILE,
    WANTED_FILE_WITH_TOKEN,
};

struct wanted {
    enum wanted_kind kind;
    struct sp_str name; /* of a file: the name of its cluster, or `all` */
};

static bool read_wanted(struct sp_str below, struct wanted *out)
{
    struct sp_str folder = SP_STR(PAGE "/");
    struct sp_str endings[] = {[WANTED_FILE] = SP_STR(YAML), [WANTED_FILE_WITH_TOKEN] = SP_STR(TOKEN YAML)};
    *out = (struct wanted){.kind = WANTED_PAGE};
    if (sp_str_equal(below, SP_STR(PAGE))) {
        return true;
    }
    if (!sp_str_starts_with(below, folder)) {
        return false;
    }
    struct sp_str file = sp_str_skip(below, folder.len);
    out->kind =
        sp_str_ends_with(file, endings[WANTED_FILE_WITH_TOKEN]) ? WANTED_FILE_WITH_TOKEN : WANTED_FILE;
    struct sp_str ending = endings[out->kind];
    if (!sp_str_ends_with(file, ending)) {
        return false;
    }
    out->name = (struct sp_str){file.ptr, file.len - ending.len};
    return sp_kube_is_label(out->name);
}

bool sp_kubeconfig_page_is_at(const struct sp_config *config, struct sp_str below)
{
    struct wanted wanted;
    return config->kubeconfig.clusters_n > 0 && read_wanted(below, &wanted);
}

/* ---- what the user may get ------------------------------------------------------------------------- */

struct clusters {
    const struct sp_kube_cluster *items[SP_KUBE_CLUSTERS_MAX];
    size_t n;
};

static bool is_for(const struct sp_kube_cluster *cluster, const struct sp_identity *identity)
{
    bool is_member = cluster->groups_n == 0;
    for (size_t i = 0; i < cluster->groups_n && !is_member; i++) {
        is_member = sp_identity_in_group(identity, sp_str_from_c(cluster->groups[i]));
    }
    return is_member;
}

static bool takes_token(const struct sp_transaction *t, const struct sp_kube_cluster *cluster)
{
    return strcmp(cluster->issuer, t->context->snapshot->config->issuer) == 0;
}

/* The clusters with this name, or all, that the user may have in this kind of file. */
static void find_clusters(const struct sp_transaction *t, const struct wanted *wanted, struct clusters *out)
{
    const struct sp_kubeconfig_settings *settings = &t->context->snapshot->config->kubeconfig;
    bool is_all = wanted->kind == WANTED_PAGE || sp_str_equal(wanted->name, SP_STR(SP_KUBECONFIG_ALL));
    out->n = 0;
    for (size_t i = 0; i < settings->clusters_n; i++) {
        const struct sp_kube_cluster *cluster = &settings->clusters[i];
        if ((is_all || sp_str_equal(wanted->name, sp_str_from_c(cluster->name))) &&
            (wanted->kind != WANTED_FILE_WITH_TOKEN || takes_token(t, cluster)) &&
            is_for(cluster, &t->identity)) {
            out->items[out->n++] = cluster;
        }
    }
}

/* Whether the ID token of the session can be given out, or why not. */
enum token_state {
    TOKEN_ELSEWHERE,   /* the request is for another host, or has no session */
    TOKEN_MISSING,     /* the token did not fit, or the session is older than the setting */
    TOKEN_SHORT_LIVED, /* every token from this issuer expires too soon */
    TOKEN_ENDING,      /* the token expires soon; a new sign-in gets a longer one */
    TOKEN_USABLE,
};

struct token {
    enum token_state state;
    int64_t ends_s; /* expiry of the token, if there is one */
};

static bool is_at_origin(const struct sp_transaction *t)
{
    return sp_origin_equal(&t->context->snapshot->config->kubeconfig.origin, &t->request.origin);
}

static struct token look_at_token(const struct sp_transaction *t)
{
    SP_JSON_SCOPED json_t *claims = NULL;
    double ends_s;
    if (!is_at_origin(t) || t->bearer != NULL) {
        return (struct token){.state = TOKEN_ELSEWHERE};
    }
    const struct sp_session *session = t->selection.session;
    struct sp_str text = sp_packed_token_claims(session->id_token_packed);
    if (text.len == 0 || sp_json_parse_object(text, text.len, "the ID token", &claims, NULL) != SP_OK ||
        sp_json_get_number(claims, "exp", &ends_s) != SP_OK) {
        return (struct token){.state = TOKEN_MISSING};
    }
    struct token token = {.state = TOKEN_USABLE, .ends_s = (int64_t)ends_s};
    if (token.ends_s - session->login_at_s < SP_KUBECONFIG_PAGE_LEFT_S) {
        token.state = TOKEN_SHORT_LIVED;
    } else if (token.ends_s - t->context->now_s < SP_KUBECONFIG_PAGE_LEFT_S) {
        token.state = TOKEN_ENDING;
    }
    return token;
}

/* ---- files ----------------------------------------------------------------------------------------- */

static void answer_file(struct sp_transaction *t, const struct wanted *wanted,
                        const struct clusters *clusters, const struct sp_kubeconfig_token *token)
{
    struct sp_buf *body = &t->answer.long_body;
    sp_buf_init(body, SP_KUBECONFIG_TEXT_MAX);
    sp_kubeconfig_text_append(clusters->items, clusters->n, token, body);
    sp_respond_begin(t, SP_VERDICT_PAGE, SP_REASON_NONE, 200);
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_buf_append_c(&t->answer.text, "attachment; filename=\"");
    sp_buf_append(&t->answer.text, wanted->name);
    sp_buf_append_c(&t->answer.text, token != NULL ? TOKEN YAML "\"" : YAML "\"");
    sp_answer_end_value(&t->answer, "Content-Disposition", begin);
    sp_answer_add(&t->answer, "Content-Type", SP_STR("application/yaml"));
    sp_answer_add(&t->answer, "Content-Security-Policy", SP_STR("default-src 'none'"));
    sp_answer_add(&t->answer, "Cross-Origin-Resource-Policy", SP_STR("same-origin"));
}

/* True if the request comes from a link on this page, a typed address, or a program. */
static bool is_asked_by_user(const struct sp_transaction *t)
{
    bool is_navigation = sp_transaction_request_kind(t) == SP_REQUEST_KIND_NAVIGATION;
    return !sp_request_kind_has_metadata(t->head) ||
           (is_navigation && sp_request_kind_is_from_own_site(t->head));
}

/* Redirects through the issuer to the page, where the new token is. The old session ends in this browser. */
static void sign_in_anew(struct sp_transaction *t, struct sp_str page)
{
    t->detail = SP_STR("The ID token of your session expires within five minutes.");
    if (sp_transaction_request_kind(t) != SP_REQUEST_KIND_NAVIGATION) {
        sp_respond_sign_in_needed(t, SP_REASON_SESSION_EXPIRED);
        return;
    }
    if (!sp_sign_in_has_issuer(t)) {
        return; /* the session is not ended */
    }
    sp_kept_session_delete(t);
    sp_sign_in_wished(t, page, SP_STR_NONE);
}

static void refuse_to_give(struct sp_transaction *t, const char *why)
{
    t->detail = sp_str_from_c(why);
    sp_pages_refuse(t, SP_REASON_NO_SUCH_PAGE);
}

#define SHORT_LIVED                                                                                          \
    "The issuer's ID tokens expire within five minutes of a sign-in, which is too soon for a file."
#define MISSING                                                                                              \
    "Your session holds no ID token: the cookie has no room for it and your groups, or this site did "       \
    "not offer such files when you signed in."

static void answer_token_file(struct sp_transaction *t, const struct wanted *wanted,
                              const struct clusters *clusters, struct sp_str page)
{
    struct token token = look_at_token(t);
    if (!is_asked_by_user(t)) {
        sp_cause_explain_page(t);
        sp_pages_refuse(t, SP_REASON_CROSS_SITE);
        return;
    }
    switch (token.state) {
    case TOKEN_ELSEWHERE:
        refuse_to_give(t, "This file is for browser sessions only.");
        return;
    case TOKEN_MISSING:
        refuse_to_give(t, MISSING);
        return;
    case TOKEN_SHORT_LIVED:
        refuse_to_give(t, SHORT_LIVED);
        return;
    case TOKEN_ENDING:
        sign_in_anew(t, page);
        return;
    case TOKEN_USABLE:
        break;
    }
    char storage[SP_PACKED_TOKEN_TEXT_MAX];
    SP_BUF_SCOPED struct sp_buf text = SP_BUF_ON(storage);
    if (sp_packed_token_decode(t->selection.session->id_token_packed, &text) != SP_OK) {
        refuse_to_give(t, MISSING);
        return;
    }
    const struct sp_config *config = t->context->snapshot->config;
    const struct sp_kubeconfig_token given = {
        .id_token = sp_buf_str(&text),
        .client_id = sp_str_from_c(config->client_id),
        .issuer = sp_str_from_c(config->issuer),
    };
    answer_file(t, wanted, clusters, &given);
}

/* ---- the page -------------------------------------------------------------------------------------- */

/* The subject of a section of the page: one cluster, or all. */
struct section {
    struct sp_str name;
    const struct clusters *clusters;
    bool has_token; /* there is also a file with a token */
    bool is_open;
};

static void append_command(const char *label, struct sp_str command, struct sp_buf *out)
{
    sp_buf_printf(out, "<p>%s</p>", label);
    sp_html_append_code(command, out);
}

static const char *const folders[] = {
    [SP_SHELL_POSIX] = ".kube/sallyport/",
    [SP_SHELL_POWERSHELL] = ".kube\\sallyport\\",
};

/* Appends a command that contains the file and saves it, unless the file is too long. */
static void append_save(const struct section *section, enum sp_shell shell, struct sp_buf *out)
{
    SP_BUF_ON_STACK(text, SP_KUBECONFIG_PAGE_SAVED_MAX);
    SP_BUF_ON_STACK(command, SP_KUBECONFIG_PAGE_SAVED_MAX + SP_KUBECONFIG_COMMAND_MAX);
    size_t begin = out->len;
    sp_kubeconfig_text_append(section->clusters->items, section->clusters->n, NULL, &text);
    if (sp_buf_error(&text) == SP_OK) {
        sp_kubeconfig_text_append_save(shell, section->name, sp_buf_str(&text), &command);
        append_command("Save the file without downloading it:", sp_buf_str(&command), out);
        sp_buf_append_c(out, "<p>Or move the downloaded file to <code>");
    }
    if (out->len == begin || out->len > SP_KUBECONFIG_PAGE_SAVES_MAX) {
        out->len = begin;
        sp_buf_append_c(out, "<p>Move the downloaded file to <code>");
    }
    sp_buf_append_c(out, folders[shell]);
    sp_buf_append(out, section->name);
    sp_buf_append_c(out, YAML "</code> in your home folder.</p>");
}

static void append_commands(const struct section *section, enum sp_shell shell, struct sp_buf *out)
{
    static const char *const names[] = {
        [SP_SHELL_POSIX] = "Linux and macOS",
        [SP_SHELL_POWERSHELL] = "Windows (PowerShell)",
    };
    SP_BUF_ON_STACK(command, SP_KUBECONFIG_COMMAND_MAX);
    sp_buf_printf(out, "<details%s><summary>Commands for %s</summary>",
                  section->is_open && shell == SP_SHELL_POSIX ? " open" : "", names[shell]);
    append_save(section, shell, out);
    sp_kubeconfig_text_append_merge(shell, section->name, &command);
    append_command(
        "Merge it into your configuration. Existing entries stay as they are:", sp_buf_str(&command), out);
    sp_buf_clear(&command);
    sp_buf_printf(&command, "kubectl --context %s auth whoami", section->clusters->items[0]->name);
    append_command("Then try it. The first time, your browser opens for the sign-in:", sp_buf_str(&command),
                   out);
    if (section->has_token) {
        sp_buf_clear(&command);
        sp_kubeconfig_text_append_use(shell, section->name, &command);
        append_command("Use the downloaded file with a token, in this terminal only:", sp_buf_str(&command),
                       out);
    }
    sp_buf_append_c(out, "</details>");
}

static void append_link(const struct sp_transaction *t, const char *attributes, struct sp_str name,
                        const char *ending, struct sp_buf *out)
{
    sp_buf_printf(out, "<p><a%s href=\"", attributes);
    sp_respond_append_own_url(t, PAGE "/", out);
    sp_buf_printf(out, "%.*s%s\">Download %.*s%s</a></p>", SP_STR_ARGS(name), ending, SP_STR_ARGS(name),
                  ending);
}

static void append_files(const struct sp_transaction *t, const struct section *section, struct sp_buf *out)
{
    append_link(t, " class=\"b\"", section->name, YAML, out);
    if (section->has_token) {
        append_link(t, "", section->name, TOKEN YAML, out);
    }
    append_commands(section, SP_SHELL_POSIX, out);
    append_commands(section, SP_SHELL_POWERSHELL, out);
}

static void append_cluster(const struct sp_transaction *t, const struct sp_kube_cluster *cluster,
                           bool has_token, bool is_open, struct sp_buf *out)
{
    const struct clusters alone = {.items = {cluster}, .n = 1};
    const struct section section = {
        .name = sp_str_from_c(cluster->name),
        .clusters = &alone,
        .has_token = has_token && takes_token(t, cluster),
        .is_open = is_open,
    };
    sp_buf_printf(out, "<h2>%s</h2>", cluster->name);
    if (cluster->description != NULL) {
        sp_buf_append_c(out, "<p>");
        sp_html_append_name(sp_str_from_c(cluster->description), out);
        sp_buf_append_c(out, "</p>");
    }
    sp_buf_append_c(out, "<p><code>");
    sp_quote_append_html(sp_str_from_c(cluster->server), out);
    sp_buf_append_c(out, "</code></p>");
    append_files(t, &section, out);
}

/* What the page states about files with a token; at other hosts, where to get them. */
static void append_token_notice(const struct sp_transaction *t, const struct token *token, struct sp_buf *out)
{
    char until[SP_TIME_TEXT_LEN + 1];
    const struct sp_config *config = t->context->snapshot->config;
    if (config->kubeconfig.origin.scheme == SP_SCHEME_NONE || t->bearer != NULL) {
        return;
    }
    sp_buf_append_c(out, "<h2>Without the plugin</h2><p>");
    switch (token->state) {
    case TOKEN_ELSEWHERE:
        sp_buf_append_c(
            out, "On machines where the plugin cannot be installed, use a file with a token from <a href=\"");
        sp_origin_append(&config->kubeconfig.origin, out);
        sp_buf_printf(out, "%s" PAGE "\">", config->prefix);
        sp_origin_append(&config->kubeconfig.origin, out);
        sp_buf_append_c(out, "</a>.");
        break;
    case TOKEN_MISSING:
        sp_buf_append_c(out, "No file with a token is available to you. " MISSING " <a href=\"");
        sp_respond_append_own_url(t, "/logout", out);
        sp_buf_append_c(out, "\">Sign out</a> and sign in again to find out which.");
        break;
    case TOKEN_SHORT_LIVED:
        sp_buf_append_c(out, "No file with a token is available. " SHORT_LIVED);
        break;
    case TOKEN_ENDING:
    case TOKEN_USABLE:
        sp_buf_append_c(out,
                        "On machines where the plugin cannot be installed, use a file with a token. Anyone "
                        "who has such a file can act as you until its token expires: ");
        if (token->state == TOKEN_ENDING) {
            sp_buf_append_c(out, "within five minutes, so a download starts with a new sign-in.");
        } else {
            sp_buf_append(out, sp_html_format_time(token->ends_s, until));
            sp_buf_append_c(out, ". Download a new file then.");
        }
        break;
    }
    sp_buf_append_c(out, "</p>");
}

static void append_plugin(struct sp_buf *out)
{
    sp_buf_append_c(out,
                    "<p>With these files, kubectl signs you in at the identity provider. It uses the plugin "
                    "kubelogin, which opens your browser.</p>"
                    "<details><summary>Install the plugin with one of these commands</summary>");
    append_command("Linux and macOS:", sp_str_from_c(sp_kubeconfig_text_install(SP_SHELL_POSIX)), out);
    append_command("Windows:", sp_str_from_c(sp_kubeconfig_text_install(SP_SHELL_POWERSHELL)), out);
    sp_buf_append_c(out, "</details>");
}

static void answer_page(struct sp_transaction *t, const struct clusters *clusters)
{
    const struct sp_config *config = t->context->snapshot->config;
    struct token token = look_at_token(t);
    bool has_token = token.state == TOKEN_ENDING || token.state == TOKEN_USABLE;
    struct sp_buf *out = &t->answer.long_body;
    sp_respond_begin(t, SP_VERDICT_PAGE, SP_REASON_NONE, 200);
    sp_respond_add_page_fields(t);
    sp_answer_add(&t->answer, "Cross-Origin-Opener-Policy", SP_STR("same-origin"));
    sp_answer_add(&t->answer, "Cross-Origin-Resource-Policy", SP_STR("same-origin"));
    sp_buf_init(out, SP_KUBECONFIG_PAGE_MAX);
    sp_html_append_head(config, "Your clusters", out);
    sp_buf_append_c(out, "<dl><dt>Signed in as</dt><dd>");
    sp_html_append_name(t->user, out);
    sp_buf_append_c(out, "</dd></dl>");
    if (clusters->n == 0) {
        sp_buf_append_c(out, "<p>You do not have access to any cluster. Ask the operator of this site.</p>");
    } else {
        append_plugin(out);
        append_token_notice(t, &token, out);
    }
    if (clusters->n > 1) {
        struct clusters with_token;
        find_clusters(t, &(struct wanted){WANTED_FILE_WITH_TOKEN, SP_STR(SP_KUBECONFIG_ALL)}, &with_token);
        const struct section all = {
            .name = SP_STR(SP_KUBECONFIG_ALL),
            .clusters = clusters,
            .has_token = has_token && with_token.n > 0,
            .is_open = true,
        };
        sp_buf_printf(out, "<h2>All %zu in one file</h2>", clusters->n);
        append_files(t, &all, out);
    }
    for (size_t i = 0; i < clusters->n; i++) {
        append_cluster(t, clusters->items[i], has_token, clusters->n == 1, out);
    }
    sp_html_append_foot(config, sp_str_from_c(t->request_id), SP_REASON_NONE, out);
}

/* ---- answers --------------------------------------------------------------------------------------- */

/* There is no user, or one without a name. A sign-in returns here, but never to a file with a token: after
 * the issuer's redirect, the request for it would come from another site. */
static void refuse_nobody(struct sp_transaction *t, const struct wanted *wanted, struct sp_str page)
{
    bool is_known = t->bearer != NULL || t->selection.kind == SP_SELECTION_VALID;
    if (t->who.may_sign_in) {
        sp_cause_note_session(t, t->who.reason);
        t->return_target = wanted->kind == WANTED_FILE_WITH_TOKEN ? page : SP_STR_NONE;
        sp_sign_in_answer(t, t->who.reason);
        t->return_target = SP_STR_NONE;
        return;
    }
    if (is_known) { /* for a refused token, the detail is already set */
        sp_cause_explain_name(t, t->identity.profile, t->who.reason);
    }
    sp_respond_refusal(t, t->who.reason);
}

void sp_kubeconfig_page(struct sp_transaction *t)
{
    const struct sp_config *config = t->context->snapshot->config;
    SP_BUF_ON_STACK(page, SP_TARGET_MAX);
    struct wanted wanted;
    struct clusters clusters;
    sp_buf_append_c(&page, config->prefix);
    sp_buf_append_c(&page, PAGE);
    (void)read_wanted(sp_str_skip(t->request.target.path, strlen(config->prefix)), &wanted);
    if (wanted.kind == WANTED_FILE_WITH_TOKEN && !is_at_origin(t)) {
        sp_cause_explain_page(t);
        sp_pages_refuse(t, SP_REASON_NO_SUCH_PAGE);
        return;
    }
    struct sp_who who = sp_transaction_identify(t);
    if (t->continuation != NULL) {
        return;
    }
    if (who.identity == NULL) {
        refuse_nobody(t, &wanted, sp_buf_str(&page));
        return;
    }
    t->user = t->identity.user;
    find_clusters(t, &wanted, &clusters);
    if (wanted.kind == WANTED_PAGE) {
        answer_page(t, &clusters);
    } else if (clusters.n == 0) {
        sp_cause_explain_page(t);
        sp_pages_refuse(t, SP_REASON_NO_SUCH_PAGE);
    } else if (wanted.kind == WANTED_FILE) {
        answer_file(t, &wanted, &clusters, NULL);
    } else {
        answer_token_file(t, &wanted, &clusters, sp_buf_str(&page));
    }
}
