/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kubeconfig_text.h"

#include "base/quote.h"
#include "http/percent.h"

#define PLUGIN "kubectl-oidc_login"
#define SCOPES "email,groups,profile,offline_access"
#define INSTALL_HINT                                                                                         \
    PLUGIN " is missing: install kubelogin, 1.31 or newer, by one of: brew install kubelogin, kubectl krew " \
           "install oidc-login, choco install kubelogin"

/* ---- names ------------------------------------------------------------------------------------------ */

bool sp_kube_is_label(struct sp_str text)
{
    bool is_label = text.len > 0 && text.len <= SP_KUBE_LABEL_MAX;
    for (size_t i = 0; i < text.len && is_label; i++) {
        char c = text.ptr[i];
        bool is_inner = i > 0 && i + 1 < text.len;
        is_label = (c >= 'a' && c <= 'z') || sp_ascii_is_digit(c) || (is_inner && c == '-');
    }
    return is_label;
}

/* True for a name that Windows treats as a device, whatever its extension. */
static bool is_device(struct sp_str text)
{
    static const char *const names[] = {"con", "prn", "aux", "nul"};
    bool is_device = text.len == 4 && sp_ascii_is_digit(text.ptr[3]) &&
                     (sp_str_starts_with(text, SP_STR("com")) || sp_str_starts_with(text, SP_STR("lpt")));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        is_device = is_device || sp_str_equal(text, sp_str_from_c(names[i]));
    }
    return is_device;
}

bool sp_kube_is_cluster_name(struct sp_str text)
{
    return sp_kube_is_label(text) && !sp_str_equal(text, SP_STR(SP_KUBECONFIG_ALL)) && !is_device(text);
}

bool sp_kube_cluster_shares_login(const struct sp_kube_cluster *a, const struct sp_kube_cluster *b)
{
    return strcmp(a->client_id, b->client_id) == 0 && strcmp(a->issuer, b->issuer) == 0;
}

/* ---- the file --------------------------------------------------------------------------------------- */

static void append_member(const char *key, struct sp_str value, struct sp_buf *out)
{
    sp_buf_append_c(out, key);
    sp_quote_append_json(value, out);
    sp_buf_append_char(out, '\n');
}

/*
 * `CLIENT@ISSUER`, which is unique to this login: an `@` in the client is percent-encoded, and no issuer has
 * a `#`. It is the same in every file with this login, so that merging files finds the existing entry.
 */
static void append_user_name(struct sp_str client_id, struct sp_str issuer, const char *suffix,
                             struct sp_buf *out)
{
    SP_BUF_SCOPED struct sp_buf name;
    sp_buf_init(&name, SP_KUBECONFIG_TEXT_MAX);
    for (size_t i = 0; i < client_id.len; i++) {
        char c = client_id.ptr[i];
        if (c == '@' || c == '%') {
            sp_percent_append_byte(c, &name);
        } else {
            sp_buf_append_char(&name, c);
        }
    }
    struct sp_str https = SP_STR("https://");
    sp_buf_append_char(&name, '@');
    sp_buf_append(&name, sp_str_starts_with(issuer, https) ? sp_str_skip(issuer, https.len) : issuer);
    sp_buf_append_c(&name, suffix);
    out->failed = out->failed || name.failed;
    sp_quote_append_json(sp_buf_str(&name), out);
    sp_buf_append_char(out, '\n');
}

static void append_user_name_of(const struct sp_kube_cluster *cluster,
                                const struct sp_kubeconfig_token *token, struct sp_buf *out)
{
    if (token != NULL) {
        append_user_name(token->client_id, token->issuer, "#token", out);
    } else {
        append_user_name(sp_str_from_c(cluster->client_id), sp_str_from_c(cluster->issuer), "", out);
    }
}

static void append_context_name(const char *key, const struct sp_kube_cluster *cluster,
                                const struct sp_kubeconfig_token *token, struct sp_buf *out)
{
    SP_BUF_ON_STACK(name, SP_KUBE_LABEL_MAX + sizeof "@token" - 1);
    sp_buf_append_c(&name, cluster->name);
    sp_buf_append_c(&name, token != NULL ? "@token" : "");
    append_member(key, sp_buf_str(&name), out);
}

