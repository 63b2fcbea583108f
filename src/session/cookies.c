/* SPDX-License-Identifier: Apache-2.0 */
#include "session/cookies.h"

#include "base/number.h"
#include "base/utf8.h"
#include "http/percent.h"

/* ---- names ----------------------------------------------------------------------------------------- */

struct sp_str sp_cookies_skip_prefix(struct sp_str name)
{
    static const char *const prefixes[] = {"__Host-", "__Secure-"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (sp_str_starts_with(name, sp_str_from_c(prefixes[i]))) {
            return sp_str_skip(name, strlen(prefixes[i]));
        }
    }
    return name;
}

static enum sp_error check_stem(struct sp_str stem)
{
    if (stem.len > SP_COOKIES_STEM_MAX) {
        return SP_ERR_LIMIT;
    }
    if (stem.len == 0 || sp_str_starts_with(stem, SP_STR("__"))) {
        return SP_ERR_FORMAT;
    }
    for (size_t i = 0; i < stem.len; i++) {
        char c = stem.ptr[i];
        if (!sp_ascii_is_alnum(c) && c != '.' && c != '_' && c != '-') {
            return SP_ERR_FORMAT;
        }
    }
    return SP_OK;
}

/* Allows letters, digits and hyphens, with dots between labels, and nothing that could end the attribute. */
static enum sp_error check_domain(struct sp_str domain)
{
    if (domain.len > SP_COOKIES_DOMAIN_MAX) {
        return SP_ERR_LIMIT;
    }
    char before = '.';
    for (size_t i = 0; i < domain.len; i++) {
        char c = domain.ptr[i];
        bool label_char = sp_ascii_lower(c) == c && (sp_ascii_is_alnum(c) || c == '-');
        if (!label_char && (c != '.' || before == '.')) {
            return SP_ERR_FORMAT;
        }
        before = c;
    }
    return domain.len > 0 && before == '.' ? SP_ERR_FORMAT : SP_OK;
}

enum sp_error sp_cookies_init(struct sp_cookies *cookies, enum sp_cookies_transport transport,
                              struct sp_str stem, struct sp_str domain)
{
    enum sp_error error = check_stem(stem);
    if (error == SP_OK) {
        error = check_domain(domain);
    }
    if (error != SP_OK) {
        return error;
    }

    struct sp_str prefix = transport == SP_COOKIES_PLAIN_HTTP ? SP_STR("")
                           : domain.len > 0                   ? SP_STR("__Secure-")
                                                              : SP_STR("__Host-");
    *cookies = (struct sp_cookies){
        .transport = transport,
        .name_len = (uint8_t)(prefix.len + stem.len),
        .domain_len = (uint8_t)domain.len,
    };
    memcpy(cookies->name, prefix.ptr, prefix.len);
    memcpy(cookies->name + prefix.len, stem.ptr, stem.len);
    if (domain.len > 0) {
        memcpy(cookies->domain, domain.ptr, domain.len);
    }
    return SP_OK;
}

enum sp_error sp_cookies_name_readable(struct sp_cookies *cookies, struct sp_str name)
{
    if (name.len > sizeof cookies->readable) {
        return SP_ERR_LIMIT;
    }
    cookies->readable_len = (uint8_t)name.len;
    if (name.len > 0) {
        memcpy(cookies->readable, name.ptr, name.len);
    }
    return SP_OK;
}

struct sp_login_cookie_name sp_cookies_login_name(const struct sp_cookies *cookies,
                                                  const struct sp_login_id *login_id)
{
    struct sp_login_cookie_name name;
    memcpy(name.text, cookies->name, cookies->name_len);
    name.text[cookies->name_len] = '-';
    memcpy(name.text + cookies->name_len + 1, login_id->text, sizeof login_id->text);
    name.len = cookies->name_len + 1 + sizeof login_id->text;
    return name;
}

bool sp_cookies_parse_login_name(const struct sp_cookies *cookies, struct sp_str name,
                                 struct sp_login_id *out)
{
    struct sp_str session_name = sp_cookies_session_name(cookies);
    struct sp_str rest = sp_str_skip(name, session_name.len);
    return sp_str_starts_with(name, session_name) && sp_str_starts_with(rest, SP_STR("-")) &&
           sp_login_id_parse(sp_str_skip(rest, 1), out) == SP_OK;
}

