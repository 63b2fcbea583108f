/* SPDX-License-Identifier: Apache-2.0 */
#include "config/kubeconfig_section.h"

#include "fixture.h"

#define SERVER     "server: 'https://kube.example.com'"
#define PROD       "name: prod, " SERVER ", client_id: kube-prod"
#define ONE(more)  "kubeconfig: {clusters: [{" PROD more "}]}"
#define AT(origin) "kubeconfig: {origin: '" origin "', clusters: [{" PROD "}]}"
#define ORIGIN     AT("https://config.example.com")
#define PEM_DATA   "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t" /* -----BEGIN CERTIFICATE----- */

SP_TEST(a_cluster_is_all_that_a_kubeconfig_needs)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings("kubeconfig:\n"
                      "  origin: https://config.example.com\n"
                      "  clusters:\n"
                      "    - name: prod\n"
                      "      server: https://kube.example.com:6443/a%20b\n"
                      "      client_id: kube-prod\n"
                      "      ca_file: ca.crt\n"
                      "      issuer: https://other.example.com\n"
                      "      issuer_ca_file: issuer.crt\n"
                      "      namespace: default\n"
                      "      description: 'Für Kunden'\n"
                      "      group: [ops, sre]\n"
                      "    - {name: test, " SERVER ", client_id: kube-test,\n"
                      "       ca_data: '" PEM_DATA "', group: qa}\n",
                      NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    const struct sp_kubeconfig_settings *kubeconfig = &loaded.config->kubeconfig;
    ck_assert_str_eq(kubeconfig->origin.host.name, "config.example.com");
    ck_assert_uint_eq(kubeconfig->origin_line, 2);
    ck_assert_uint_eq(kubeconfig->clusters_n, 2);
    const struct sp_kube_cluster *cluster = &kubeconfig->clusters[0];
    ck_assert_str_eq(cluster->name, "prod");
    ck_assert_str_eq(cluster->server, "https://kube.example.com:6443/a%20b");
    ck_assert_str_eq(cluster->client_id, "kube-prod");
    ck_assert_str_eq(cluster->ca_file, "ca.crt");
    ck_assert_str_eq(cluster->issuer, "https://other.example.com");
    ck_assert_str_eq(cluster->issuer_ca_file, "issuer.crt");
    ck_assert_str_eq(cluster->namespace, "default");
    ck_assert_str_eq(cluster->description, "Für Kunden");
    ck_assert_uint_eq(cluster->groups_n, 2);
    ck_assert_str_eq(cluster->groups[1], "sre");
    ck_assert(cluster->ca_data == NULL && cluster->issuer_ca_data == NULL);
    ck_assert(cluster->line == 4 && cluster->column == 7);
    cluster++;
    ck_assert_str_eq(cluster->ca_data, PEM_DATA);
    ck_assert_str_eq(cluster->groups[0], "qa");
    ck_assert(cluster->groups_n == 1 && cluster->namespace == NULL && cluster->description == NULL);
}
SP_TEST_END

SP_TEST(without_the_section_there_are_no_clusters_and_no_origin)
{
    LOADED_SCOPED struct loaded loaded = load_settings("", NULL);
    ck_assert_uint_eq(loaded.config->kubeconfig.clusters_n, 0);
    ck_assert_int_eq(loaded.config->kubeconfig.origin.scheme, SP_SCHEME_NONE);
    assert_accepted("kubeconfig: {}"); /* the default, as printed */
}
SP_TEST_END

