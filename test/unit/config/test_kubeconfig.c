/* SPDX-License-Identifier: Apache-2.0 */
#include "config/kubeconfig.h"

#include "../suite.h"

#include <stdio.h>

#define CLUSTER "    server: https://kube.example.com:6443\n    certificate-authority: ca.crt\n"
#define USER    "    token: abc.def\n"

/* A kubeconfig with this cluster and user, which start in lines 6 and 11. */
static char *text_with(const char *cluster, const char *user)
{
    char *text = NULL;
    ck_assert_int_gt(asprintf(&text,
                              "apiVersion: v1\n"
                              "kind: Config\n"
                              "clusters:\n"
                              "- name: central\n"
                              "  cluster:\n"
                              "%s"
                              "users:\n"
                              "- name: other\n"
                              "  user: {exec: {command: kubelogin}}\n"
                              "- name: sallyport\n"
                              "  user:\n"
                              "%s"
                              "contexts:\n"
                              "- {name: there, context: {cluster: central, user: sallyport, namespace: x}}\n"
                              "current-context: there\n",
                              cluster, user),
                     0);
    return text;
}

struct read {
    enum sp_error error;
    struct sp_reports reports;
    struct sp_kubeconfig kubeconfig;
};

static void read_done(struct read *read)
{
    sp_kubeconfig_done(&read->kubeconfig);
    sp_reports_done(&read->reports);
}

#define READ __attribute__((cleanup(read_done))) struct read

static struct read read_text(const char *text)
{
    struct read read = {0};
    read.error =
        sp_kubeconfig_read(sp_str_from_c(text), "/etc/sallyport/kubeconfig", &read.reports, &read.kubeconfig);
    ck_assert_int_eq(read.error == SP_OK, read.reports.errors_n == 0);
    return read;
}

static struct read read_with(const char *cluster, const char *user)
{
    char *text = text_with(cluster, user);
    struct read read = read_text(text);
    free(text);
    return read;
}

static void check_reads(const struct read *read)
{
    ck_assert_msg(read->error == SP_OK, "%s", read->reports.items_n > 0 ? read->reports.items[0].text : "?");
}

SP_TEST(the_cluster_and_the_user_of_the_current_context_are_read)
{
    READ read = read_with(CLUSTER, USER);
    check_reads(&read);
    ck_assert_str_eq(read.kubeconfig.server, "https://kube.example.com:6443");
    ck_assert_str_view(sp_host_str(&read.kubeconfig.name), "kube.example.com");
    ck_assert_str_eq(read.kubeconfig.ca.file, "/etc/sallyport/ca.crt");
    ck_assert_str_view(sp_buf_str(&read.kubeconfig.token.text), "abc.def");
    ck_assert_ptr_null(read.kubeconfig.certificate.file);
}
SP_TEST_END

SP_TEST(a_path_of_the_server_and_a_name_for_tls_are_kept)
{
    READ read =
        read_with("    server: https://10.0.0.1/k8s/clusters/c-1/\n    tls-server-name: Kubernetes\n"
                  "    insecure-skip-tls-verify: false\n    proxy-url: ''\n    extensions: [{name: x}]\n",
                  USER);
    check_reads(&read);
    ck_assert_str_eq(read.kubeconfig.server, "https://10.0.0.1/k8s/clusters/c-1");
    ck_assert_str_view(sp_host_str(&read.kubeconfig.name), "kubernetes");
    ck_assert_ptr_null(read.kubeconfig.ca.file);
}
SP_TEST_END

SP_TEST(what_stands_in_it_comes_before_a_file_and_a_token_file_before_a_token)
{
    READ read = read_with("    server: https://10.0.0.1\n    certificate-authority: ca\n"
                          "    certificate-authority-data: cGVtMQ==\n",
                          "    client-certificate: c\n    client-certificate-data: cGVt/+8=\n"
                          "    client-key: /k\n    token: t\n    tokenFile: /run/token\n");
    check_reads(&read);
    ck_assert_str_view(sp_buf_str(&read.kubeconfig.ca.text), "pem1");
    ck_assert_ptr_null(read.kubeconfig.ca.file);
    ck_assert_str_view(sp_buf_str(&read.kubeconfig.certificate.text), "pem\xff\xef");
    ck_assert_str_eq(read.kubeconfig.key.file, "/k");
    ck_assert_str_eq(read.kubeconfig.token.file, "/run/token");
    ck_assert_uint_eq(read.kubeconfig.token.text.len, 0);
}
SP_TEST_END

