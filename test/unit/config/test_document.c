/* SPDX-License-Identifier: Apache-2.0 */
#include "config/document.h"

#include "config/settings.h"
#include "fixture.h"

#define PAGE SP_SOURCE_ROOT "/doc/configuration.md"

static struct sp_str dump_of(const struct sp_config *config, struct sp_buf *out)
{
    sp_buf_init(out, SP_CONFIG_DUMP_MAX);
    sp_config_dump(config, out);
    ck_assert_int_eq(sp_buf_error(out), SP_OK);
    return sp_buf_str(out);
}

static void assert_dump_is_a_fixed_point(const char *settings)
{
    LOADED_SCOPED struct loaded first = load_settings(settings, NULL);
    ck_assert_msg(first.error == SP_OK, "%s", tell_reports(&first));
    SP_BUF_SCOPED struct sp_buf first_dump;
    struct sp_str text = dump_of(first.config, &first_dump);
    LOADED_SCOPED struct loaded second = load_text(sp_buf_c_str(&first_dump), ".", NULL);
    ck_assert_msg(second.error == SP_OK, "%s\n%s", tell_reports(&second), sp_buf_c_str(&first_dump));
    SP_BUF_SCOPED struct sp_buf second_dump;
    ck_assert_msg(sp_str_equal(text, dump_of(second.config, &second_dump)), "%s\nis not\n%s",
                  sp_buf_c_str(&first_dump), sp_buf_c_str(&second_dump));
}

SP_TEST(a_dump_loads_again_to_an_equal_dump)
{
    assert_dump_is_a_fixed_point("");
    assert_dump_is_a_fixed_point("client_secret_file: \"\"");
    assert_dump_is_a_fixed_point("insecure_http: true\nhosts: http://a.example.com:8080");
    assert_dump_is_a_fixed_point("unsafe_trust_everybody: true\ntrusted_proxies: []");
}
SP_TEST_END

SP_TEST(a_dump_of_everything_at_once_loads_again)
{
    assert_dump_is_a_fixed_point(
        "listen: [\":1\", 127.0.0.1:2]\npages_listen: \"[::1]:3\"\nadmin_listen: 10.0.0.1:4\nthreads: 3\n"
        "trusted_proxies: [10.0.0.0/8, \"fd00::/8\", 192.0.2.1]\nclient_ip_hops: \"::ffff:10.0.0.0/104\"\n"
        "max_connections: 100\ndrain_delay: 1m30s\ndialect_at_root: none\n"
        "root_query: policy=ops&headers=mine\nprefix: /a/b\ncallback_path: /_oauth\n"
        "callback_host: https://auth.example.com:8443\ndirect_pages: true\n"
        "hosts: [\"https://*.example.com:8443\", \"https://[2001:db8::1]:1\"]\nforwarded_prefixes: [/x, /y]\n"
        "public_ports: {https://x.example.com: 8443, \"https://[2001:db8::1]\": 1}\n"
        "issuer_ca_file: /etc/ca.pem\nclient_id: \"a: b #c\"\nclient_auth: post\nscopes: [openid, groups]\n"
        "audiences: [\"null\", \"~\"]\nuserinfo: true\nclock_skew: 90s\ncookie_name: a.b\n"
        "session_lifetime: 36h\nstrip_session_cookie: true\nusername_claim: upn\n"
        "username_prefix: \"oidc:\"\ngroups_claim: roles\ngroups_prefix: \"ä-\"\ngroups_keep: [\"a*\", b]\n"
        "log_level: debug\nlog_format: text\nlog_access: true\n"
        "headers:\n  mine: {X-A: user, X-B: groups, X-C: {claim: groups, list: json}, X-D: \"a: b\"}\n"
        "policies:\n  default: authenticated\n  ops:\n"
        "    - {action: public, path: [/a, \"/b c\"]}\n"
        "    - {action: public, cors_preflight: true, host: a.example.com}\n"
        "    - {action: allow, path_glob: [\"/r/**/s*\"], method: [GET, HEAD], group: [\"ä-[x]\", \"ä-#\"]}\n"
        "    - {action: deny, path_prefix: /, email: \"o'ne@example.com\", email_domain: example.com}\n"
        "  only: [{action: deny}]\n");
}
SP_TEST_END

