/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/loading.h"

#include "base/base64.h"

#include "../certificate.h"
#include "../folder.h"

#define SMALLEST                                                                                             \
    "issuer: https://dex.example.com/dex\nclient_id: sallyport\nclient_secret_file: secret\n"                \
    "keys_file: keys\npolicies: {default: authenticated}\nemail_verified: required\n"
#define KEY    "k1 pU3KGCUwux1tEyze1iN7LtkeP3IfyxlxF0SU1kk8nVw\n"
#define SECRET "a-secret-of-some-length"

static struct sp_loading loading;
static struct sp_snapshot *snapshot;
static enum sp_error error;

static void forget(const int *made)
{
    remove_folder(made);
    sp_loading_done(&loading);
    sp_snapshot_unref(snapshot);
    snapshot = NULL;
}

/* A folder without errors. */
#define FILES __attribute__((cleanup(forget), unused)) int here = make_files()

static int make_files(void)
{
    ck_assert_int_eq(sp_random_init(), 0);
    make_folder();
    write_file("c.yaml", SMALLEST, 0644);
    write_file("keys", KEY, 0600);
    write_file("secret", SECRET "\n", 0600);
    return 0;
}

/* Reads them; all reports, one on each line. */
static const char *told(void)
{
    static char text[8192];
    size_t len = 0;
    sp_loading_done(&loading);
    sp_snapshot_unref(snapshot);
    snapshot = NULL;
    error = sp_loading_read(&loading, "c.yaml", &snapshot);
    ck_assert_int_eq(error == SP_OK, snapshot != NULL);
    ck_assert_int_eq(error == SP_OK, loading.reports.errors_n == 0);
    text[0] = '\0';
    for (size_t i = 0; i < loading.reports.items_n && len < sizeof text; i++) {
        const struct sp_report *report = &loading.reports.items[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s:%u:%u: %s: %s%s%s\n",
                                report->file != NULL ? report->file : "c.yaml", report->line, report->column,
                                report->kind == SP_REPORT_ERROR ? "error" : "warning", report->text,
                                report->hint != NULL ? "\n" : "", report->hint != NULL ? report->hint : "");
    }
    return text;
}

#define assert_told(expected)                                                                                \
    do {                                                                                                     \
        const char *told_ = told();                                                                          \
        ck_assert_msg(strstr(told_, (expected)) != NULL, "\"%s\" is not in\n%s", (expected), told_);         \
    } while (0)

SP_TEST(all_files_of_a_configuration_make_a_snapshot)
{
    FILES;
    ck_assert_str_eq(told(), "");
    ck_assert_str_view(snapshot->client.secret, SECRET);
    ck_assert_uint_eq(sp_keyring_count(snapshot->keys), 1);
    ck_assert_str_eq(snapshot->config->client_id, "sallyport");
    write_file("c.yaml", SMALLEST "client_auth: none\n", 0644);
    assert_told("client_auth: is none although");
    ck_assert_int_eq(error, SP_ERR_CONFIG);
}
SP_TEST_END

SP_TEST(a_configuration_that_cannot_be_read_is_told_from_one_that_is_wrong)
{
    FILES;
    struct sp_config *config = NULL;
    ck_assert_int_eq(unlink("c.yaml"), 0);
    ck_assert_str_eq(told(), "c.yaml:0:0: error: cannot open c.yaml: No such file or directory\n");
    ck_assert_int_eq(error, SP_ERR_IO);
    write_file("c.yaml", "issuer: x\n", 0644);
    sp_loading_done(&loading);
    ck_assert_int_eq(sp_loading_read_config(&loading, "c.yaml", &config), SP_ERR_CONFIG);
    ck_assert_ptr_null(config);
    ck_assert_uint_gt(loading.reports.errors_n, 1);
}
SP_TEST_END

