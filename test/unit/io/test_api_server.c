/* SPDX-License-Identifier: Apache-2.0 */

#include "io/api_server.h"

#include "../certificate.h"
#include "../folder.h"

#include <sys/stat.h>
#include <time.h>

#define KUBECONFIG(cluster, user)                                                                            \
    "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"                            \
    "clusters: [{name: k, cluster: {server: 'https://10.0.0.1:6443', " cluster "}}]\n"                       \
    "users: [{name: u, user: {" user "}}]\n"

static const struct sp_api_source pod = {.folder = ".", .host = "10.43.0.1", .port = "443"};
static const struct sp_api_source by_file = {.kubeconfig = "./kubeconfig"};

/* The result of reading. */
struct read {
    enum sp_error error;
    struct sp_reports reports;
    struct sp_api_access *access;
};

static void read_done(struct read *read)
{
    sp_reports_done(&read->reports);
    sp_api_access_unref(read->access);
}

#define READ __attribute__((cleanup(read_done))) struct read

static struct read read_from(const struct sp_api_source *source)
{
    struct read read = {0};
    read.error = sp_api_access_read(source, NULL, 0, &read.reports, &read.access);
    ck_assert_int_eq(read.error == SP_OK, read.reports.errors_n == 0);
    return read;
}

static void check_refused(const struct sp_api_source *source, const char *file, const char *text)
{
    READ read = read_from(source);
    ck_assert_int_eq(read.error, SP_ERR_CONFIG);
    ck_assert_ptr_null(read.access);
    const struct sp_report *report = &read.reports.items[0];
    ck_assert_msg(strstr(report->text, text) != NULL, "%s", report->text);
    ck_assert_str_eq(report->setting, "kubernetes_kubeconfig");
    ck_assert_str_eq(report->file != NULL ? report->file : "", file);
}

SP_TEST(a_pod_has_its_account_in_files)
{
    IN_FOLDER;
    write_certificate("ca.crt", "unused");
    write_file("token", "abc.def\n", 0600);
    READ read = read_from(&pod);
    ck_assert_int_eq(read.error, SP_OK);
    ck_assert_str_eq(read.access->server, "https://10.43.0.1");
    ck_assert_str_eq(read.access->address, "10.43.0.1:443");
    ck_assert_str_view(sp_buf_str(&read.access->authorization), "Bearer abc.def");
    ck_assert(read.access->route.is_direct && read.access->route.ca.len > 100);
    ck_assert_uint_eq(read.access->route.certificate.len, 0);
    READ six = read_from(&(struct sp_api_source){.folder = ".", .host = "fd43::1", .port = "6443"});
    ck_assert_str_eq(six.access->server, "https://[fd43::1]:6443");
    ck_assert_str_eq(six.access->address, "[fd43::1]:6443");
}
SP_TEST_END

SP_TEST(who_is_in_no_pod_is_told)
{
    IN_FOLDER;
    check_refused(&(struct sp_api_source){.folder = "."}, "", "not in a pod");
    check_refused(&(struct sp_api_source){.folder = ".", .host = "a b", .port = "443"}, "",
                  "are not a valid address");
    check_refused(&pod, "./ca.crt", "cannot open ./ca.crt");
}
SP_TEST_END

SP_TEST(a_kubeconfig_names_files_beside_it)
{
    IN_FOLDER;
    write_certificate("ca", "unused");
    write_certificate("cert", "key");
    write_file("kubeconfig",
               KUBECONFIG("certificate-authority: ca, tls-server-name: kubernetes",
                          "client-certificate: cert, client-key: key"),
               0600);
    READ read = read_from(&by_file);
    ck_assert_int_eq(read.error, SP_OK);
    ck_assert_str_eq(read.access->server, "https://kubernetes:6443");
    ck_assert_str_eq(read.access->address, "10.0.0.1:6443");
    ck_assert_uint_eq(read.access->authorization.len, 0);
    ck_assert(read.access->route.certificate.len > 100 && read.access->route.key.len > 100);
}
SP_TEST_END

