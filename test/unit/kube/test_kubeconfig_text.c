/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kubeconfig_text.h"

#include "../suite.h"

#include <stdio.h>

#define ISSUER "https://dex.example.com/dex"

static const struct sp_kube_cluster prod = {
    .name = (char[]){"prod"},
    .server = (char[]){"https://kube.example.com"},
    .ca_data = (char[]){"LS0tLQ=="},
    .issuer = (char[]){ISSUER},
    .issuer_ca_data = (char[]){"LS0t"},
    .client_id = (char[]){"kube-prod"},
    .namespace = (char[]){"default"},
    .description = (char[]){"for the page"},
};

static const struct sp_kube_cluster test = {
    .name = (char[]){"test"},
    .server = (char[]){"https://kube.example.com:6443/test"},
    .issuer = (char[]){ISSUER},
    .client_id = (char[]){"kube-test"},
};

#define WRITTEN(out)                                                                                         \
    SP_BUF_SCOPED struct sp_buf out;                                                                         \
    sp_buf_init(&(out), SP_KUBECONFIG_TEXT_MAX)

SP_TEST(a_file_has_the_cluster_its_context_and_the_plugin_as_its_user)
{
    WRITTEN(out);
    sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&prod}, 1, NULL, &out);
    ck_assert_str_view(
        sp_buf_str(&out),
        "apiVersion: v1\n"
        "kind: Config\n"
        "clusters:\n"
        "- name: \"prod\"\n"
        "  cluster:\n"
        "    server: \"https://kube.example.com\"\n"
        "    certificate-authority-data: \"LS0tLQ==\"\n"
        "contexts:\n"
        "- name: \"prod\"\n"
        "  context:\n"
        "    cluster: \"prod\"\n"
        "    user: \"kube-prod@dex.example.com/dex\"\n"
        "    namespace: \"default\"\n"
        "current-context: \"prod\"\n"
        "users:\n"
        "- name: \"kube-prod@dex.example.com/dex\"\n"
        "  user:\n"
        "    exec:\n"
        "      apiVersion: client.authentication.k8s.io/v1\n"
        "      command: kubectl-oidc_login\n"
        "      interactiveMode: IfAvailable\n"
        "      provideClusterInfo: false\n"
        "      installHint: \"kubectl-oidc_login is missing: install kubelogin, 1.31 or newer, by "
        "one of: brew install kubelogin, kubectl krew install oidc-login, choco install "
        "kubelogin\"\n"
        "      args:\n"
        "      - get-token\n"
        "      - \"--oidc-issuer-url=https://dex.example.com/dex\"\n"
        "      - \"--oidc-client-id=kube-prod\"\n"
        "      - \"--oidc-extra-scope=email,groups,profile,offline_access\"\n"
        "      - \"--certificate-authority-data=LS0t\"\n");
}
SP_TEST_END

SP_TEST(with_a_token_it_stands_in_place_of_the_plugin_under_names_of_its_own)
{
    const struct sp_kubeconfig_token token = {SP_STR("a.b.c"), SP_STR("sallyport"), SP_STR(ISSUER)};
    WRITTEN(out);
    sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&test, &prod}, 2, &token, &out);
    ck_assert_str_view(sp_buf_str(&out), "apiVersion: v1\n"
                                         "kind: Config\n"
                                         "clusters:\n"
                                         "- name: \"test\"\n"
                                         "  cluster:\n"
                                         "    server: \"https://kube.example.com:6443/test\"\n"
                                         "- name: \"prod\"\n"
                                         "  cluster:\n"
                                         "    server: \"https://kube.example.com\"\n"
                                         "    certificate-authority-data: \"LS0tLQ==\"\n"
                                         "contexts:\n"
                                         "- name: \"test@token\"\n"
                                         "  context:\n"
                                         "    cluster: \"test\"\n"
                                         "    user: \"sallyport@dex.example.com/dex#token\"\n"
                                         "- name: \"prod@token\"\n"
                                         "  context:\n"
                                         "    cluster: \"prod\"\n"
                                         "    user: \"sallyport@dex.example.com/dex#token\"\n"
                                         "    namespace: \"default\"\n"
                                         "current-context: \"test@token\"\n"
                                         "users:\n"
                                         "- name: \"sallyport@dex.example.com/dex#token\"\n"
                                         "  user:\n"
                                         "    token: \"a.b.c\"\n");
}
SP_TEST_END