SP_TEST(a_cluster_without_an_issuer_has_that_of_the_configuration_with_its_certificates)
{
    const char *environment[] = {"SSL_CERT_FILE=/etc/ssl/all.crt", NULL};
    char *text =
        complete_settings("issuer_ca_file: dex.crt\n"
                          "kubeconfig:\n"
                          "  clusters:\n"
                          "    - {" PROD "}\n"
                          "    - {name: b, " SERVER ", client_id: b, issuer: 'https://b.example.com'}\n"
                          "    - {name: c, " SERVER ", client_id: c, issuer_ca_file: /c.crt, ca_file: c}\n");
    LOADED_SCOPED struct loaded loaded = load_text(text, "/etc/sallyport", NULL);
    free(text);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    const struct sp_kube_cluster *clusters = loaded.config->kubeconfig.clusters;
    ck_assert_str_eq(clusters[0].issuer, "https://dex.example.com/dex");
    ck_assert_str_eq(clusters[0].issuer_ca_file, "/etc/sallyport/dex.crt");
    ck_assert_str_eq(clusters[1].issuer, "https://b.example.com");
    ck_assert_ptr_null(clusters[1].issuer_ca_file);
    ck_assert_str_eq(clusters[2].issuer, "https://dex.example.com/dex");
    ck_assert_str_eq(clusters[2].issuer_ca_file, "/c.crt");
    ck_assert_str_eq(clusters[2].ca_file, "/etc/sallyport/c");
    LOADED_SCOPED struct loaded by_variable = load_settings(ONE(""), environment);
    ck_assert_str_eq(by_variable.config->issuer_ca_file, "/etc/ssl/all.crt");
    ck_assert_ptr_null(by_variable.config->kubeconfig.clusters[0].issuer_ca_file);
}
SP_TEST_END

SP_TEST(what_a_cluster_lacks_or_has_too_much_is_told)
{
    static const char *const cases[][2] = {
        {"kubeconfig: [a]", "kubeconfig: expected a mapping and found a list"},
        {"kubeconfig: a", "kubeconfig: expected a mapping and found one value"},
        {"kubeconfig: {origin: 'https://config.example.com'}", "kubeconfig: no clusters"},
        {"kubeconfig: {clusters: []}", "clusters: an empty list never matches"},
        {"kubeconfig: {clusters: {a: b}}",
         "kubeconfig: clusters: expected a list of clusters and found a mapping"},
        {"kubeconfig: {clusters: [a]}", "kubeconfig, cluster 1: expected a cluster such as"},
        {"kubeconfig: {clutsers: [{" PROD "}], clusters: [{" PROD "}]}",
         "kubeconfig: unknown key \"clutsers\": did you mean \"clusters\"?"},
        {"clusters: []", "unknown setting \"clusters\": did you mean \"kubeconfig\"?"},
        {"kubeconfig: {clusters: [{" SERVER ", client_id: a}]}", "kubeconfig, cluster 1: no name"},
        {"kubeconfig: {clusters: [{name: a, client_id: a}]}", "kubeconfig, cluster 1: no server"},
        {"kubeconfig: {clusters: [{name: a, " SERVER "}]}", "kubeconfig, cluster 1: no client_id"},
        {ONE(", namspace: a"),
         "kubeconfig, cluster 1: unknown key \"namspace\": did you mean \"namespace\"?"},
        {ONE(", url: a"), "unknown key \"url\": did you mean \"server\"?"},
        {ONE(", groups: a"), "unknown key \"groups\": did you mean \"group\"?"},
        {ONE(", ca_file: a, ca_data: " PEM_DATA), "kubeconfig, cluster 1: ca_data: there is a ca_file"},
        {ONE(", group: []"), "kubeconfig, cluster 1: group: an empty list never matches"},
        {ONE(", group: [a, a]"), "\"a\" appears twice"},
        {"kubeconfig: {clusters: [{" PROD "}, {" PROD "}]}",
         "kubeconfig, cluster 2: name: is the name of cluster 1 too"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i][0], cases[i][1]);
}
SP_TEST_END

SP_TEST(ac_64_what_could_mean_something_to_a_shell_is_no_name)
{
    static const char *const names[] = {"Prod", "a b", "a.b", "-a",  "../a", "a;b", "$a",
                                        "a&b",  "%a%", "a@b", "all", "nul",  "com1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "kubeconfig: {clusters: [{name: '%s', " SERVER ", client_id: a}]}",
                 names[i]);
        assert_refused(text, "kubeconfig, cluster 1: name: \"");
    }
    assert_refused(ONE(", namespace: 'a b'"), "namespace: \"a b\" is not a namespace");
    assert_refused(ONE(", namespace: A"), "namespace: \"A\" is not a namespace");
    assert_refused("kubeconfig: {clusters: [{name: all, " SERVER ", client_id: a}]}",
                   "the file of all clusters");
    assert_refused("kubeconfig: {clusters: [{name: nul, " SERVER ", client_id: a}]}",
                   "on Windows it is a device");
    assert_refused("kubeconfig: {clusters: [{name: a, " SERVER ", client_id: \"a\\nb\"}]}",
                   "printable ASCII only");
}
SP_TEST_END