SP_TEST(two_of_one_name_are_told_with_both_lines)
{
    static const struct {
        const char *text;
        const char *told;
        uint32_t line;
    } cases[] = {
        {"- {name: a, context: {cluster: b, user: c}}\n"
         "- {name: a, context: {cluster: b, user: c}}\n"
         "clusters:\n- {name: b, cluster: {server: 'https://h'}}\n"
         "users:\n- {name: c, user: {token: t}}\n",
         "the context \"a\" is in the list contexts for the second time: the first is in line 3", 4},
        {"- {name: a, context: {cluster: b, user: c}}\n"
         "clusters:\n- {name: b}\n- {name: b, cluster: {server: 'https://h'}}\n"
         "users:\n- {name: c, user: {token: t}}\n",
         "the cluster \"b\" is in the list clusters for the second time: the first is in line 5", 6},
        {"- {name: a, context: {cluster: b, user: c}}\n"
         "clusters:\n- {name: b, cluster: {server: 'https://h'}}\n"
         "users:\n- {name: c, user: {token: t}}\n- {name: d, user: {}}\n- {name: c, user: {token: u}}\n",
         "the user \"c\" is in the list users for the second time: the first is in line 7", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "current-context: a\ncontexts:\n%s", cases[i].text);
        READ read = read_text(text);
        ck_assert_uint_eq(read.reports.errors_n, 1);
        ck_assert_str_eq(read.reports.items[0].text, cases[i].told);
        ck_assert_uint_eq(read.reports.items[0].line, cases[i].line);
    }
    READ other =
        read_text("current-context: a\ncontexts:\n- {name: a, context: {cluster: b, user: c}}\n"
                  "clusters:\n- {name: b, cluster: {server: 'https://h'}}\n- {name: x}\n- {name: x}\n"
                  "users:\n- {name: c, user: {token: t}}\n");
    check_reads(&other);
}
SP_TEST_END

SP_TEST(slashes_at_the_end_of_the_server_do_not_count)
{
    static const char *const servers[] = {"https://h", "https://h/", "https://h//", "https://h///"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        char cluster[64];
        snprintf(cluster, sizeof cluster, "    server: %s\n", servers[i]);
        READ read = read_with(cluster, USER);
        check_reads(&read);
        ck_assert_str_eq(read.kubeconfig.server, "https://h");
    }
    READ of_path = read_with("    server: https://h/a//\n", USER);
    check_reads(&of_path);
    ck_assert_str_eq(of_path.kubeconfig.server, "https://h/a");
    static const char *const others[] = {"https://h//a", "https://", "https:///", "/"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char cluster[64];
        snprintf(cluster, sizeof cluster, "    server: %s\n", others[i]);
        READ read = read_with(cluster, USER);
        ck_assert_msg(read.error != SP_OK, "%s", others[i]);
    }
}
SP_TEST_END

SP_TEST(base64_may_be_of_several_lines)
{
    READ read = read_with(
        "    server: https://10.0.0.1\n    certificate-authority-data: |\n      cGVt\n      MQ==\n", USER);
    check_reads(&read);
    ck_assert_str_view(sp_buf_str(&read.kubeconfig.ca.text), "pem1");
}
SP_TEST_END

SP_TEST(plain_http_is_for_loopback_and_carries_no_token)
{
    READ proxy = read_with("    server: http://127.0.0.1:8001\n", "    extensions: []\n");
    check_reads(&proxy);
    READ token = read_with("    server: http://127.0.0.1:8001\n", USER);
    ck_assert_str_eq(token.reports.items[0].text, "a token is never sent over http");
}
SP_TEST_END

static void check_refused(const struct read *read, uint32_t line, uint32_t column, const char *text)
{
    ck_assert_int_eq(read->error, SP_ERR_CONFIG);
    const struct sp_report *report = &read->reports.items[0];
    ck_assert_msg(strstr(report->text, text) != NULL, "%s", report->text);
    ck_assert_str_eq(report->file, "/etc/sallyport/kubeconfig");
    ck_assert_str_eq(report->setting, "kubernetes_kubeconfig");
    ck_assert_msg(report->line == line && report->column == column, "%s: %u:%u", report->text, report->line,
                  report->column);
}

