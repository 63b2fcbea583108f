/* SPDX-License-Identifier: Apache-2.0 */
#include "config/kubeconfig_section.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "base/wording.h"
#include "config/groups.h"
#include "config/issuer_settings.h"
#include "http/url.h"
#include "oidc/issuer_metadata.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define SUBJECT     "kubeconfig"
#define SUBJECT_MAX 96 /* bytes with the NUL: "kubeconfig, cluster NAME" */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- types ------------------------------------------------------------------------------------------ */

static enum sp_error check_name(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (!sp_kube_is_label(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a name: 1 to %d lower-case letters, digits and inner hyphens",
                           SP_QUOTE(text), SP_KUBE_LABEL_MAX);
    }
    if (!sp_kube_is_cluster_name(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" cannot be the name of a file NAME.yaml: %s",
                           SP_QUOTE(text),
                           sp_str_equal(text, SP_STR(SP_KUBECONFIG_ALL)) ? "it is the file of all clusters"
                                                                         : "on Windows it is a device");
    }
    return SP_OK;
}

static enum sp_error check_namespace(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    return sp_kube_is_label(text)
               ? SP_OK
               : sp_diag_set(
                     diag, SP_ERR_FORMAT,
                     "\"%s\" is not a namespace: 1 to %d lower-case letters, digits and inner hyphens",
                     SP_QUOTE(text), SP_KUBE_LABEL_MAX);
}

static enum sp_error check_server(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    struct sp_url url;
    if (text.len > SP_KUBE_SERVER_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %d bytes", SP_KUBE_SERVER_MAX);
    }
    if (!sp_url_parse(text, &url) || url.origin.scheme != SP_SCHEME_HTTPS || url.target.query.ptr != NULL ||
        url.target.marks != 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not like https://kube.example.com or https://example.com:6443/kube: "
                           "https, a host and a plain path, and nothing else",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_ca_data(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    SP_BUF_SCOPED struct sp_buf pem;
    sp_buf_init(&pem, SP_KUBE_CA_MAX);
    enum sp_error error = sp_base64_decode(text, &pem);
    if (error == SP_ERR_LIMIT) {
        return sp_diag_set(diag, error, "is longer than %d bytes of PEM: give the CA certificate alone",
                           SP_KUBE_CA_MAX);
    }
    if (error != SP_OK || !sp_str_starts_with(sp_str_trim(sp_buf_str(&pem)), SP_STR("-----BEGIN "))) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "is not the base64 of a certificate in PEM, like certificate-authority-data in a "
                           "kubeconfig; for a file in PEM use ca_file");
    }
    return SP_OK;
}

/* The description is displayed to people, and an invisible character could reverse the text around it. */
static enum sp_error check_description(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len > SP_KUBE_DESCRIPTION_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %d bytes", SP_KUBE_DESCRIPTION_MAX);
    }
    struct sp_str rest = text;
    while (rest.len > 0) {
        size_t len = sp_utf8_sequence_len(rest);
        if (len == 0 || sp_utf8_is_unseen(sp_utf8_code_point((struct sp_str){rest.ptr, len}))) {
            return sp_diag_set(diag, SP_ERR_FORMAT,
                               "\"%s\" has an invisible character: give one line of plain text",
                               SP_QUOTE(text));
        }
        rest = sp_str_skip(rest, len);
    }
    return SP_OK;
}

static const struct sp_value_type name_type = {.label = "label", .check = check_name};
static const struct sp_value_type namespace_type = {
    .label = "label", .check = check_namespace, .is_optional = true};
static const struct sp_value_type server_type = {.label = "URL", .check = check_server};
static const struct sp_value_type ca_data_type = {
    .label = "base64", .check = check_ca_data, .is_optional = true};
static const struct sp_value_type description_type = {
    .label = "text", .check = check_description, .is_optional = true};

/* ---- one cluster ------------------------------------------------------------------------------------ */

#define FIELD(member) offsetof(struct sp_kube_cluster, member)