static void append_cluster(const struct sp_kube_cluster *cluster, struct sp_buf *out)
{
    append_member("- name: ", sp_str_from_c(cluster->name), out);
    append_member("  cluster:\n    server: ", sp_str_from_c(cluster->server), out);
    if (cluster->ca_data != NULL) {
        append_member("    certificate-authority-data: ", sp_str_from_c(cluster->ca_data), out);
    }
}

static void append_context(const struct sp_kube_cluster *cluster, const struct sp_kubeconfig_token *token,
                           struct sp_buf *out)
{
    append_context_name("- name: ", cluster, token, out);
    append_member("  context:\n    cluster: ", sp_str_from_c(cluster->name), out);
    sp_buf_append_c(out, "    user: ");
    append_user_name_of(cluster, token, out);
    if (cluster->namespace != NULL) {
        append_member("    namespace: ", sp_str_from_c(cluster->namespace), out);
    }
}

static void append_argument(const char *option, const char *value, struct sp_buf *out)
{
    SP_BUF_SCOPED struct sp_buf argument;
    sp_buf_init(&argument, SP_KUBECONFIG_TEXT_MAX);
    sp_buf_append_c(&argument, option);
    sp_buf_append_c(&argument, value);
    out->failed = out->failed || argument.failed;
    append_member("      - ", sp_buf_str(&argument), out);
}

static void append_plugin(const struct sp_kube_cluster *cluster, struct sp_buf *out)
{
    sp_buf_append_c(out, "    exec:\n"
                         "      apiVersion: client.authentication.k8s.io/v1\n"
                         "      command: " PLUGIN "\n"
                         "      interactiveMode: IfAvailable\n"
                         "      provideClusterInfo: false\n"
                         "      installHint: \"" INSTALL_HINT "\"\n"
                         "      args:\n"
                         "      - get-token\n");
    append_argument("--oidc-issuer-url=", cluster->issuer, out);
    append_argument("--oidc-client-id=", cluster->client_id, out);
    append_argument("--oidc-extra-scope=", SCOPES, out);
    if (cluster->issuer_ca_data != NULL) {
        append_argument("--certificate-authority-data=", cluster->issuer_ca_data, out);
    }
}

static void append_user(const struct sp_kube_cluster *cluster, const struct sp_kubeconfig_token *token,
                        struct sp_buf *out)
{
    sp_buf_append_c(out, "- name: ");
    append_user_name_of(cluster, token, out);
    sp_buf_append_c(out, "  user:\n");
    if (token != NULL) {
        append_member("    token: ", token->id_token, out);
    } else {
        append_plugin(cluster, out);
    }
}

/* True if an earlier cluster has the same user. */
static bool has_user(const struct sp_kube_cluster *const *clusters, size_t at,
                     const struct sp_kubeconfig_token *token)
{
    bool has_user = at > 0 && token != NULL;
    for (size_t i = 0; i < at && !has_user; i++) {
        has_user = sp_kube_cluster_shares_login(clusters[i], clusters[at]);
    }
    return has_user;
}

void sp_kubeconfig_text_append(const struct sp_kube_cluster *const *clusters, size_t clusters_n,
                               const struct sp_kubeconfig_token *token, struct sp_buf *out)
{
    sp_buf_append_c(out, "apiVersion: v1\nkind: Config\nclusters:\n");
    for (size_t i = 0; i < clusters_n; i++) {
        append_cluster(clusters[i], out);
    }
    sp_buf_append_c(out, "contexts:\n");
    for (size_t i = 0; i < clusters_n; i++) {
        append_context(clusters[i], token, out);
    }
    append_context_name("current-context: ", clusters[0], token, out);
    sp_buf_append_c(out, "users:\n");
    for (size_t i = 0; i < clusters_n; i++) {
        if (!has_user(clusters, i, token)) {
            append_user(clusters[i], token, out);
        }
    }
}