SP_TEST(what_is_no_certificate_no_key_and_no_token_is_refused)
{
    IN_FOLDER;
    write_file("kubeconfig", "x: [", 0600);
    check_refused(&by_file, "./kubeconfig", "not YAML");
    write_certificate("ca", "ca-key");
    write_certificate("cert", "key");
    write_file("kubeconfig", KUBECONFIG("certificate-authority: ca", "tokenFile: t"), 0600);
    check_refused(&by_file, "./kubeconfig", "cannot open ./t");
    write_file("t", "\n", 0600);
    check_refused(&by_file, "./t", "contains white space");
    write_file("t", "a b", 0600);
    check_refused(&by_file, "./t", "contains white space");
    write_file("t", "a", 0600);
    ck_assert_int_eq(truncate("ca", 150), 0);
    check_refused(&by_file, "./ca", "complete PEM certificates");
    write_file("ca", "", 0600);
    check_refused(&by_file, "./ca", "empty");
    write_file("kubeconfig", KUBECONFIG("", "client-certificate: cert, client-key: ca-key"), 0600);
    check_refused(&by_file, "./ca-key", "PEM key of the client-certificate");
    write_file("kubeconfig", KUBECONFIG("", "client-certificate: key, client-key: key"), 0600);
    check_refused(&by_file, "./key", "client-certificate is not a complete PEM certificate");
}
SP_TEST_END

SP_TEST(a_file_with_a_secret_that_everybody_can_read_is_warned_of)
{
    static const struct {
        const char *user;
        const char *open; /* the file that everybody can read */
        const char *told; /* NULL: no report */
    } cases[] = {
        {"token: t", "./kubeconfig", "./kubeconfig"},
        {"tokenFile: token", "./token", "./token"},
        {"tokenFile: token", "./kubeconfig", NULL}, /* it names the file of the secret */
        {"token: t", "./ca", NULL},
        {"client-certificate: cert, client-key: key", "./key", "./key"},
        {"client-certificate: cert, client-key: key", "./cert", NULL},
    };
    IN_FOLDER;
    write_certificate("ca", "unused");
    write_certificate("cert", "key");
    write_file("token", "t", 0600);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, KUBECONFIG("certificate-authority: ca", "%s"), cases[i].user);
        write_file("kubeconfig", text, 0600);
        ck_assert_int_eq(chmod(cases[i].open, 0644), 0);
        READ read = read_from(&by_file);
        ck_assert_int_eq(read.error, SP_OK);
        ck_assert_uint_eq(read.reports.items_n, cases[i].told != NULL);
        if (cases[i].told != NULL) {
            ck_assert_str_eq(read.reports.items[0].file, cases[i].told);
            ck_assert_str_eq(read.reports.items[0].text, "everybody can read it; run chmod 600 on the file");
        }
        struct sp_reports later = {0};
        struct sp_api_server *server = sp_api_server_new(&by_file);
        struct sp_api_access *access = sp_api_server_look(server, 0, &later);
        ck_assert_ptr_nonnull(access);
        ck_assert_uint_eq(later.items_n, 0); /* the log would repeat it each time */
        sp_api_access_unref(access);
        sp_api_server_free(server);
        ck_assert_int_eq(chmod(cases[i].open, 0600), 0);
    }
}
SP_TEST_END

SP_TEST(a_file_that_is_missing_is_told_once_by_what_names_it)
{
    static const struct {
        const char *cluster;
        const char *user;
        const char *text;
    } cases[] = {
        {"certificate-authority: none", "token: t", "cannot open ./none"},
        {"", "client-certificate: none, client-key: key", "cannot open ./none"},
        {"", "client-certificate: cert, client-key: none", "cannot open ./none"},
        {"", "tokenFile: none", "cannot open ./none"},
    };
    IN_FOLDER;
    write_certificate("cert", "key");
    READ missing = read_from(&by_file);
    ck_assert_uint_eq(missing.reports.items_n, 1);
    ck_assert_str_eq(missing.reports.items[0].hint, "named by the setting kubernetes_kubeconfig; a relative "
                                                    "path starts at the folder of the configuration file");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, KUBECONFIG("%s", "%s"), cases[i].cluster, cases[i].user);
        write_file("kubeconfig", text, 0600);
        READ read = read_from(&by_file);
        ck_assert_uint_eq(read.reports.items_n, 1);
        ck_assert_str_eq(read.reports.items[0].file, "./kubeconfig");
        ck_assert_uint_gt(read.reports.items[0].line, 0);
        ck_assert_ptr_nonnull(strstr(read.reports.items[0].text, cases[i].text));
        ck_assert_str_eq(read.reports.items[0].hint, "a relative path starts at the kubeconfig's folder");
    }
}
SP_TEST_END

SP_TEST(ac_74_a_file_of_any_size_or_none_holds_nobody_up)
{
    IN_FOLDER;
    write_certificate("ca.crt", "unused");
    write_file("token", "x", 0600);
    ck_assert_int_eq(truncate("token", SP_API_TOKEN_MAX + 1), 0);
    check_refused(&pod, "./token", "larger than 65536 bytes");
    ck_assert_int_eq(truncate("token", INT64_C(1) << 40), 0);
    check_refused(&pod, "./token", "larger than 65536 bytes");
    ck_assert_int_eq(unlink("token"), 0);
    ck_assert_int_eq(mkfifo("token", 0600), 0);
    check_refused(&pod, "./token", "not a regular file");
}
SP_TEST_END