/* clang-format off */
static const struct sp_row cluster_rows[] = {
    {"name", "cluster", &name_type, NULL, FIELD(name), {.max = 0}},
    {"server", "cluster", &server_type, NULL, FIELD(server), {.max = 0}},
    {"ca_file", "cluster", &sp_type_optional_file, "", FIELD(ca_file), {.max = 0}},
    {"ca_data", "cluster", &ca_data_type, "", FIELD(ca_data), {.max = 0}},
    {"client_id", "cluster", &sp_type_client_id, NULL, FIELD(client_id), {.max = 0}},
    {"issuer", "cluster", &sp_type_optional_issuer, "", FIELD(issuer), {.max = 0}},
    {"issuer_ca_file", "cluster", &sp_type_optional_file, "", FIELD(issuer_ca_file), {.max = 0}},
    {"namespace", "cluster", &namespace_type, "", FIELD(namespace), {.max = 0}},
    {"description", "cluster", &description_type, "", FIELD(description), {.max = 0}},
    {"group", "cluster", &sp_type_groups, "", FIELD(groups), {.min = 1, .max = SP_KUBE_GROUPS_MAX}},
};
/* clang-format on */

static const struct sp_other_key cluster_others[] = {{"url", "server"},
                                                     {"certificate_authority", "ca_file"},
                                                     {"certificate_authority_data", "ca_data"},
                                                     {"certificate-authority-data", "ca_data"},
                                                     {"client", "client_id"},
                                                     {"groups", "group"},
                                                     {"ca", "ca_file"},
                                                     {"text", "description"},
                                                     {NULL, NULL}};

const struct sp_mapping sp_cluster_mapping = {
    .noun = "key",
    .expected = "a cluster such as {name: prod, server: https://kube.example.com, client_id: kube-prod}",
    .hint = "",
    .rows = cluster_rows,
    .rows_n = COUNT(cluster_rows),
    .others = cluster_others,
};

static void free_cluster(void *value)
{
    sp_mapping_clear(&sp_cluster_mapping, value);
    struct sp_kube_cluster *cluster = value;
    free(cluster->issuer_ca_data);
    cluster->issuer_ca_data = NULL;
}

static void check_cluster(struct sp_reading *reading, const struct sp_yaml_node *node)
{
    static const char *const required[] = {"name", "server", "client_id"};
    for (size_t i = 0; i < COUNT(required); i++) {
        if (!sp_reading_is_given(reading, required[i])) {
            sp_reports_add(reading->reports, SP_REPORT_ERROR,
                           SP_PLACE(reading->subject, node->line, node->column), "no %s", required[i]);
        }
    }
    if (sp_reading_is_given(reading, "ca_file") && sp_reading_is_given(reading, "ca_data")) {
        sp_reading_refuse(reading, "ca_data", "there is a ca_file, too: remove one of the two");
    }
}

static void read_cluster(struct sp_reading *section, const struct sp_yaml_node *node, void *clusters)
{
    const struct sp_kubeconfig_settings *settings = section->object;
    char subject[SUBJECT_MAX];
    struct sp_kube_cluster cluster = {.line = node->line, .column = node->column};
    snprintf(subject, sizeof subject, SUBJECT ", cluster %zu", settings->clusters_n + 1);
    struct sp_reading reading = {
        .mapping = &sp_cluster_mapping, .object = &cluster, .reports = section->reports, .subject = subject};
    struct sp_place *place = SP_PLACE(subject, node->line, node->column);
    if (settings->clusters_n == SP_KUBE_CLUSTERS_MAX) {
        sp_reports_add(section->reports, SP_REPORT_ERROR, place, "more than %d clusters",
                       SP_KUBE_CLUSTERS_MAX);
        return;
    }
    if (sp_reading_set_defaults(&reading) != SP_OK) {
        sp_reports_add(section->reports, SP_REPORT_ERROR, place, "out of memory");
    }
    sp_reading_take(&reading, node);
    if (node->kind == SP_YAML_MAPPING) {
        check_cluster(&reading, node);
    }
    for (size_t i = 0; i < settings->clusters_n && cluster.name != NULL; i++) {
        if (settings->clusters[i].name != NULL && strcmp(settings->clusters[i].name, cluster.name) == 0) {
            sp_reading_refuse(&reading, "name", "is the name of cluster %zu too: each needs its own", i + 1);
        }
    }
    if (sp_list_add(clusters, &cluster, sizeof cluster) != SP_OK) {
        sp_reports_add(section->reports, SP_REPORT_ERROR, place, "out of memory");
        free_cluster(&cluster);
    }
}