bool sp_kubeconfig_text_fits(const struct sp_kube_cluster *clusters, size_t clusters_n,
                             struct sp_str client_id, struct sp_str issuer)
{
    const struct sp_kubeconfig_token token = {.client_id = client_id, .issuer = issuer};
    const struct sp_kube_cluster *all[SP_KUBE_CLUSTERS_MAX];
    for (size_t i = 0; i < clusters_n; i++) {
        all[i] = &clusters[i];
    }
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_KUBECONFIG_TEXT_MAX);
    sp_kubeconfig_text_append(all, clusters_n, NULL, &text);
    bool fits = sp_buf_error(&text) == SP_OK;
    sp_buf_clear(&text);
    sp_kubeconfig_text_append(all, clusters_n, &token, &text);
    return fits && sp_buf_error(&text) == SP_OK &&
           text.len <= SP_KUBECONFIG_TEXT_MAX - SP_KUBECONFIG_TOKEN_MAX;
}

/* ---- commands -------------------------------------------------------------------------------------- */

/* Appends both parts, with `name` in between. */
static void append_with_name(const char *before, struct sp_str name, const char *after, struct sp_buf *out)
{
    sp_buf_append_c(out, before);
    sp_buf_append(out, name);
    sp_buf_append_c(out, after);
}

void sp_kubeconfig_text_append_save(enum sp_shell shell, struct sp_str name, struct sp_str text,
                                    struct sp_buf *out)
{
    if (shell == SP_SHELL_POSIX) {
        append_with_name("mkdir -p \"$HOME/.kube/sallyport\" &&\n"
                         "  cat > \"$HOME/.kube/sallyport/",
                         name, ".yaml\" <<'END_OF_KUBECONFIG'\n", out);
        sp_buf_append(out, text);
        sp_buf_append_c(out, "END_OF_KUBECONFIG");
    } else {
        sp_buf_append_c(out, "New-Item -ItemType Directory -Force \"$HOME\\.kube\\sallyport\" | Out-Null\n"
                             "@'\n");
        sp_buf_append(out, text);
        append_with_name("'@ | Set-Content -Encoding ascii \"$HOME\\.kube\\sallyport\\", name, ".yaml\"",
                         out);
    }
}

/*
 * File names are relative, because the path of a home directory may contain the character that separates
 * them. kubectl ignores a missing file, so the command reads it first, and fails with its name. PowerShell
 * 5.1 would write UTF-16, and decodes a program's output with the console's code page; cmd passes the bytes
 * through.
 */
void sp_kubeconfig_text_append_merge(enum sp_shell shell, struct sp_str name, struct sp_buf *out)
{
    if (shell == SP_SHELL_POSIX) {
        append_with_name("(umask 077 && cd \"$HOME/.kube\" && cat sallyport/", name, ".yaml > /dev/null &&\n",
                         out);
        append_with_name("  KUBECONFIG=config:sallyport/", name,
                         ".yaml kubectl config view --flatten > config.merged &&\n"
                         "  mv config.merged config)",
                         out);
    } else {
        append_with_name("Push-Location \"$HOME\\.kube\"\n"
                         "$before = $env:KUBECONFIG\n"
                         "$env:KUBECONFIG = 'config;sallyport\\",
                         name, ".yaml'\n", out);
        append_with_name("cmd /c 'type sallyport\\", name,
                         ".yaml > nul && kubectl config view --flatten > config.merged'\n"
                         "if ($LASTEXITCODE -eq 0) { Move-Item -Force config.merged config }\n"
                         "$env:KUBECONFIG = $before\n"
                         "Pop-Location",
                         out);
    }
}

void sp_kubeconfig_text_append_use(enum sp_shell shell, struct sp_str name, struct sp_buf *out)
{
    if (shell == SP_SHELL_POSIX) {
        append_with_name("export KUBECONFIG=\"$HOME/Downloads/", name, ".token.yaml\"\n", out);
        sp_buf_append_c(out, "chmod 600 \"$KUBECONFIG\"");
    } else {
        append_with_name("$env:KUBECONFIG = \"$HOME\\Downloads\\", name, ".token.yaml\"", out);
    }
}

const char *sp_kubeconfig_text_install(enum sp_shell shell)
{
    return shell == SP_SHELL_POSIX ? "brew install kubelogin\nkubectl krew install oidc-login"
                                   : "choco install kubelogin\nkubectl krew install oidc-login";
}