SP_TEST(what_is_not_accepted_is_named_with_its_place)
{
    static const struct {
        const char *cluster;
        const char *user;
        uint32_t line;
        uint32_t column;
        const char *text;
    } cases[] = {
        {CLUSTER, "    exec: {command: aws}\n", 13, 5, "\"exec\" is not accepted"},
        {CLUSTER, "    auth-provider: {name: gcp}\n", 13, 5, "\"auth-provider\" is not accepted"},
        {CLUSTER, USER "    username: a\n", 14, 5, "\"username\" is not accepted"},
        {CLUSTER, "    password: a\n", 13, 5, "\"password\" is not accepted"},
        {CLUSTER, USER "    as: admin\n", 14, 5, "\"as\" is not accepted"},
        {CLUSTER "    insecure-skip-tls-verify: true\n", USER, 8, 5, "\"insecure-skip-tls-verify\" is not"},
        {CLUSTER "    proxy-url: http://proxy:3128\n", USER, 8, 5, "\"proxy-url\" is not accepted"},
        {CLUSTER "    certificate-authority-data: '!'\n", USER, 8, 33,
         "certificate-authority-data is not base64"},
        {CLUSTER "    certificate-authority-data: cGVtM===\n", USER, 8, 33, "is not base64"},
        {CLUSTER, "    token: [a]\n", 13, 12, "token must be a string"},
        {CLUSTER, "    token: a b\n", 13, 5, "a character that is not printable ASCII"},
        {CLUSTER, "    client-certificate: c\n", 13, 5, "needs its key"},
        {CLUSTER, USER "    client-key: c\n", 13, 5, "needs its key"},
        {CLUSTER, "    token: ''\n", 13, 5, "no token, no tokenFile and no client certificate"},
        {"    server: http://kube.example.com\n", USER, 6, 13, "server must be"},
        {"    server: https://kube.example.com?x\n", USER, 6, 13, "server must be"},
        {"    server: https://a@kube.example.com\n", USER, 6, 13, "server must be"},
        {"    server: https://kube.example.com/../x\n", USER, 6, 13, "server must be"},
        {"    certificate-authority: x\n", USER, 6, 5, "server must be"},
        {"    server: https://a\n    tls-server-name: 'a b'\n", USER, 7, 22, "tls-server-name is not a host"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        READ read = read_with(cases[i].cluster, cases[i].user);
        check_refused(&read, cases[i].line, cases[i].column, cases[i].text);
    }
}
SP_TEST_END

SP_TEST(a_text_that_is_no_kubeconfig_is_refused)
{
    static const struct {
        const char *text;
        uint32_t line;
        uint32_t column;
        const char *message;
    } cases[] = {
        {"", 1, 1, "not a kubeconfig"},
        {"x\n", 1, 1, "not a kubeconfig"},
        {"a: b: c\n", 1, 5, "not YAML"},
        {"current-context: x\nkind: Config\ncurrent-context: x\n", 3, 1, "appears twice"},
        {"kind: Config\n", 1, 1, "no context is named"},
        {"current-context: [x]\n", 1, 18, "no context is named"},
        {"current-context: x\n", 1, 18, "no context \"x\" is in the list contexts"},
        {"current-context: x\ncontexts: [{name: x, context: {user: u}}]\n", 1, 1, "no cluster is named"},
        {"current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n", 2, 41,
         "no cluster \"c\" is in the list clusters"},
        {"current-context: x\ncontexts: [{name: x, context: y}, z]\n", 1, 18, "no context \"x\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        READ read = read_text(cases[i].text);
        check_refused(&read, cases[i].line, cases[i].column, cases[i].message);
    }
}
SP_TEST_END

SP_TEST(a_text_that_is_cut_anywhere_is_read_or_refused)
{
    char *whole = text_with(CLUSTER, USER);
    for (size_t len = strlen(whole); len-- > 0;) {
        whole[len] = '\0';
        READ read = read_text(whole);
        ck_assert(read.error == SP_OK || read.error == SP_ERR_CONFIG);
    }
    free(whole);
}
SP_TEST_END

SP_SUITE("config/kubeconfig", the_cluster_and_the_user_of_the_current_context_are_read,
         a_path_of_the_server_and_a_name_for_tls_are_kept,
         what_stands_in_it_comes_before_a_file_and_a_token_file_before_a_token,
         base64_may_be_of_several_lines, two_of_one_name_are_told_with_both_lines,
         slashes_at_the_end_of_the_server_do_not_count, plain_http_is_for_loopback_and_carries_no_token,
         what_is_not_accepted_is_named_with_its_place, a_text_that_is_no_kubeconfig_is_refused,
         a_text_that_is_cut_anywhere_is_read_or_refused)