/* ---- the section ------------------------------------------------------------------------------------ */

static const struct sp_value_type clusters_type = {.label = "list of clusters",
                                                   .shape = SP_VALUE_SECTION,
                                                   .is_list = true,
                                                   .expected = "a list of clusters",
                                                   .read = read_cluster,
                                                   .item_len = sizeof(struct sp_kube_cluster),
                                                   .done = free_cluster};

static const struct sp_row rows[] = {
    {"origin",
     "kubeconfig",
     &sp_type_origin,
     "",
     offsetof(struct sp_kubeconfig_settings, origin),
     {.max = 0}},
    {"clusters",
     "kubeconfig",
     &clusters_type,
     "",
     offsetof(struct sp_kubeconfig_settings, clusters),
     {.min = 1, .max = SP_KUBE_CLUSTERS_MAX}},
};

static const struct sp_other_key others[] = {
    {"host", "origin"}, {"cluster", "clusters"}, {"contexts", "clusters"}, {NULL, NULL}};

static const struct sp_mapping section_mapping = {
    .noun = "key",
    .expected = "a mapping such as {clusters: […]}",
    .hint = "",
    .rows = rows,
    .rows_n = COUNT(rows),
    .others = others,
};

static void read_section(struct sp_reading *settings, const struct sp_yaml_node *node, void *field)
{
    struct sp_kubeconfig_settings *kubeconfig = field;
    struct sp_reading reading = {
        .mapping = &section_mapping, .object = kubeconfig, .reports = settings->reports, .subject = SUBJECT};
    if (sp_reading_set_defaults(&reading) != SP_OK) {
        sp_reports_add(settings->reports, SP_REPORT_ERROR, SP_PLACE(SUBJECT, node->line, node->column),
                       "out of memory");
    }
    sp_reading_take(&reading, node);
    kubeconfig->origin_line = sp_reading_given(&reading, "origin")->place.line;
    kubeconfig->origin_column = sp_reading_given(&reading, "origin")->place.column;
    if (node->first != NULL && !sp_reading_is_given(&reading, "clusters")) {
        sp_reports_add(settings->reports, SP_REPORT_ERROR,
                       SP_PLACE(SUBJECT, node->key_line, node->key_column),
                       "no clusters: list those that users may use");
    }
    if (kubeconfig->origin.scheme == SP_SCHEME_HTTP) {
        sp_reading_refuse(&reading, "origin", "must be https: the file with a token is downloaded over it");
    }
}

static void clear_section(void *value)
{
    sp_mapping_clear(&section_mapping, value);
}

const struct sp_value_type sp_type_kubeconfig = {.label = "mapping of the section kubeconfig",
                                                 .shape = SP_VALUE_SECTION,
                                                 .is_whole = true,
                                                 .expected = "a mapping",
                                                 .read = read_section,
                                                 .done = clear_section};

/* ---- together with other settings --------------------------------------------------------------------- */

/* A bundle that SSL_CERT_FILE names counts as the system's, because it is for this process and not for users'
 * machines. */
static bool has_own_ca(struct sp_reading *reading, const struct sp_config *config)
{
    return config->issuer_ca_file != NULL &&
           !sp_str_equal(sp_reading_given(reading, "issuer_ca_file")->place.key, SP_STR("SSL_CERT_FILE"));
}