SP_TEST(a_server_is_https_with_a_host_and_a_plain_path)
{
    static const char *const bad[] = {
        "http://kube.example.com",
        "kube.example.com",
        "https://",
        "https://u@kube.example.com",
        "https://kube.example.com?a",
        "https://kube.example.com/?a",
        "https://kube.example.com/#a",
        "https://kube.example.com/a/../b",
        "https://kube.example.com/a//b",
        "https://kube.example.com/a b",
        "https://*.example.com",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "kubeconfig: {clusters: [{name: a, server: '%s', client_id: a}]}",
                 bad[i]);
        assert_refused(text, "server: \"");
    }
    assert_accepted("kubeconfig: {clusters: [{name: a, server: 'https://[fd00::1]:6443/k/', client_id: a}]}");
    assert_refused("kubeconfig: {clusters: [{" PROD ", issuer: 'http://b.example.com'}]}", "issuer: \"");
}
SP_TEST_END

SP_TEST(what_is_no_certificate_by_its_first_letters_is_told_at_its_line)
{
    assert_refused(ONE(", ca_data: '!'"), "ca_data: is not the base64 of a certificate in PEM");
    assert_refused(ONE(", ca_data: 'bm9uZQ=='"), "ca_data: is not the base64 of a certificate in PEM");
    assert_refused(ONE(", ca_data: '-----BEGIN CERTIFICATE-----'"), "ca_data: is not the base64");
    assert_accepted(ONE(", ca_data: \"" PEM_DATA "\\n\""));
}
SP_TEST_END

/* Whether a configuration loads whose only cluster has a value of this many bytes. */
static bool takes(const char *key, const char *beginning, size_t len)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_CONFIG_TEXT_MAX);
    bool is_name = strcmp(key, "name") == 0;
    bool is_server = strcmp(key, "server") == 0;
    sp_buf_printf(&text, "kubeconfig: {clusters: [{client_id: a, %s%s%s: '%s", is_name ? "" : "name: a, ",
                  is_server ? "" : SERVER ", ", key, beginning);
    for (size_t i = strlen(beginning); i < len; i++) {
        sp_buf_append_char(&text, i % 128 == 127 ? 'b' : 'a');
    }
    sp_buf_append_c(&text, "'}]}");
    LOADED_SCOPED struct loaded loaded = load_settings(sp_buf_c_str(&text), NULL);
    return loaded.error == SP_OK;
}

SP_TEST(each_value_has_a_limit)
{
    ck_assert(takes("name", "a", SP_KUBE_LABEL_MAX) && !takes("name", "a", SP_KUBE_LABEL_MAX + 1));
    ck_assert(takes("namespace", "a", SP_KUBE_LABEL_MAX) && !takes("namespace", "a", SP_KUBE_LABEL_MAX + 1));
    ck_assert(takes("server", "https://a/", SP_KUBE_SERVER_MAX));
    ck_assert(!takes("server", "https://a/", SP_KUBE_SERVER_MAX + 1));
    ck_assert(takes("description", "a", SP_KUBE_DESCRIPTION_MAX));
    ck_assert(!takes("description", "a", SP_KUBE_DESCRIPTION_MAX + 1));
    /* 4 characters for 3 bytes: 16,384 bytes are 21,845 and 2 bits. */
    ck_assert(takes("ca_data", PEM_DATA, SP_KUBE_CA_MAX / 3 * 4));
    ck_assert(!takes("ca_data", PEM_DATA, SP_KUBE_CA_MAX / 3 * 4 + 4));
}
SP_TEST_END

SP_TEST(a_description_is_one_line_of_what_is_seen)
{
    assert_refused(ONE(", description: \"a\\nb\""), "description: \"");
    assert_refused(ONE(", description: \"a\\u202eb\""), "has an invisible character");
    assert_accepted(ONE(", description: \"<b>ä & 'x'</b>\""));
}
SP_TEST_END