static size_t count(const struct sp_buf *text, const char *part)
{
    struct sp_str all = sp_buf_str(text);
    size_t n = 0;
    for (size_t i = 0; i < all.len; i++) {
        n += sp_str_starts_with(sp_str_skip(all, i), sp_str_from_c(part)) ? 1 : 0;
    }
    return n;
}

SP_TEST(clusters_that_share_issuer_and_client_share_one_user)
{
    struct sp_kube_cluster third = test;
    struct sp_kube_cluster other_issuer = test;
    third.name = (char[]){"third"};
    third.client_id = prod.client_id;
    other_issuer.name = (char[]){"other"};
    other_issuer.issuer = (char[]){"https://dex.example.com/other"};
    WRITTEN(out);
    sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&prod, &test, &third, &other_issuer}, 4,
                              NULL, &out);
    ck_assert_uint_eq(count(&out, "    exec:\n"), 3);
    ck_assert_uint_eq(count(&out, "    user: \"kube-prod@dex.example.com/dex\"\n"), 2);
    ck_assert_uint_eq(count(&out, "- name: \"kube-prod@dex.example.com/dex\"\n"), 1);
    ck_assert_uint_eq(count(&out, "- name: \"kube-test@dex.example.com/other\"\n"), 1);
    ck_assert_uint_eq(count(&out, "- name: \"kube-test@dex.example.com/dex\"\n"), 1);
}
SP_TEST_END

SP_TEST(no_two_logins_have_one_name)
{
    static char logins[][3][40] = {
        {"a", "https://x/y@z", "\"a@x/y@z\"\n"},
        {"a@x/y", "https://z", "\"a%40x/y@z\"\n"},
        {"a%40x/y", "https://z", "\"a%2540x/y@z\"\n"},
        {"a", "http://localhost", "\"a@http://localhost\"\n"},
        {"a", "https://localhost", "\"a@localhost\"\n"},
        {"a#token", "https://x", "\"a#token@x\"\n"},
    };
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        struct sp_kube_cluster cluster = test;
        cluster.client_id = logins[i][0];
        cluster.issuer = logins[i][1];
        WRITTEN(out);
        sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&cluster}, 1, NULL, &out);
        ck_assert_msg(count(&out, logins[i][2]) == 2, "%s", sp_buf_c_str(&out));
    }
}
SP_TEST_END

/* Attack 64. What kubectl and shells make of it is tested with the real programs. */
SP_TEST(ac_64_specials_of_yaml_and_of_shells_stay_in_one_quoted_string_on_one_line)
{
    static char specials[][40] = {
        "\"",         "\\",       "'",      "\n",   "\r\n", "\n'@ | calc", "\nEND_OF_KUBECONFIG\nreboot",
        "$(reboot)",  "`reboot`", "%PATH%", "#",    ": ",   "- ",          "&a *a",
        "!!binary x", "{{",       "\t",     "\x7f", "'@",   "| iex",
    };
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        char *text = specials[i];
        const struct sp_kube_cluster hostile = {.name = (char[]){"prod"},
                                                .server = text,
                                                .ca_data = text,
                                                .issuer = text,
                                                .issuer_ca_data = text,
                                                .client_id = text,
                                                .namespace = text};
        const struct sp_kubeconfig_token token = {sp_str_from_c(text), sp_str_from_c(text),
                                                  sp_str_from_c(text)};
        WRITTEN(plain);
        WRITTEN(out);
        WRITTEN(with_token);
        sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&prod}, 1, NULL, &plain);
        sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&hostile}, 1, NULL, &out);
        sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&hostile}, 1, &token, &with_token);
        ck_assert_uint_eq(count(&out, "\n"), count(&plain, "\n"));
        ck_assert_uint_eq(count(&out, "\n'@") + count(&out, "\nEND_OF_KUBECONFIG"), 0);
        ck_assert_uint_eq(count(&out, "\r") + count(&out, "\t") + count(&out, "\x7f"), 0);
        ck_assert_uint_eq(count(&with_token, "\n"), 18);
    }
}
SP_TEST_END

