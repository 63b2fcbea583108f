/* SPDX-License-Identifier: Apache-2.0 */
#include "config/tls_settings.h"

#include "fixture.h"

#define SERVER  "tls_cert_file: c\ntls_key_file: k\n"
#define CLIENTS SERVER "tls_client_ca_file: ca\n"

SP_TEST(a_certificate_and_its_key_go_together)
{
    assert_accepted(SERVER);
    assert_refused("tls_cert_file: c", "tls_cert_file: needs tls_key_file");
    assert_refused("tls_key_file: k", "tls_key_file: needs tls_cert_file");
}
SP_TEST_END

SP_TEST(clients_are_known_by_an_authority_and_a_name_together)
{
    assert_accepted(CLIENTS "tls_client_names: traefik.example.com");
    assert_refused(CLIENTS, "tls_client_ca_file: needs tls_client_names");
    assert_refused(CLIENTS "tls_client_names: []", "tls_client_ca_file: needs tls_client_names");
    assert_refused(SERVER "tls_client_names: traefik", "tls_client_names: needs tls_client_ca_file");
    assert_refused("tls_client_ca_file: ca\ntls_client_names: traefik",
                   "tls_client_ca_file: needs tls_cert_file and tls_key_file");
}
SP_TEST_END

SP_TEST(names_are_exact_dns_names_and_uris)
{
    static const char *const taken[] = {
        "traefik",
        "traefik-0",
        "traefik.ingress.svc.cluster.local",
        "Traefik.Example.COM",
        "spiffe://cluster.local/ns/ingress/sa/traefik",
        "https://traefik.example.com/",
    };
    static const struct {
        const char *name;
        const char *expected;
    } refused[] = {
        {"\"*\"", "is not an exact name"},
        {"\"*.example.com\"", "is not an exact name"},
        {"\"spiffe://cluster.local/ns/*/sa/traefik\"", "is not an exact name"},
        {"\"\"", "is neither a DNS name nor a URI"},
        {"DNS:traefik", "is neither a DNS name nor a URI"},
        {"\"URI:spiffe://a/b\"", "is neither a DNS name nor a URI"},
        {"10.0.0.1", "is neither a DNS name nor a URI"},
        {"\"[::1]\"", "is neither a DNS name nor a URI"},
        {"traefik.example.com.", "is neither a DNS name nor a URI"},
        {"traefik:4181", "is neither a DNS name nor a URI"},
        {"\"two words\"", "is neither a DNS name nor a URI"},
        {"\"spiffe://\"", "is neither a DNS name nor a URI"},
        {"\"spiffe://a b\"", "is neither a DNS name nor a URI"},
        {"CN=traefik", "is neither a DNS name nor a URI"},
    };
    char text[512];
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        snprintf(text, sizeof text, CLIENTS "tls_client_names: [\"%s\"]", taken[i]);
        LOADED_SCOPED struct loaded loaded = load_settings(text, NULL);
        ck_assert_msg(loaded.error == SP_OK, "%s%s", taken[i], tell_reports(&loaded));
        ck_assert_str_eq(loaded.config->tls_client_names.items[0], taken[i]);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        snprintf(text, sizeof text, CLIENTS "tls_client_names: [%s]", refused[i].name);
        LOADED_SCOPED struct loaded loaded = load_settings(text, NULL);
        ck_assert_msg(find_report(&loaded, SP_REPORT_ERROR, refused[i].expected) != NULL, "%s%s",
                      refused[i].name, tell_reports(&loaded));
    }
    assert_refused(CLIENTS "tls_client_names: [a, a]", "tls_client_names: ");
}
SP_TEST_END

SP_TEST(a_name_has_at_most_2048_bytes_and_a_list_64)
{
    SP_BUF_SCOPED struct sp_buf text;
    for (size_t len = 2048; len <= 2049; len++) {
        sp_buf_init(&text, 65536);
        sp_buf_append_c(&text, CLIENTS "tls_client_names: [\"spiffe://");
        for (size_t i = 9; i < len; i++) {
            sp_buf_append_char(&text, 'a');
        }
        sp_buf_append_c(&text, "\"]");
        LOADED_SCOPED struct loaded loaded = load_settings(sp_buf_c_str(&text), NULL);
        ck_assert_int_eq(loaded.error == SP_OK, len == 2048);
        sp_buf_done(&text);
    }
    for (size_t n = SP_TLS_NAMES_MAX; n <= SP_TLS_NAMES_MAX + 1; n++) {
        sp_buf_init(&text, 65536);
        sp_buf_append_c(&text, CLIENTS "tls_client_names: [");
        for (size_t i = 0; i < n; i++) {
            sp_buf_printf(&text, "a%zu,", i);
        }
        sp_buf_append_c(&text, "]");
        LOADED_SCOPED struct loaded loaded = load_settings(sp_buf_c_str(&text), NULL);
        ck_assert_msg((loaded.error == SP_OK) == (n == SP_TLS_NAMES_MAX), "%zu: %.300s", n,
                      tell_reports(&loaded));
        sp_buf_done(&text);
    }
}
SP_TEST_END

SP_TEST(it_is_known_whether_trusted_proxies_are_set)
{
    LOADED_SCOPED struct loaded plain = load_settings("threads: 1", NULL);
    ck_assert(!plain.config->has_trusted_proxies);
    LOADED_SCOPED struct loaded set = load_settings("trusted_proxies: 127.0.0.0/8", NULL);
    ck_assert(set.config->has_trusted_proxies);
}
SP_TEST_END

SP_TEST(trust_in_everybody_is_told_to_be_about_the_pages_where_clients_show_certificates)
{
    assert_warned(CLIENTS "tls_client_names: traefik\nunsafe_trust_everybody: true",
                  "unsafe_trust_everybody: with tls_client_ca_file, the auth listener does not need it");
    assert_silent(CLIENTS "tls_client_names: traefik\nmax_connections: 2048");
}
SP_TEST_END

SP_SUITE("tls_settings", a_certificate_and_its_key_go_together,
         clients_are_known_by_an_authority_and_a_name_together, names_are_exact_dns_names_and_uris,
         a_name_has_at_most_2048_bytes_and_a_list_64, it_is_known_whether_trusted_proxies_are_set,
         trust_in_everybody_is_told_to_be_about_the_pages_where_clients_show_certificates)