SP_TEST(all_that_is_wrong_with_the_files_is_told_at_once_in_their_order)
{
    FILES;
    write_file("c.yaml", SMALLEST "issuer_ca_file: ca\n", 0644);
    write_file("keys", "k1 changeme\n", 0600);
    write_file("secret", "changeme\n", 0600);
    write_file("ca", "no certificate", 0644);
    const char *text = told();
    const char *keys = strstr(text, "keys:1:4: error: a key is 32 bytes in base64url");
    const char *secret = strstr(text, "secret:0:0: error: this is a placeholder from an example");
    const char *ca = strstr(text, "ca:0:0: error: it contains no PEM certificate");
    ck_assert_msg(keys != NULL && secret != NULL && ca != NULL && keys < secret && secret < ca, "%s", text);
    ck_assert_uint_eq(loading.reports.errors_n, 3);
}
SP_TEST_END

SP_TEST(a_file_that_is_missing_is_told_with_the_setting_that_names_it)
{
    FILES;
    ck_assert_int_eq(unlink("keys"), 0);
    ck_assert_int_eq(unlink("secret"), 0);
    ck_assert_str_eq(told(), "keys:0:0: error: cannot open keys: No such file or directory\n"
                             "named by the setting keys_file; a relative path starts at the folder of the "
                             "configuration file\nto make one: sallyport keygen keys\n"
                             "secret:0:0: error: cannot open secret: No such file or directory\n"
                             "named by the setting client_secret_file; a relative path starts at the folder "
                             "of the configuration file\n");
    write_file("c.yaml", SMALLEST "issuer_ca_file: ca\n", 0644);
    ck_assert_ptr_nonnull(
        strstr(told(), "named by the setting issuer_ca_file or the variable SSL_CERT_FILE; a"));
    static const char *const sources[] = {"none", "c.yaml"};
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "issuer: https://dex.example.com/dex\nclient_id: sallyport\nkeys_file: keys\n"
                 "policies: {default: [{action: rbac}]}\nemail_verified: required\nrbac_source: %s\n",
                 sources[i]);
        write_file("c.yaml", text, 0644);
        ck_assert_ptr_nonnull(strstr(told(), "named by the setting rbac_source, as a folder of files; a "
                                             "relative path starts at the folder of the configuration file"));
    }
}
SP_TEST_END

SP_TEST(the_objects_of_a_folder_are_read_and_what_is_wrong_with_them_told)
{
    FILES;
    write_file("c.yaml",
               "issuer: https://dex.example.com/dex\nclient_id: sallyport\nclient_secret_file: secret\n"
               "keys_file: keys\npolicies: {default: [{action: rbac}]}\nemail_verified: required\n"
               "rbac_source: rules\n",
               0644);
    ck_assert_str_eq(told(), "rules:0:0: error: cannot open rules: No such file or directory\n"
                             "named by the setting rbac_source, as a folder of files; a relative path starts "
                             "at the folder of the configuration file\n");
    ck_assert_int_eq(mkdir("rules", 0755), 0);
    write_file("rules/b.yaml",
               "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
               "roleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: User, name: ada}]\n",
               0644);
    write_file("rules/notes.txt", "no YAML: {", 0644);
    write_file("rules/.hidden.yaml", "no YAML: {", 0644);
    ck_assert_str_eq(told(), "rules/b.yaml:1:0: warning: ClusterRoleBinding \"b\": its ClusterRole \"r\" is "
                             "in no file of the folder, so it grants nothing\n");
    ck_assert_uint_eq(sp_rbac_index_bindings(snapshot->rbac), 1);
    write_file("rules/a.yml", "a\n", 0644);
    write_file("rules/c.json", "{\n", 0644);
    const char *text = told();
    ck_assert_msg(strstr(text, "rules/a.yml:1:1: error: not a Kubernetes object") == text &&
                      strstr(text, "rules/c.json:2:1: error: not YAML") != NULL,
                  "%s", text);
}
SP_TEST_END

