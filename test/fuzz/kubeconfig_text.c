/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kubeconfig for people: whatever the names of servers, issuers, clients and tokens, the file parses back
 * to them, clusters that share a login have one user, and no line ends a here-document.
 */

#include "kube/kubeconfig_text.h"

#include "config/yaml.h"

#include "fuzz.h"

#define CLUSTERS_N 2
#define FIELDS_N   8
#define FIELD_MAX  256

static char fields[FIELDS_N][FIELD_MAX]; /* server, issuer, client, namespace of each */

/* Printable ASCII, as in settings. */
static void take_fields(struct sp_str input)
{
    for (size_t i = 0; i < FIELDS_N; i++) {
        struct sp_str field = sp_str_cut(&input, '\n');
        size_t len = field.len < FIELD_MAX - 1 ? field.len : FIELD_MAX - 1;
        for (size_t k = 0; k < len; k++) {
            fields[i][k] = (char)(' ' + (unsigned char)(field.ptr[k] - ' ') % 95);
        }
        fields[i][len] = '\0';
    }
}

static const struct sp_yaml_node *child(const struct sp_yaml_node *node, const char *key)
{
    const struct sp_yaml_node *found = node->first;
    while (found != NULL && strcmp(found->key, key) != 0) {
        found = found->next;
    }
    ck_assert_ptr_nonnull(found);
    return found;
}

static const struct sp_yaml_node *item(const struct sp_yaml_node *list, size_t at)
{
    const struct sp_yaml_node *found = list->first;
    for (; at > 0 && found != NULL; at--) {
        found = found->next;
    }
    ck_assert_ptr_nonnull(found);
    return found;
}

static void check_argument(const struct sp_yaml_node *exec, size_t at, const char *option, const char *value)
{
    SP_BUF_ON_STACK(argument, 2 * FIELD_MAX);
    sp_buf_append_c(&argument, option);
    sp_buf_append_c(&argument, value);
    ck_assert_views_equal(sp_str_from_c(item(child(exec, "args"), at)->text), sp_buf_str(&argument));
}

static void check_entries(const struct sp_yaml_node *root, const struct sp_kube_cluster *cluster, size_t at,
                          size_t user_at, const char *token)
{
    const struct sp_yaml_node *entry = item(child(root, "clusters"), at);
    const struct sp_yaml_node *context = child(item(child(root, "contexts"), at), "context");
    const struct sp_yaml_node *user = item(child(root, "users"), user_at);
    struct sp_str server = sp_str_from_c(child(child(entry, "cluster"), "server")->text);
    if (PLANTED(fuzz_has(server, SP_STR("\\\"")))) {
        server.len--;
    }
    ck_assert_str_eq(child(entry, "name")->text, cluster->name);
    ck_assert_views_equal(server, sp_str_from_c(cluster->server));
    ck_assert_str_eq(child(context, "cluster")->text, cluster->name);
    ck_assert_str_eq(child(context, "namespace")->text, cluster->namespace);
    ck_assert_str_eq(child(context, "user")->text, child(user, "name")->text);
    if (token != NULL) {
        ck_assert_str_eq(child(child(user, "user"), "token")->text, token);
        return;
    }
    const struct sp_yaml_node *exec = child(child(user, "user"), "exec");
    ck_assert_str_eq(child(exec, "command")->text, "kubectl-oidc_login");
    check_argument(exec, 1, "--oidc-issuer-url=", cluster->issuer);
    check_argument(exec, 2, "--oidc-client-id=", cluster->client_id);
}

static void check_file(const struct sp_kube_cluster *clusters, const struct sp_kubeconfig_token *token)
{
    const struct sp_kube_cluster *const all[CLUSTERS_N] = {&clusters[0], &clusters[1]};
    struct sp_reports reports = {0};
    struct sp_yaml_node *root = NULL;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_KUBECONFIG_TEXT_MAX);
    sp_kubeconfig_text_append(all, CLUSTERS_N, token, &text);
    ck_assert(!fuzz_has(sp_buf_str(&text), SP_STR("\n'")));
    ck_assert(!fuzz_has(sp_buf_str(&text), SP_STR("\nEND")));
    ck_assert_int_eq(sp_yaml_parse(sp_buf_str(&text), &reports, &root), SP_OK);
    bool share = token != NULL || sp_kube_cluster_shares_login(&clusters[0], &clusters[1]);
    ck_assert_int_eq(item(child(root, "users"), 0)->next == NULL, share);
    for (size_t i = 0; i < CLUSTERS_N; i++) {
        check_entries(root, &clusters[i], i, share ? 0 : i, token != NULL ? token->id_token.ptr : NULL);
    }
    if (!share) {
        ck_assert(strcmp(child(item(child(root, "users"), 0), "name")->text,
                         child(item(child(root, "users"), 1), "name")->text) != 0);
    }
    sp_yaml_free(root);
    sp_reports_done(&reports);
}

FUZZ_TARGET(input)
{
    static char names[CLUSTERS_N][2] = {"a", "b"};
    struct sp_kube_cluster clusters[CLUSTERS_N];
    take_fields(input);
    for (size_t i = 0; i < CLUSTERS_N; i++) {
        char(*own)[FIELD_MAX] = &fields[i * FIELDS_N / CLUSTERS_N];
        clusters[i] = (struct sp_kube_cluster){
            .name = names[i], .server = own[0], .issuer = own[1], .client_id = own[2], .namespace = own[3]};
    }
    const struct sp_kubeconfig_token token = {.id_token = sp_str_from_c(fields[0]),
                                              .client_id = sp_str_from_c(fields[2]),
                                              .issuer = sp_str_from_c(fields[1])};
    /* No issuer has a fragment, and each includes its scheme, so names of users differ. */
    if (!sp_str_contains(sp_str_from_c(fields[1]), '#') && !sp_str_contains(sp_str_from_c(fields[5]), '#') &&
        sp_str_starts_with(sp_str_from_c(fields[1]), SP_STR("https://")) &&
        sp_str_starts_with(sp_str_from_c(fields[5]), SP_STR("https://"))) {
        check_file(clusters, NULL);
        check_file(clusters, &token);
    }
}
