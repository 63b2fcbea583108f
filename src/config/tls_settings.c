/* SPDX-License-Identifier: Apache-2.0 */
#include "config/tls_settings.h"

#include "base/wording.h"

#define NAME_MAX_LEN 2048 /* bytes of the longest SPIFFE ID */

#define refuse(setting, ...) sp_reading_refuse(reading, (setting), __VA_ARGS__)
#define warn(setting, ...)   sp_reading_warn(reading, (setting), __VA_ARGS__)

static bool is_uri(struct sp_str text)
{
    size_t at = 0;
    while (at < text.len && (sp_ascii_is_alnum(text.ptr[at]) || strchr("+.-", text.ptr[at]) != NULL)) {
        at++;
    }
    return at > 0 && sp_str_starts_with(sp_str_skip(text, at), SP_STR("://")) && at + 3 < text.len &&
           sp_str_is_printable(text) && sp_str_find(text, ' ') == text.len;
}

/* False for IPv4 addresses, whose last label is a number. */
static bool is_dns_name(struct sp_str text)
{
    struct sp_host host;
    bool is_number = true;
    for (size_t at = text.len; at > 0 && text.ptr[at - 1] != '.' && is_number; at--) {
        is_number = sp_ascii_is_digit(text.ptr[at - 1]);
    }
    return sp_host_parse(text, &host) && host.name[0] != '[' && !is_number;
}

static enum sp_error check_name(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len > NAME_MAX_LEN) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %d bytes", NAME_MAX_LEN);
    }
    if (sp_str_contains(text, '*')) {
        return sp_diag_set(
            diag, SP_ERR_FORMAT,
            "\"%s\" is not an exact name: a wildcard would admit anybody who gets a certificate below it",
            SP_QUOTE(text));
    }
    if (!is_uri(text) && !is_dns_name(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is neither a DNS name nor a URI: write a subject alternative name of the "
                           "client's certificate, without the prefix DNS: or URI:",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static bool equal_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b) == 0;
}

const struct sp_value_type sp_type_tls_names = {
    .label = "list of names",
    .shape = SP_VALUE_LIST,
    .item_len = sizeof(char *),
    .check = check_name,
    .equal = equal_names,
};

void sp_tls_settings_check(struct sp_reading *reading)
{
    struct sp_config *config = reading->object;
    bool has_names = config->tls_client_names.items_n > 0;
    config->has_trusted_proxies = sp_reading_is_given(reading, "trusted_proxies");
    if (config->tls_cert_file != NULL && config->tls_key_file == NULL) {
        refuse("tls_cert_file", "needs tls_key_file, the key of that certificate");
    }
    if (config->tls_key_file != NULL && config->tls_cert_file == NULL) {
        refuse("tls_key_file", "needs tls_cert_file, the certificate of that key");
    }
    if (config->tls_client_ca_file != NULL && config->tls_cert_file == NULL) {
        refuse("tls_client_ca_file",
               "needs tls_cert_file and tls_key_file: a client can show a certificate over TLS only");
    }
    if (config->tls_client_ca_file != NULL && !has_names &&
        sp_reading_is_sound(reading, "tls_client_names")) {
        refuse("tls_client_ca_file", "needs tls_client_names: the CA also signs certificates of others, and "
                                     "a cluster's CA signs everybody's");
    }
    if (has_names && config->tls_client_ca_file == NULL) {
        refuse("tls_client_names", "needs tls_client_ca_file: without a CA, nothing proves a name");
    }
}

void sp_tls_settings_warn(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    if (config->tls_client_ca_file != NULL && config->unsafe_trust_everybody) {
        warn("unsafe_trust_everybody", "with tls_client_ca_file, the auth listener does not need it, and it "
                                       "opens the pages listener to everybody: set trusted_proxies instead");
    }
}