/* ---- while the program runs ------------------------------------------------------------------------ */

static void free_server(struct sp_api_server **server)
{
    sp_api_server_free(*server);
}

#define SERVER __attribute__((cleanup(free_server))) struct sp_api_server *

/* Checks, late enough for each file to have settled. */
static struct read look(struct sp_api_server *server)
{
    struct read read = {0};
    for (int i = 0; i < 2 && read.access == NULL && read.reports.items_n == 0; i++) { /* until two agree */
        read.access = sp_api_server_look(server, (int64_t)time(NULL) + 100, &read.reports);
    }
    return read;
}

SP_TEST(a_new_token_makes_a_new_access)
{
    IN_FOLDER;
    write_certificate("ca.crt", "unused");
    write_file("token", "one", 0600);
    SERVER server = sp_api_server_new(&pod);
    READ first = look(server);
    ck_assert_str_view(sp_buf_str(&first.access->authorization), "Bearer one");
    READ same = look(server);
    ck_assert_ptr_null(same.access);
    write_file("token", "two", 0640);
    READ second = look(server);
    ck_assert_str_view(sp_buf_str(&second.access->authorization), "Bearer two");
    ck_assert_str_view(sp_buf_str(&first.access->authorization), "Bearer one");
}
SP_TEST_END

SP_TEST(a_file_that_is_written_again_with_the_same_text_makes_none)
{
    IN_FOLDER;
    write_certificate("ca.crt", "unused");
    write_file("token", "one", 0600);
    SERVER server = sp_api_server_new(&pod);
    READ first = look(server);
    ck_assert_ptr_nonnull(first.access);
    ck_assert_int_eq(unlink("token"), 0);
    write_file("token", "one", 0640);
    READ same = look(server);
    ck_assert(same.access == NULL && same.reports.errors_n == 0);
}
SP_TEST_END

SP_TEST(ac_74_what_cannot_be_used_leaves_the_old_one_and_is_said)
{
    IN_FOLDER;
    write_certificate("ca.crt", "unused");
    write_file("token", "one", 0600);
    SERVER server = sp_api_server_new(&pod);
    READ first = look(server);
    ck_assert_ptr_nonnull(first.access);
    ck_assert_int_eq(truncate("ca.crt", 100), 0);
    READ half = look(server);
    ck_assert(half.access == NULL && half.reports.errors_n == 1);
    ck_assert_str_eq(half.reports.items[0].file, "./ca.crt");
    READ again = look(server);
    ck_assert(again.access == NULL && again.reports.errors_n == 0);
    ck_assert_int_eq(chmod("ca.crt", 0640), 0);
    READ touched = look(server); /* still half a file: already reported */
    ck_assert(touched.access == NULL && touched.reports.errors_n == 0);
    write_certificate("ca.crt", "unused");
    READ whole = look(server);
    ck_assert_ptr_nonnull(whole.access);
}
SP_TEST_END

SP_TEST(files_that_are_not_there_yet_are_waited_for)
{
    IN_FOLDER;
    SERVER server = sp_api_server_new(&by_file);
    READ none = look(server);
    ck_assert(none.access == NULL && none.reports.errors_n == 1);
    write_file("kubeconfig", KUBECONFIG("", "tokenFile: later"), 0600);
    READ half = look(server);
    ck_assert(half.access == NULL && half.reports.errors_n == 1);
    write_file("later", "token", 0600);
    READ whole = look(server);
    ck_assert_str_view(sp_buf_str(&whole.access->authorization), "Bearer token");
}
SP_TEST_END

SP_SUITE("io/api_server", a_pod_has_its_account_in_files, who_is_in_no_pod_is_told,
         a_kubeconfig_names_files_beside_it, what_is_no_certificate_no_key_and_no_token_is_refused,
         a_file_with_a_secret_that_everybody_can_read_is_warned_of,
         a_file_that_is_missing_is_told_once_by_what_names_it,
         ac_74_a_file_of_any_size_or_none_holds_nobody_up, a_new_token_makes_a_new_access,
         a_file_that_is_written_again_with_the_same_text_makes_none,
         ac_74_what_cannot_be_used_leaves_the_old_one_and_is_said,
         files_that_are_not_there_yet_are_waited_for)