void sp_kubeconfig_derive(struct sp_reading *reading)
{
    struct sp_config *config = reading->object;
    for (size_t i = 0; i < config->kubeconfig.clusters_n; i++) {
        struct sp_kube_cluster *cluster = &config->kubeconfig.clusters[i];
        if (cluster->issuer != NULL || config->issuer == NULL) {
            continue;
        }
        bool takes_ca = cluster->issuer_ca_file == NULL && has_own_ca(reading, config);
        if (sp_value_store_text(sp_str_from_c(config->issuer), NULL, &cluster->issuer) != SP_OK ||
            (takes_ca && sp_value_store_text(sp_str_from_c(config->issuer_ca_file), NULL,
                                             &cluster->issuer_ca_file) != SP_OK)) {
            sp_reading_refuse(reading, SUBJECT, "out of memory");
        }
    }
}

#define tell_cluster(reading, kind, cluster, ...)                                                            \
    do {                                                                                                     \
        char subject_[SUBJECT_MAX];                                                                          \
        snprintf(subject_, sizeof subject_, SUBJECT ", cluster %s", (cluster)->name);                        \
        sp_reports_add((reading)->reports, (kind), SP_PLACE(subject_, (cluster)->line, (cluster)->column),   \
                       __VA_ARGS__);                                                                         \
    } while (0)

#define refuse_origin(reading, ...)                                                                          \
    sp_reports_add((reading)->reports, SP_REPORT_ERROR,                                                      \
                   SP_PLACE(SUBJECT ": origin", kubeconfig->origin_line, kubeconfig->origin_column),         \
                   __VA_ARGS__)

/* True if the members that later checks need are set. */
static bool is_whole(const struct sp_kube_cluster *cluster)
{
    return cluster->name != NULL && cluster->server != NULL && cluster->client_id != NULL &&
           cluster->issuer != NULL;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Clusters that share a login must use the same CA file for its issuer. */
static void check_logins(struct sp_reading *reading, const struct sp_kubeconfig_settings *kubeconfig)
{
    for (size_t i = 0; i < kubeconfig->clusters_n; i++) {
        const struct sp_kube_cluster *cluster = &kubeconfig->clusters[i];
        for (size_t k = 0; k < i && is_whole(cluster); k++) {
            const struct sp_kube_cluster *other = &kubeconfig->clusters[k];
            if (is_whole(other) && sp_kube_cluster_shares_login(cluster, other) &&
                !is_same_text(cluster->issuer_ca_file, other->issuer_ca_file)) {
                tell_cluster(reading, SP_REPORT_ERROR, cluster,
                             "issuer_ca_file: differs from that of cluster %s, which has the same issuer and "
                             "client: both share one login, so use the same file",
                             other->name);
            }
        }
    }
}

static bool is_at_host(const char *url, const struct sp_origin *origin)
{
    struct sp_url parsed;
    return url != NULL && sp_issuer_metadata_parse_url(sp_str_from_c(url), &parsed) &&
           sp_str_equal(sp_host_str(&parsed.origin.host), sp_host_str(&origin->host));
}

/* A program at another port of the host receives the cookie as well: cookies ignore ports. */
static void check_hosts(struct sp_reading *reading, const struct sp_config *config)
{
    const struct sp_kubeconfig_settings *kubeconfig = &config->kubeconfig;
    const struct sp_origin *origin = &kubeconfig->origin;
    if (config->hosts.items_n > 0 && sp_reading_is_sound(reading, "hosts") &&
        !sp_origin_is_listed(config->hosts.items, config->hosts.items_n, origin)) {
        refuse_origin(reading, "is not in the setting hosts, and would get 421: add it there");
    }
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        const struct sp_origin_pattern *host = &config->hosts.items[i];
        if (!host->wildcard && sp_str_equal(sp_host_str(&host->origin.host), sp_host_str(&origin->host)) &&
            !sp_origin_equal(&host->origin, origin)) {
            refuse_origin(reading,
                          "hosts lists %s at port %u too: the application there would get the session of "
                          "this origin. Use a host without another port",
                          host->origin.host.name, host->origin.port);
        }
    }
    if (is_at_host(config->issuer, origin)) {
        refuse_origin(reading, "is the issuer's host: no other program may share it. Use a separate host");
    }
    for (size_t i = 0; i < kubeconfig->clusters_n; i++) {
        if (is_at_host(kubeconfig->clusters[i].server, origin)) {
            refuse_origin(reading,
                          "is the host of the server of cluster %zu: what runs in the cluster would share "
                          "it. Use a separate host",
                          i + 1);
        }
    }
}