SP_TEST(a_kubeconfig_is_judged_where_a_rule_asks_the_cluster)
{
    FILES;
    static const char asks[] = "policies: {default: [{action: rbac}]}\nemail_verified: required\n"
                               "issuer: https://dex.example.com/dex\nclient_id: sallyport\n"
                               "client_secret_file: secret\nkeys_file: keys\n";
    write_file("c.yaml", asks, 0644);
    ck_assert_str_eq(told(), "");
    char text[1024];
    snprintf(text, sizeof text, "%skubernetes_kubeconfig: kube\n", asks);
    write_file("c.yaml", text, 0644);
    assert_told("kube:0:0: error: cannot open kube: No such file or directory\n");
    write_file("kube",
               "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
               "clusters: [{name: k, cluster: {server: 'https://10.0.0.1'}}]\n"
               "users:\n- name: u\n  user:\n    exec: {command: aws}\n    token: x\n",
               0600);
    assert_told(
        "kube:7:5: error: \"exec\" is not accepted: the API server is reached with a token, a tokenFile "
        "or a client certificate, verified, and without a proxy\n");
    snprintf(text, sizeof text, "%srbac_source: rules\nkubernetes_kubeconfig: kube\n", asks);
    ck_assert_int_eq(mkdir("rules", 0755), 0);
    write_file("c.yaml", text, 0644);
    ck_assert_ptr_nonnull(strstr(told(), "kubernetes_kubeconfig: has no effect on the files of a folder"));
}
SP_TEST_END

SP_TEST(who_asks_for_tokens_outside_of_a_pod_needs_a_kubeconfig)
{
    FILES;
    static const char asks[] =
        SMALLEST "bearer_audiences: k\ncredentials: [{set: kubernetes, host: a.example.com, "
                 "proxy_key_file: key, service_account: infra/a}]\n";
    write_file("key", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0600);
    write_file("c.yaml", asks, 0644);
    ck_assert_int_eq(unsetenv("KUBERNETES_SERVICE_HOST"), 0);
    const char *text = told();
    ck_assert_msg(strstr(text, "c.yaml:0:0: warning: credentials: the token of a") == text &&
                      strstr(text, "set kubernetes_kubeconfig") != NULL,
                  "%s", text);
    ck_assert_uint_eq(snapshot->credentials->items[0].authorization.len, 0);
    ck_assert(snapshot->credentials->items[0].is_asked_for);
    ck_assert_int_eq(setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1), 0);
    ck_assert_str_eq(told(), "");
    ck_assert_int_eq(unsetenv("KUBERNETES_SERVICE_HOST"), 0);
    char with_file[1024];
    snprintf(with_file, sizeof with_file, "%skubernetes_kubeconfig: kube\n", asks);
    write_file("c.yaml", with_file, 0644);
    assert_told("kube:0:0: error: cannot open kube: No such file or directory\n");
}
SP_TEST_END

SP_TEST(a_key_that_two_bindings_have_is_told_whatever_its_files_are_called)
{
    FILES;
    write_file("c.yaml",
               SMALLEST "bearer_audiences: k\ncredentials:\n"
                        "  - {set: bearer, host: a.example.com, proxy_key_file: key}\n"
                        "  - {set: bearer, host: b.example.com, proxy_key_file: copy}\n",
               0644);
    write_file("key", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 0600);
    write_file("copy", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n", 0600);
    ck_assert_str_eq(told(), "");
    write_file("copy",
               "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
               0600);
    assert_told("c.yaml:10:0: warning: credentials: binding 2 has the same proxy key as binding 1, so a "
                "middleware chain with this key gets the tokens of both: use a different key for each\n");
}
SP_TEST_END

SP_TEST(ac_43_a_client_secret_that_is_none_is_refused)
{
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"", "the file is empty"},
        {"\n", "the file is empty"},
        {"Change-Me\r\n", "a placeholder from an example"},
        {"ZXhhbXBsZS1hcHAtc2VjcmV0", "a placeholder from an example"},
        {" " SECRET, "begins or ends with white space"},
        {SECRET "\n\n", "a control character or a character outside ASCII"},
        {"a\x01" SECRET, "a control character or a character outside ASCII"},
        {"s\xc3\xa9" SECRET, "a control character or a character outside ASCII"},
        {"123456789012345", "warning: the secret has only 15 bytes"},
    };
    FILES;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file("secret", cases[i].text, 0600);
        assert_told(cases[i].expected);
    }
    write_file("secret", "1234567890123456", 0600);
    ck_assert_str_eq(told(), "");
}
SP_TEST_END