SP_TEST(a_name_is_a_label_that_is_a_file_everywhere)
{
    static const char *const good[] = {"a",   "0",    "prod-1", "all-1", "con1",
                                       "com", "comx", "lptx",   "com10", "a--b"};
    static const char *const labels[] = {"all", "con", "prn", "aux", "nul", "com0", "com9", "lpt1"};
    static const char *const bad[] = {"",   "-a",   "a-", "A",   "a.b", "a_b", "a b", "a/b", "..",      "a\n",
                                      "a'", "a\"b", "$a", "`a`", "a;b", "a&b", "%a%", "a@b", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(sp_kube_is_cluster_name(sp_str_from_c(good[i])), "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        ck_assert_msg(sp_kube_is_label(sp_str_from_c(labels[i])), "%s", labels[i]);
        ck_assert_msg(!sp_kube_is_cluster_name(sp_str_from_c(labels[i])), "%s", labels[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!sp_kube_is_label(sp_str_from_c(bad[i])), "%s", bad[i]);
    }
    char longest[SP_KUBE_LABEL_MAX + 1];
    memset(longest, 'a', sizeof longest);
    ck_assert(sp_kube_is_cluster_name((struct sp_str){longest, SP_KUBE_LABEL_MAX}));
    ck_assert(!sp_kube_is_label((struct sp_str){longest, SP_KUBE_LABEL_MAX + 1}));
}
SP_TEST_END

SP_TEST(the_longest_name_has_room_in_every_entry)
{
    char name[SP_KUBE_LABEL_MAX + 1] = "";
    memset(name, 'a', SP_KUBE_LABEL_MAX);
    struct sp_kube_cluster cluster = test;
    cluster.name = name;
    const struct sp_kubeconfig_token token = {SP_STR("a"), SP_STR("b"), SP_STR(ISSUER)};
    WRITTEN(out);
    sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&cluster}, 1, &token, &out);
    ck_assert_uint_eq(count(&out, name), 4);
    ck_assert_uint_eq(count(&out, "@token\"\n"), 2);
}
SP_TEST_END

/* The certificates of the first cluster, and of its issuer, have this many bytes. */
static bool fits_with(size_t ca_len, size_t issuer_ca_len, size_t clusters_n)
{
    static char ca[SP_KUBECONFIG_TEXT_MAX + 1];
    static char issuer_ca[SP_KUBECONFIG_TEXT_MAX + 1];
    static char names[SP_KUBE_CLUSTERS_MAX][SP_KUBE_LABEL_MAX + 1];
    struct sp_kube_cluster clusters[SP_KUBE_CLUSTERS_MAX];
    memset(ca, 'A', sizeof ca);
    ca[ca_len] = '\0';
    for (size_t i = 0; i < clusters_n; i++) {
        snprintf(names[i], sizeof names[i], "c%zu", i);
        clusters[i] = test;
        clusters[i].name = names[i];
    }
    clusters[0].ca_data = ca;
    memset(issuer_ca, 'A', sizeof issuer_ca);
    issuer_ca[issuer_ca_len] = '\0';
    clusters[0].issuer_ca_data = issuer_ca;
    return sp_kubeconfig_text_fits(clusters, clusters_n, SP_STR("sallyport"), SP_STR(ISSUER));
}

SP_TEST(a_file_that_would_grow_past_its_limit_does_not_fit)
{
    WRITTEN(plugin);
    WRITTEN(with_token);
    struct sp_kube_cluster cluster = test;
    cluster.name = (char[]){"c0"};
    cluster.ca_data = (char[]){""};
    cluster.issuer_ca_data = (char[]){""};
    const struct sp_kubeconfig_token token = {SP_STR_NONE, SP_STR("sallyport"), SP_STR(ISSUER)};
    sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&cluster}, 1, NULL, &plugin);
    sp_kubeconfig_text_append((const struct sp_kube_cluster *[]){&cluster}, 1, &token, &with_token);
    ck_assert_uint_lt(plugin.len, with_token.len + SP_KUBECONFIG_TOKEN_MAX); /* so it can be longer */
    size_t room = SP_KUBECONFIG_TEXT_MAX - SP_KUBECONFIG_TOKEN_MAX - with_token.len;
    ck_assert(fits_with(room, 0, 1));
    ck_assert(!fits_with(room + 1, 0, 1));
    ck_assert(fits_with(0, 0, SP_KUBE_CLUSTERS_MAX));
    room = SP_KUBECONFIG_TEXT_MAX - plugin.len; /* only this one has the issuer's certificates */
    ck_assert(fits_with(1, room - 1, 1));
    ck_assert(!fits_with(1, room, 1));
}
SP_TEST_END