/* Refuses bindings and rules for the origin's host, which serves no application. */
static void check_applications(struct sp_reading *reading, const struct sp_config *config)
{
    const struct sp_kubeconfig_settings *kubeconfig = &config->kubeconfig;
    struct sp_str host = sp_host_str(&kubeconfig->origin.host);
    for (size_t i = 0; i < config->credentials_n; i++) {
        if (sp_str_equal(sp_str_from_c(config->credentials[i].host), host)) {
            refuse_origin(reading,
                          "binding %zu of credentials is for this host, which serves only sallyport's own "
                          "pages: use a separate host",
                          i + 1);
        }
    }
    for (size_t i = 0; i < config->policies_n; i++) {
        const struct sp_policy *policy = &config->policies[i];
        for (size_t j = 0; j < policy->rules_n; j++) {
            const struct sp_rule *rule = &policy->rules[j];
            if (rule->action != SP_ACTION_DENY && sp_texts_contain(&rule->hosts, host)) {
                refuse_origin(reading,
                              "policy %s, rule %zu is for this host, which serves only sallyport's own "
                              "pages: use a separate host",
                              policy->name, j + 1);
            }
        }
    }
}

void sp_kubeconfig_check(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    const struct sp_kubeconfig_settings *kubeconfig = &config->kubeconfig;
    check_logins(reading, kubeconfig);
    if (kubeconfig->origin.scheme != SP_SCHEME_HTTPS) {
        return;
    }
    if (config->cookie_domain != NULL) {
        sp_reading_refuse(reading, "cookie_domain",
                          "cannot be combined with origin of kubeconfig: every application below that domain "
                          "sees a cookie that is valid there");
    }
    if (config->insecure_http) {
        sp_reading_refuse(reading, "insecure_http",
                          "cannot be combined with origin of kubeconfig: the cookie that is valid there "
                          "would cross the network in the clear");
    }
    check_hosts(reading, config);
    check_applications(reading, config);
}

void sp_kubeconfig_warn(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    for (size_t i = 0; i < config->kubeconfig.clusters_n; i++) {
        const struct sp_kube_cluster *cluster = &config->kubeconfig.clusters[i];
        size_t k = 0; /* the first cluster that shares its login */
        while (k < i && !sp_kube_cluster_shares_login(&config->kubeconfig.clusters[k], cluster)) {
            k++;
        }
        bool is_our_issuer = strcmp(cluster->issuer, config->issuer) == 0;
        if (!is_our_issuer) {
            tell_cluster(reading, SP_REPORT_WARNING, cluster,
                         "issuer: is not the issuer of this configuration: its groups may differ, check "
                         "--dex-client prints no client for it, and there is no file with a token");
        } else if (strcmp(cluster->client_id, config->client_id) == 0) {
            tell_cluster(reading, SP_REPORT_WARNING, cluster,
                         "client_id: is the client of the web sessions, whose tokens would all open the API: "
                         "give the cluster its own client");
        }
        if (k < i) {
            tell_cluster(reading, SP_REPORT_WARNING, cluster,
                         "client_id: cluster %s has it too: one login covers both, and a token that one of "
                         "them has seen opens the other",
                         config->kubeconfig.clusters[k].name);
        }
        char subject[SUBJECT_MAX];
        snprintf(subject, sizeof subject, SUBJECT ", cluster %s", cluster->name);
        sp_groups_warn_of_named(reading, SP_PLACE(subject, cluster->line, cluster->column), cluster->groups,
                                cluster->groups_n);
    }
}

void sp_kubeconfig_document(struct sp_buf *out)
{
    sp_mapping_document(&section_mapping, out);
    sp_mapping_document(&sp_cluster_mapping, out);
}