static void load_many(size_t clusters_n, struct loaded *out)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_CONFIG_TEXT_MAX);
    sp_buf_append_c(&text, "kubeconfig: {clusters: [");
    for (size_t i = 0; i < clusters_n; i++) {
        sp_buf_printf(&text, "{name: c%zu, " SERVER ", client_id: c%zu}, ", i, i);
    }
    sp_buf_append_c(&text, "]}");
    *out = load_settings(sp_buf_c_str(&text), NULL);
}

SP_TEST(there_are_as_many_clusters_as_the_limit_and_no_more)
{
    LOADED_SCOPED struct loaded most = {.config = NULL};
    LOADED_SCOPED struct loaded more = {.config = NULL};
    load_many(SP_KUBE_CLUSTERS_MAX, &most);
    ck_assert_msg(most.error == SP_OK, "%s", tell_reports(&most));
    load_many(SP_KUBE_CLUSTERS_MAX + 1, &more);
    ck_assert_uint_eq(more.reports.errors_n, 1);
    ck_assert_ptr_nonnull(
        find_report(&more, SP_REPORT_ERROR, "kubeconfig, cluster 65: more than 64 clusters"));
}
SP_TEST_END

SP_TEST(clusters_of_one_login_trust_its_issuer_in_one_way)
{
    assert_refused("kubeconfig: {clusters: [{" PROD ", issuer_ca_file: a},\n"
                   "  {name: b, " SERVER ", client_id: kube-prod}]}",
                   "kubeconfig, cluster b: issuer_ca_file: differs from that of cluster prod");
    assert_accepted("kubeconfig: {clusters: [{" PROD ", issuer_ca_file: a},\n"
                    "  {name: b, " SERVER ", client_id: kube-prod, issuer_ca_file: a},\n"
                    "  {name: c, " SERVER ", client_id: kube-c}]}");
}
SP_TEST_END

SP_TEST(ac_57_the_origin_is_https_and_no_application_shares_it)
{
    static const char *const cases[][2] = {
        {AT("http://config.example.com"), "kubeconfig: origin: must be https"},
        {AT("https://config.example.com/x"),
         "kubeconfig: origin: \"https://config.example.com/x\" is not an origin"},
        {AT("config.example.com"), "kubeconfig: origin: \"config.example.com\" is not an origin"},
        {AT("https://kube.example.com"), "kubeconfig: origin: is the host of the server of cluster 1"},
        {AT("https://kube.example.com:8443"), "kubeconfig: origin: is the host of the server of cluster 1"},
        {AT("https://dex.example.com"), "kubeconfig: origin: is the issuer's host"},
        {ORIGIN "\nhosts: https://app.example.com", "kubeconfig: origin: is not in the setting hosts"},
        {ORIGIN "\nhosts: [https://config.example.com, 'https://config.example.com:8443']",
         "kubeconfig: origin: hosts lists config.example.com at port 8443 too"},
        {ORIGIN "\nhosts: https://config.example.com\ncookie_domain: example.com",
         "cookie_domain: cannot be combined with origin of kubeconfig"},
        {ORIGIN "\nhosts: https://config.example.com\ninsecure_http: true",
         "insecure_http: cannot be combined with origin of kubeconfig"},
        {ORIGIN
         "\ncredentials: [{set: kubernetes, host: config.example.com, token_file: a, proxy_key_file: b}]",
         "kubeconfig: origin: binding 1 of credentials is for this host"},
        {ORIGIN "\npolicies: {default: authenticated, ops: [{action: allow, path: /a},\n"
                "  {action: public, host: [a.example.com, config.example.com]}]}",
         "kubeconfig: origin: policy ops, rule 2 is for this host"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i][0], cases[i][1]);
    assert_accepted(ORIGIN "\nhosts: [https://config.example.com, https://app.example.com]");
    assert_accepted(ORIGIN "\nhosts: 'https://*.example.com'");
    assert_accepted(ORIGIN "\npolicies: {default: [{action: deny, host: config.example.com}]}");
    LOADED_SCOPED struct loaded loaded =
        load_settings("hosts: https://a.example.com\nkubeconfig:\n  clusters: [{" PROD "}]\n"
                      "  origin: https://b.example.com",
                      NULL);
    ck_assert_int_eq(loaded.reports.items[0].line, 4);
    ck_assert_int_eq(loaded.reports.items[0].column, 3);
}
SP_TEST_END