SP_TEST(the_reference_page_is_the_one_in_the_tree)
{
    SP_BUF_SCOPED struct sp_buf expected;
    sp_buf_init(&expected, SP_CONFIG_DOCUMENT_MAX);
    sp_config_document(&expected);
    ck_assert_int_eq(sp_buf_error(&expected), SP_OK);

    static char page[SP_CONFIG_DOCUMENT_MAX];
    FILE *file = fopen(PAGE, "rb");
    ck_assert_msg(file != NULL, PAGE);
    size_t len = fread(page, 1, sizeof page, file);
    fclose(file);
    ck_assert_msg(sp_str_equal(sp_buf_str(&expected), (struct sp_str){page, len}),
                  "%s is not what sp_config_document makes of the table of settings", PAGE);
}
SP_TEST_END

SP_TEST(every_setting_is_on_the_reference_page)
{
    SP_BUF_SCOPED struct sp_buf page;
    sp_buf_init(&page, SP_CONFIG_DOCUMENT_MAX);
    sp_config_document(&page);
    for (size_t i = 0; i < sp_settings_n; i++) {
        char row[64];
        snprintf(row, sizeof row, "\n| `%s` |", sp_settings[i].name);
        ck_assert_msg(strstr(sp_buf_c_str(&page), row) != NULL, "%s", sp_settings[i].name);
    }
}
SP_TEST_END

/* The text between two marks of the page, as a new settings text. */
static void assert_example_loads(const char *page, const char *heading)
{
    const char *at = strstr(page, heading);
    ck_assert_ptr_nonnull(at);
    const char *begin = strstr(at, "```yaml\n") + strlen("```yaml\n");
    const char *end = strstr(begin, "```");
    char *example = sp_str_dup((struct sp_str){begin, (size_t)(end - begin)});
    assert_accepted(example);
    free(example);
}

SP_TEST(the_examples_of_the_reference_page_load)
{
    SP_BUF_SCOPED struct sp_buf page;
    sp_buf_init(&page, SP_CONFIG_DOCUMENT_MAX);
    sp_config_document(&page);
    assert_example_loads(sp_buf_c_str(&page), "## The smallest file");
    assert_example_loads(sp_buf_c_str(&page), "## Policies");
    assert_example_loads(sp_buf_c_str(&page), "## Header sets");
}
SP_TEST_END

/* Users often choose a claim for display themselves: an application must not sign them in by it. */
SP_TEST(no_example_signs_people_in_by_a_claim_for_display)
{
    SP_BUF_SCOPED struct sp_buf page;
    sp_buf_init(&page, SP_CONFIG_DOCUMENT_MAX);
    sp_config_document(&page);
    ck_assert_ptr_nonnull(strstr(sp_buf_c_str(&page), "X-WEBAUTH-USER: user\n"));
    ck_assert_ptr_null(strstr(sp_buf_c_str(&page), ": preferred_username\n"));
    ck_assert_ptr_null(strstr(sp_buf_c_str(&page), ": name\n"));
}
SP_TEST_END

SP_TEST(a_buffer_that_is_too_small_ends_failed_and_not_cut)
{
    char storage[100];
    struct sp_buf small;
    sp_buf_init_fixed(&small, storage, sizeof storage);
    sp_config_document(&small);
    ck_assert_int_ne(sp_buf_error(&small), SP_OK);
    ck_assert_uint_eq(sp_buf_str(&small).len, 0);
}
SP_TEST_END

SP_SUITE("document", a_dump_loads_again_to_an_equal_dump, a_dump_of_everything_at_once_loads_again,
         the_reference_page_is_the_one_in_the_tree, every_setting_is_on_the_reference_page,
         the_examples_of_the_reference_page_load, no_example_signs_people_in_by_a_claim_for_display,
         a_buffer_that_is_too_small_ends_failed_and_not_cut)