SP_TEST(a_line_end_is_no_part_of_a_secret)
{
    static const char *const ends[] = {"", "\n", "\r\n"};
    FILES;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s%s", SECRET, ends[i]);
        write_file("secret", text, 0600);
        ck_assert_str_eq(told(), "");
        ck_assert_str_view(snapshot->client.secret, SECRET);
    }
}
SP_TEST_END

SP_TEST(files_have_limits)
{
    FILES;
    char text[1026];
    memset(text, 'x', 1025);
    text[1024] = '\0';
    write_file("secret", text, 0600);
    ck_assert_str_eq(told(), "");
    text[1024] = 'x';
    text[1025] = '\0';
    write_file("secret", text, 0600);
    assert_told("secret is larger than 1024 bytes");
}
SP_TEST_END

SP_TEST(ac_43_keys_that_everybody_can_read_are_refused_where_chmod_helps)
{
    static const mode_t open_modes[] = {0644, 0444, 0604, 0666};
    FILES;
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        write_file("keys", KEY, open_modes[i]);
        ck_assert_str_eq(told(), "keys:0:0: error: everybody can read it; run chmod 600 on the file\n");
    }
    write_file("keys", KEY, 0440);
    ck_assert_str_eq(told(), "");
    write_file("secret", SECRET, 0644);
    ck_assert_str_eq(told(), "secret:0:0: warning: everybody can read it; run chmod 600 on the file\n");
}
SP_TEST_END

/* As in a container: root owns the files, and the process has another user. Elsewhere the tests run as such a
 * user. */
static void become_another_user(void)
{
    ck_assert_int_eq(chmod(folder, 0755), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(seteuid(65532), 0); /* the folder is removed as root again */
    } else {
        ck_assert_int_eq(chmod(folder, 0555), 0);
    }
}

SP_TEST(ac_43_keys_that_this_user_cannot_close_are_a_warning_that_names_what_helps)
{
    static const char *const named[] = {"keys:0:0: warning: everybody in this container can read it",
                                        "defaultMode: 0440",
                                        "fsGroup",
                                        "without subPath",
                                        "uid: \"",
                                        "mode: 0400",
                                        "chown ",
                                        "a named volume that `sallyport keygen --if-missing` fills",
                                        "secret:0:0: warning: everybody in this container can read it"};
    FILES;
    write_file("keys", KEY, 0444);
    write_file("secret", SECRET, 0644);
    become_another_user();
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        assert_told(named[i]);
    }
    ck_assert_ptr_null(strstr(told(), "chmod 600"));
}
SP_TEST_END

SP_TEST(a_file_that_may_not_be_read_is_told_with_its_owner_and_what_helps)
{
    FILES;
    write_file("keys", KEY, geteuid() == 0 ? 0600 : 0000);
    become_another_user();
    const char *text = told();
    ck_assert_ptr_nonnull(
        strstr(text, "keys:0:0: error: cannot open keys: Permission denied: it belongs to user "));
    ck_assert_ptr_nonnull(strstr(text, ", and this process is user "));
    ck_assert_ptr_nonnull(strstr(text, "\nso that user "));
    ck_assert_ptr_nonnull(strstr(text, "defaultMode: 0440"));
    ck_assert_ptr_null(strstr(text, "to make one"));
    ck_assert_ptr_null(strstr(text, "chmod 600"));
}
SP_TEST_END

#define AUTHORITY_MAX 8192 /* bytes of its file */

/* Makes a new authority in the file `ca`; returns its text. */
static struct sp_str make_authority(char pem[AUTHORITY_MAX])
{
    write_certificate("ca", "ca-key");
    FILE *file = fopen("ca", "r");
    size_t len = fread(pem, 1, AUTHORITY_MAX, file);
    fclose(file);
    return (struct sp_str){pem, len};
}