SP_TEST(sessions_of_the_origin_alone_keep_their_id_token)
{
    LOADED_SCOPED struct loaded loaded = load_settings(ORIGIN, NULL);
    LOADED_SCOPED struct loaded without = load_settings(ONE(""), NULL);
    struct sp_host origin;
    struct sp_host other;
    ck_assert(sp_host_parse(SP_STR("config.example.com"), &origin));
    ck_assert(sp_host_parse(SP_STR("app.example.com"), &other));
    ck_assert(sp_config_keeps_id_token(loaded.config, &origin));
    ck_assert(!sp_config_keeps_id_token(loaded.config, &other));
    ck_assert(!sp_config_keeps_id_token(without.config, &origin));
}
SP_TEST_END

SP_TEST(groups_of_clusters_are_kept_as_those_of_rules)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings(ONE(", group: [x-ops, other]") "\ngroups_prefix: x-", NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    ck_assert(sp_config_rules_group(loaded.config, SP_STR("ops")));
    ck_assert(!sp_config_rules_group(loaded.config, SP_STR("other")));
    assert_warned(ONE(", group: other") "\ngroups_prefix: x-",
                  "kubeconfig, cluster prod: no group begins with groups_prefix");
    assert_warned(ONE(", group: ops") "\ngroups_keep: dev",
                  "kubeconfig, cluster prod: groups_keep drops the group \"ops\"");
    assert_refused(ONE(", group: ops") "\ngroups_keep: none",
                   "groups_keep: is none, but kubeconfig, cluster 1 names a group");
}
SP_TEST_END

SP_TEST(ac_56_clients_that_open_more_than_one_door_are_warned_of)
{
    assert_warned("kubeconfig: {clusters: [{name: a, " SERVER ", client_id: sallyport}]}",
                  "kubeconfig, cluster a: client_id: is the client of the web sessions");
    assert_warned("kubeconfig: {clusters: [{" PROD "}, {name: b, " SERVER ", client_id: kube-prod}]}",
                  "kubeconfig, cluster b: client_id: cluster prod has it too");
    assert_warned(ONE(", issuer: 'https://dex.example.com/dex/'"),
                  "kubeconfig, cluster prod: issuer: is not the issuer of this configuration");
    LOADED_SCOPED struct loaded loaded =
        load_settings("kubeconfig: {clusters: [{" PROD "}, {name: b, " SERVER ", client_id: kube-b}]}", NULL);
    ck_assert_uint_eq(loaded.reports.items_n, 0);
}
SP_TEST_END

SP_TEST(a_section_cannot_be_a_variable)
{
    const char *environment[] = {"SALLYPORT_KUBECONFIG=x", NULL};
    LOADED_SCOPED struct loaded loaded = load_settings("", environment);
    ck_assert_ptr_nonnull(
        find_report(&loaded, SP_REPORT_ERROR, "SALLYPORT_KUBECONFIG: can only be set in the file"));
}
SP_TEST_END

SP_SUITE("kubeconfig_section", a_cluster_is_all_that_a_kubeconfig_needs,
         without_the_section_there_are_no_clusters_and_no_origin,
         a_cluster_without_an_issuer_has_that_of_the_configuration_with_its_certificates,
         what_a_cluster_lacks_or_has_too_much_is_told, ac_64_what_could_mean_something_to_a_shell_is_no_name,
         a_server_is_https_with_a_host_and_a_plain_path,
         what_is_no_certificate_by_its_first_letters_is_told_at_its_line, each_value_has_a_limit,
         a_description_is_one_line_of_what_is_seen, there_are_as_many_clusters_as_the_limit_and_no_more,
         clusters_of_one_login_trust_its_issuer_in_one_way,
         ac_57_the_origin_is_https_and_no_application_shares_it,
         sessions_of_the_origin_alone_keep_their_id_token, groups_of_clusters_are_kept_as_those_of_rules,
         ac_56_clients_that_open_more_than_one_door_are_warned_of, a_section_cannot_be_a_variable)