/* ---- lines ----------------------------------------------------------------------------------------- */

_Static_assert(SP_COOKIE_SESSION_MAX + SP_COOKIES_DOMAIN_MAX + SP_U64_DIGITS_MAX +
                       sizeof "; Path=/; Domain=; Max-Age=; Secure; HttpOnly; SameSite=Lax" <=
                   SP_COOKIES_LINE_MAX,
               "a line is longer than callers make room for");

static enum sp_error write_attributes(const struct sp_cookies *cookies, int64_t max_age_s,
                                      struct sp_str readers, struct sp_buf *out)
{
    sp_buf_append(out, SP_STR("; Path=/"));
    if (cookies->domain_len > 0) {
        sp_buf_append(out, SP_STR("; Domain="));
        sp_buf_append(out, (struct sp_str){cookies->domain, cookies->domain_len});
    }
    sp_buf_append(out, SP_STR("; Max-Age="));
    sp_buf_append_u64(out, max_age_s > 0 ? (uint64_t)max_age_s : 0);
    if (cookies->transport == SP_COOKIES_HTTPS) {
        sp_buf_append(out, SP_STR("; Secure"));
    }
    sp_buf_append(out, readers);
    sp_buf_append(out, SP_STR("; SameSite=Lax"));
    return sp_buf_error(out);
}

/* `max_len` limits name, `=` and value together, as browsers do. */
static enum sp_error write_line(const struct sp_cookies *cookies, struct sp_str name, struct sp_str value,
                                size_t max_len, int64_t max_age_s, struct sp_buf *out)
{
    if (value.len > max_len || name.len + 1 + value.len > max_len) {
        return SP_ERR_LIMIT;
    }
    sp_buf_append(out, name);
    sp_buf_append_char(out, '=');
    sp_buf_append(out, value);
    return write_attributes(cookies, max_age_s, SP_STR("; HttpOnly"), out);
}

enum sp_error sp_cookies_write_session(const struct sp_cookies *cookies, struct sp_str value,
                                       int64_t max_age_s, struct sp_buf *out)
{
    return write_line(cookies, sp_cookies_session_name(cookies), value, SP_COOKIE_SESSION_MAX, max_age_s,
                      out);
}

enum sp_error sp_cookies_write_login(const struct sp_cookies *cookies, const struct sp_login_id *login_id,
                                     struct sp_str value, int64_t max_age_s, struct sp_buf *out)
{
    struct sp_login_cookie_name name = sp_cookies_login_name(cookies, login_id);
    return write_line(cookies, sp_login_cookie_name_str(&name), value, SP_COOKIE_LOGIN_MAX, max_age_s, out);
}

/* The complete characters in the first SP_COOKIES_SHOWN_MAX bytes, up to the first invalid UTF-8. */
static struct sp_str cut_at_character(struct sp_str text)
{
    size_t len = 0;
    size_t next;
    while ((next = sp_utf8_sequence_len(sp_str_skip(text, len))) > 0 && len + next <= SP_COOKIES_SHOWN_MAX) {
        len += next;
    }
    return (struct sp_str){text.ptr, len};
}

enum sp_error sp_cookies_write_readable(const struct sp_cookies *cookies, struct sp_str shown,
                                        int64_t max_age_s, struct sp_buf *out)
{
    if (cookies->readable_len == 0) {
        return SP_OK;
    }
    sp_buf_append(out, (struct sp_str){cookies->readable, cookies->readable_len});
    sp_buf_append_char(out, '=');
    sp_percent_append(cut_at_character(shown), sp_percent_unreserved, out);
    return write_attributes(cookies, max_age_s, SP_STR_NONE, out);
}

enum sp_error sp_cookies_write_session_deletion(const struct sp_cookies *cookies, struct sp_buf *out)
{
    return sp_cookies_write_session(cookies, SP_STR_NONE, 0, out);
}

enum sp_error sp_cookies_write_readable_deletion(const struct sp_cookies *cookies, struct sp_buf *out)
{
    return sp_cookies_write_readable(cookies, SP_STR_NONE, 0, out);
}

enum sp_error sp_cookies_write_login_deletion(const struct sp_cookies *cookies,
                                              const struct sp_login_id *login_id, struct sp_buf *out)
{
    return sp_cookies_write_login(cookies, login_id, SP_STR_NONE, 0, out);
}