/* A new authority in the file, between these strings. */
static void write_authority(const char *before, const char *after)
{
    char pem[AUTHORITY_MAX];
    char text[2 * AUTHORITY_MAX];
    struct sp_str authority = make_authority(pem);
    snprintf(text, sizeof text, "%s%.*s%s", before, SP_STR_ARGS(authority), after);
    write_file("ca", text, 0644);
}

SP_TEST(ac_74_half_a_file_of_the_issuers_authorities_is_refused)
{
    FILES;
    write_file("c.yaml", SMALLEST "issuer_ca_file: ca\n", 0644);
    write_authority("", "a comment\n");
    ck_assert_str_eq(told(), "");
    write_authority("", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    assert_told("ca:0:0: error: a certificate in it is truncated or damaged: write the whole file again\n");
    ck_assert_int_eq(error, SP_ERR_CONFIG);
}
SP_TEST_END

SP_TEST(a_byte_order_mark_at_the_start_of_any_file_is_skipped)
{
    FILES;
    write_file("c.yaml", "\xef\xbb\xbf" SMALLEST "issuer_ca_file: ca\n", 0644);
    write_file("keys", "\xef\xbb\xbf" KEY, 0600);
    write_file("secret", "\xef\xbb\xbf" SECRET "\r\n", 0600);
    write_authority("\xef\xbb\xbf", "");
    ck_assert_str_eq(told(), "");
    ck_assert_str_view(snapshot->client.secret, SECRET);
    write_file("c.yaml", "\xff\xfei\0s\0", 0644);
    assert_told("c.yaml is in UTF-16: save it as UTF-8");
}
SP_TEST_END

#define CLUSTER(more)                                                                                        \
    SMALLEST "kubeconfig: {clusters: [{name: prod, server: 'https://kube.example.com', client_id: kube" more \
             "}]}\n"

/* The decoded certificates of a cluster. */
static void assert_decodes(const char *encoded, struct sp_str expected)
{
    SP_BUF_ON_STACK(pem, 8192);
    ck_assert_ptr_nonnull(encoded);
    ck_assert_int_eq(sp_base64_decode(sp_str_from_c(encoded), &pem), SP_OK);
    ck_assert(sp_str_equal(sp_buf_str(&pem), expected));
}

SP_TEST(certificates_of_clusters_are_read_with_the_configuration)
{
    FILES;
    char pem[AUTHORITY_MAX];
    char text[2 * AUTHORITY_MAX];
    char encoded[2 * AUTHORITY_MAX];
    struct sp_str authority = make_authority(pem);
    write_file("c.yaml", CLUSTER(", ca_file: ca, issuer_ca_file: ca"), 0644);
    ck_assert_str_eq(told(), "");
    const struct sp_kube_cluster *cluster = &snapshot->config->kubeconfig.clusters[0];
    assert_decodes(cluster->ca_data, authority);
    assert_decodes(cluster->issuer_ca_data, authority);
    size_t encoded_len = sp_base64_encode((const uint8_t *)pem, authority.len, encoded);
    snprintf(text, sizeof text, CLUSTER(", ca_data: \"%.10s\\n%.*s\""), encoded, (int)(encoded_len - 10),
             encoded + 10);
    write_file("c.yaml", text, 0644);
    ck_assert_str_eq(told(), "");
    ck_assert(sp_str_equal(sp_str_from_c(snapshot->config->kubeconfig.clusters[0].ca_data),
                           (struct sp_str){encoded, encoded_len}));
    ck_assert_ptr_null(snapshot->config->kubeconfig.clusters[0].issuer_ca_data);
}
SP_TEST_END

SP_TEST(what_is_no_certificate_for_people_is_told_with_its_place)
{
    FILES;
    write_certificate("ca", "key");
    write_file("c.yaml", CLUSTER(", ca_file: none"), 0644);
    assert_told("none:0:0: error: cannot open none");
    assert_told("named by the setting kubeconfig");
    write_file("c.yaml", CLUSTER(", ca_file: secret"), 0644);
    assert_told("secret:0:0: error: it does not consist of complete PEM certificates");
    write_file("c.yaml", CLUSTER(", issuer_ca_file: secret"), 0644);
    assert_told("secret:0:0: error: it does not consist of complete PEM certificates");
    write_file("c.yaml", CLUSTER(", issuer_ca_file: key"), 0644);
    assert_told("key:0:0: error: it contains a private key, which every user would get");
    write_file("c.yaml", CLUSTER(", ca_data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"), 0644);
    assert_told("c.yaml:7:25: error: kubeconfig, cluster prod: ca_data: it does not consist of complete");
    ck_assert_int_eq(error, SP_ERR_CONFIG);
}
SP_TEST_END

/* A CA certificate with text around it, as `openssl x509 -text` writes it, of that total length. */
static void write_long_certificate(size_t len)
{
    char text[SP_KUBE_CA_MAX + 2];
    write_certificate("ca", "key");
    FILE *file = fopen("ca", "r");
    size_t pem_len = fread(text, 1, sizeof text, file);
    fclose(file);
    memset(text + pem_len, 'x', sizeof text - pem_len);
    text[len] = '\0';
    write_file("long", text, 0644);
}

SP_TEST(certificates_and_the_file_of_all_clusters_have_a_limit)
{
    FILES;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_CONFIG_TEXT_MAX);
    write_long_certificate(SP_KUBE_CA_MAX);
    write_file("c.yaml", CLUSTER(", ca_file: long, issuer_ca_file: long"), 0644);
    ck_assert_str_eq(told(), "");
    sp_buf_append_c(&text, SMALLEST "kubeconfig: {clusters: [");
    for (size_t i = 0; i < 12; i++) {
        sp_buf_printf(
            &text, "{name: c%zu, server: 'https://a.example.com', client_id: c%zu, ca_file: long}, ", i, i);
    }
    sp_buf_append_c(&text, "]}\n");
    write_file("c.yaml", sp_buf_c_str(&text), 0644);
    assert_told("c.yaml:7:0: error: kubeconfig: the file of all clusters would be larger than 256 KiB");
    write_long_certificate(SP_KUBE_CA_MAX + 1);
    write_file("c.yaml", CLUSTER(", ca_file: long"), 0644);
    assert_told("long:0:0: error: it has more than 16 KiB, and every kubeconfig would contain it");
}
SP_TEST_END