SP_TEST(commands_name_the_file_and_hold_it_as_it_is)
{
    WRITTEN(out);
    sp_kubeconfig_text_append_save(SP_SHELL_POSIX, SP_STR("prod"), SP_STR("a: $b\n"), &out);
    ck_assert_str_view(sp_buf_str(&out), "mkdir -p \"$HOME/.kube/sallyport\" &&\n"
                                         "  cat > \"$HOME/.kube/sallyport/prod.yaml\" <<'END_OF_KUBECONFIG'\n"
                                         "a: $b\n"
                                         "END_OF_KUBECONFIG");
    sp_buf_clear(&out);
    sp_kubeconfig_text_append_save(SP_SHELL_POWERSHELL, SP_STR("prod"), SP_STR("a: $b\n"), &out);
    ck_assert_str_view(sp_buf_str(&out),
                       "New-Item -ItemType Directory -Force \"$HOME\\.kube\\sallyport\" | Out-Null\n"
                       "@'\n"
                       "a: $b\n"
                       "'@ | Set-Content -Encoding ascii \"$HOME\\.kube\\sallyport\\prod.yaml\"");
    sp_buf_clear(&out);
    sp_kubeconfig_text_append_merge(SP_SHELL_POSIX, SP_STR(SP_KUBECONFIG_ALL), &out);
    ck_assert_str_view(
        sp_buf_str(&out),
        "(umask 077 && cd \"$HOME/.kube\" && cat sallyport/all.yaml > /dev/null &&\n"
        "  KUBECONFIG=config:sallyport/all.yaml kubectl config view --flatten > config.merged &&\n"
        "  mv config.merged config)");
    sp_buf_clear(&out);
    sp_kubeconfig_text_append_merge(SP_SHELL_POWERSHELL, SP_STR("prod"), &out);
    ck_assert_str_view(
        sp_buf_str(&out),
        "Push-Location \"$HOME\\.kube\"\n"
        "$before = $env:KUBECONFIG\n"
        "$env:KUBECONFIG = 'config;sallyport\\prod.yaml'\n"
        "cmd /c 'type sallyport\\prod.yaml > nul && kubectl config view --flatten > config.merged'\n"
        "if ($LASTEXITCODE -eq 0) { Move-Item -Force config.merged config }\n"
        "$env:KUBECONFIG = $before\n"
        "Pop-Location");
    sp_buf_clear(&out);
    sp_kubeconfig_text_append_use(SP_SHELL_POSIX, SP_STR("prod"), &out);
    ck_assert_str_view(sp_buf_str(&out), "export KUBECONFIG=\"$HOME/Downloads/prod.token.yaml\"\n"
                                         "chmod 600 \"$KUBECONFIG\"");
    sp_buf_clear(&out);
    sp_kubeconfig_text_append_use(SP_SHELL_POWERSHELL, SP_STR("prod"), &out);
    ck_assert_str_view(sp_buf_str(&out), "$env:KUBECONFIG = \"$HOME\\Downloads\\prod.token.yaml\"");
    ck_assert_str_eq(sp_kubeconfig_text_install(SP_SHELL_POSIX),
                     "brew install kubelogin\nkubectl krew install oidc-login");
    ck_assert_str_eq(sp_kubeconfig_text_install(SP_SHELL_POWERSHELL),
                     "choco install kubelogin\nkubectl krew install oidc-login");
}
SP_TEST_END

SP_TEST(every_command_has_room_in_its_limit)
{
    char name[SP_KUBE_LABEL_MAX];
    memset(name, 'a', sizeof name);
    for (int shell = SP_SHELL_POSIX; shell <= SP_SHELL_POWERSHELL; shell++) {
        SP_BUF_ON_STACK(out, SP_KUBECONFIG_COMMAND_MAX);
        struct sp_str longest = {name, sizeof name};
        sp_kubeconfig_text_append_save((enum sp_shell)shell, longest, SP_STR_NONE, &out);
        ck_assert_int_eq(sp_buf_error(&out), SP_OK);
        sp_buf_clear(&out);
        sp_kubeconfig_text_append_merge((enum sp_shell)shell, longest, &out);
        ck_assert_int_eq(sp_buf_error(&out), SP_OK);
        sp_buf_clear(&out);
        sp_kubeconfig_text_append_use((enum sp_shell)shell, longest, &out);
        ck_assert_int_eq(sp_buf_error(&out), SP_OK);
    }
}
SP_TEST_END

SP_SUITE("kubeconfig_text", a_file_has_the_cluster_its_context_and_the_plugin_as_its_user,
         with_a_token_it_stands_in_place_of_the_plugin_under_names_of_its_own,
         clusters_that_share_issuer_and_client_share_one_user, no_two_logins_have_one_name,
         ac_64_specials_of_yaml_and_of_shells_stay_in_one_quoted_string_on_one_line,
         a_name_is_a_label_that_is_a_file_everywhere, the_longest_name_has_room_in_every_entry,
         a_file_that_would_grow_past_its_limit_does_not_fit, commands_name_the_file_and_hold_it_as_it_is,
         every_command_has_room_in_its_limit)