SP_SUITE("gate/loading", all_files_of_a_configuration_make_a_snapshot,
         a_configuration_that_cannot_be_read_is_told_from_one_that_is_wrong,
         all_that_is_wrong_with_the_files_is_told_at_once_in_their_order,
         a_file_that_is_missing_is_told_with_the_setting_that_names_it,
         the_objects_of_a_folder_are_read_and_what_is_wrong_with_them_told,
         a_kubeconfig_is_judged_where_a_rule_asks_the_cluster,
         who_asks_for_tokens_outside_of_a_pod_needs_a_kubeconfig,
         a_key_that_two_bindings_have_is_told_whatever_its_files_are_called,
         ac_43_a_client_secret_that_is_none_is_refused, a_line_end_is_no_part_of_a_secret, files_have_limits,
         ac_43_keys_that_everybody_can_read_are_refused_where_chmod_helps,
         ac_43_keys_that_this_user_cannot_close_are_a_warning_that_names_what_helps,
         a_file_that_may_not_be_read_is_told_with_its_owner_and_what_helps,
         ac_74_half_a_file_of_the_issuers_authorities_is_refused,
         a_byte_order_mark_at_the_start_of_any_file_is_skipped,
         certificates_of_clusters_are_read_with_the_configuration,
         what_is_no_certificate_for_people_is_told_with_its_place,
         certificates_and_the_file_of_all_clusters_have_a_limit)
