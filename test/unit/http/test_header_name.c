/* SPDX-License-Identifier: Apache-2.0 */
#include "http/header_name.h"

#include "material.h"

#define NAME_TEXT_MAX 64

/* Every byte that is allowed in a name and is not a letter, digit or `-`: some program folds it into `-`. */
static const char folded_bytes[] = "!#$%&'*+.^_`|~";

static struct sp_str in_upper_case(struct sp_str name, char *out)
{
    for (size_t i = 0; i < name.len; i++) {
        bool is_lower = name.ptr[i] >= 'a' && name.ptr[i] <= 'z';
        out[i] = is_lower ? (char)(name.ptr[i] - ('a' - 'A')) : name.ptr[i];
    }
    return (struct sp_str){out, name.len};
}

static struct sp_str in_lower_case(struct sp_str name, char *out)
{
    for (size_t i = 0; i < name.len; i++) {
        out[i] = sp_ascii_lower(name.ptr[i]);
    }
    return (struct sp_str){out, name.len};
}

/* Name by name, in the order of the table. */
static enum sp_header_id model_of_id(struct sp_str name)
{
    for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
        if (sp_str_equal_ci(name, sp_header_name(id))) {
            return id;
        }
    }
    return SP_HEADER_OTHER;
}

static void assert_like_model(struct sp_str name)
{
    ck_assert_msg(sp_header_id_of(name) == model_of_id(name), "%.*s", SP_STR_ARGS(name));
}

SP_TEST(every_name_of_the_table_is_found_in_any_case)
{
    char text[NAME_TEXT_MAX];
    for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
        struct sp_str name = sp_header_name(id);
        ck_assert_msg(sp_header_id_of(name) == id, "%s", name.ptr);
        ck_assert_msg(sp_header_id_of(in_lower_case(name, text)) == id, "%s", name.ptr);
        ck_assert_msg(sp_header_id_of(in_upper_case(name, text)) == id, "%s", name.ptr);
        ck_assert_uint_eq(strlen(name.ptr), name.len);
        ck_assert_uint_ne(sp_header_roles(id), 0);
    }
    ck_assert_uint_eq(sp_header_name(SP_HEADER_OTHER).len, 0);
    ck_assert_uint_eq(sp_header_roles(SP_HEADER_OTHER), 0);
}
SP_TEST_END

SP_TEST(what_differs_in_one_byte_or_in_length_is_found_like_the_model)
{
    for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
        struct sp_str name = sp_header_name(id);
        char text[NAME_TEXT_MAX] = {0};
        memcpy(text, name.ptr, name.len);
        for (size_t at = 0; at < name.len; at++) {
            for (int c = '!'; c < 0x7f; c++) {
                text[at] = (char)c;
                assert_like_model((struct sp_str){text, name.len});
            }
            text[at] = name.ptr[at];
        }
        for (size_t len = 0; len < NAME_TEXT_MAX; len++) {
            assert_like_model((struct sp_str){text, len});
            assert_like_model((struct sp_str){text + 1, len < NAME_TEXT_MAX ? len : len - 1});
        }
    }
}
SP_TEST_END

SP_TEST(a_name_of_any_length_may_be_asked_for)
{
    char text[1024];
    for (size_t len = 0; len <= sizeof text; len++) {
        memset(text, 'a', sizeof text);
        if (len >= 4) {
            memcpy(text + len - 4, "host", 4);
        }
        assert_like_model((struct sp_str){text, len});
        ck_assert_uint_eq(sp_header_alias_of((struct sp_str){text, len}), SP_HEADER_OTHER);
    }
    ck_assert_uint_eq(sp_header_id_of(SP_STR_NONE), SP_HEADER_OTHER);
    ck_assert_uint_eq(sp_header_alias_of(SP_STR_NONE), SP_HEADER_OTHER);
}
SP_TEST_END

/* ---- aliases ---------------------------------------------------------------------------------------- */

/* Calls `each` with every spelling of the name: each byte at each subset of its hyphens. */
static void for_each_spelling(struct sp_str name, void (*each)(struct sp_str spelled, struct sp_str name))
{
    size_t places[8];
    size_t places_n = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '-') {
            ck_assert_uint_lt(places_n, 8);
            places[places_n++] = i;
        }
    }
    for (const char *byte = folded_bytes; *byte != '\0'; byte++) {
        for (unsigned set = 1; set < 1U << places_n; set++) {
            char text[NAME_TEXT_MAX];
            memcpy(text, name.ptr, name.len);
            for (size_t i = 0; i < places_n; i++) {
                text[places[i]] = (set >> i & 1) != 0 ? *byte : '-';
            }
            each((struct sp_str){text, name.len}, name);
        }
    }
}

static void assert_alias(struct sp_str spelled, struct sp_str name)
{
    char text[NAME_TEXT_MAX];
    enum sp_header_id id = sp_header_id_of(name);
    ck_assert_msg(sp_header_alias_of(spelled) == id, "%.*s", SP_STR_ARGS(spelled));
    ck_assert_uint_eq(sp_header_alias_of(in_upper_case(spelled, text)), id);
    ck_assert_uint_eq(sp_header_alias_of(in_lower_case(spelled, text)), id);
    ck_assert(sp_header_folds_into(spelled, name));
    ck_assert_uint_eq(sp_header_id_of(spelled), SP_HEADER_OTHER);
}

SP_TEST(ac_03_every_other_spelling_of_every_name_of_the_table_is_an_alias_of_it)
{
    for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
        for_each_spelling(sp_header_name(id), assert_alias);
    }
}
SP_TEST_END

SP_TEST(ac_03_other_spellings_of_a_name_are_aliases_and_its_own_case_is_none)
{
    static const struct {
        const char *name;
        enum sp_header_id alias_of;
    } cases[] = {
        {"X-Forwarded-Uri", SP_HEADER_OTHER},
        {"x-forwarded-URI", SP_HEADER_OTHER},
        {"X_Forwarded_Uri", SP_HEADER_X_FORWARDED_URI},
        {"X.Forwarded.Uri", SP_HEADER_X_FORWARDED_URI},
        {"x-forwarded_uri", SP_HEADER_X_FORWARDED_URI},
        {"X-FORWARDED~URI", SP_HEADER_X_FORWARDED_URI},
        {"Content_Type", SP_HEADER_CONTENT_TYPE},
        {"Content|Length", SP_HEADER_CONTENT_LENGTH},
        {"Sec_WebSocket_Key", SP_HEADER_SEC_WEBSOCKET_KEY},
        {"X_Moz", SP_HEADER_X_MOZ},
        {"X_Forwarded_Port", SP_HEADER_OTHER},
        {"X-Forwarded-Uri-", SP_HEADER_OTHER},
        {"xforwardeduri", SP_HEADER_OTHER},
        {"X_Forwarded_Urix", SP_HEADER_OTHER},
        {"_X_Forwarded_Uri", SP_HEADER_OTHER},
        {"Y_Forwarded_Uri", SP_HEADER_OTHER},
        {"_-Forwarded-Uri", SP_HEADER_OTHER},
        {"Ho_st", SP_HEADER_OTHER},
        {"_ookie", SP_HEADER_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum sp_header_id id = sp_header_alias_of(sp_str_from_c(cases[i].name));
        ck_assert_msg(id == cases[i].alias_of, "%s", cases[i].name);
    }
    ck_assert(sp_header_folds_into(SP_STR("x_USER"), SP_STR("X-User")));
    ck_assert(!sp_header_folds_into(SP_STR("x_USER_"), SP_STR("X-User")));
    ck_assert(!sp_header_folds_into(SP_STR("y_USER"), SP_STR("X-User")));
}
SP_TEST_END

SP_TEST(every_byte_that_some_program_folds_makes_an_alias)
{
    for (int c = '!'; c < 0x7f; c++) {
        char name[] = "Sec?Purpose";
        name[3] = (char)c;
        bool is_alias = sp_header_alias_of(sp_str_from_c(name)) == SP_HEADER_SEC_PURPOSE;
        ck_assert(strchr(folded_bytes, c) == NULL || is_alias);
        ck_assert(!(c == '-' || sp_ascii_is_alnum((char)c)) || !is_alias);
    }
}
SP_TEST_END

/* ---- names that no set may emit --------------------------------------------------------------------- */

SP_TEST(what_is_read_or_overrides_is_reserved_and_so_are_message_proxy_and_credentials)
{
    static const char *const reserved[] = {
        "connection",       "TE",
        "Set-Cookie",       "WWW-Authenticate",
        "Authorization",    "X-Forwarded-Port",
        "X-Real-IP",        "X-Request-Id",
        "Sec-Anything",     "if-match",
        "Impersonate-User", "X-Sallyport-Reason",
    };
    static const char *const free_names[] = {
        "X-Forwarded-User", "Remote-User", "X-Forwarded", "Hosts", "Sec", "If",
        "Impersonate",      "Accept-X",    "X",
    };
    for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
        char text[NAME_TEXT_MAX];
        ck_assert(sp_header_is_reserved(sp_header_name(id)));
        ck_assert(sp_header_is_reserved(in_upper_case(sp_header_name(id), text)));
    }
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        ck_assert_msg(sp_header_is_reserved(sp_str_from_c(reserved[i])), "%s", reserved[i]);
    }
    for (size_t i = 0; i < sizeof free_names / sizeof free_names[0]; i++) {
        ck_assert_msg(!sp_header_is_reserved(sp_str_from_c(free_names[i])), "%s", free_names[i]);
    }
}
SP_TEST_END

/* ---- names that override ---------------------------------------------------------------------------- */

#define BOTH (SP_HEADER_ROLE_PATH | SP_HEADER_ROLE_METHOD)

/* The name that is found in a request with these lines; or "". */
static const char *found(const char *lines, unsigned roles)
{
    struct sp_head head = head_of(lines);
    enum sp_header_id id = sp_head_find_role(&head, roles);
    return id != SP_HEADER_OTHER ? sp_header_name(id).ptr : "";
}

SP_TEST(ac_90_each_header_of_the_family_is_found_and_named)
{
    static const struct {
        const char *name;
        enum sp_header_role role;
    } cases[] = {
        {"X-Original-URL", SP_HEADER_ROLE_PATH},      {"X-Original-URI", SP_HEADER_ROLE_PATH},
        {"X-Rewrite-URL", SP_HEADER_ROLE_PATH},       {"X-Original-Method", SP_HEADER_ROLE_METHOD},
        {"X-HTTP-Method", SP_HEADER_ROLE_METHOD},     {"X-HTTP-Method-Override", SP_HEADER_ROLE_METHOD},
        {"X-Method-Override", SP_HEADER_ROLE_METHOD},
    };
    size_t n = 0;
    for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
        n += (sp_header_roles(id) & BOTH) != 0;
    }
    ck_assert_uint_eq(sizeof cases / sizeof cases[0], n);
    for (size_t i = 0; i < n; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s: x\r\n", cases[i].name);
        ck_assert_str_eq(found(line, BOTH), cases[i].name);
        ck_assert_str_eq(found(line, cases[i].role), cases[i].name);
        ck_assert_str_eq(found(line, BOTH & ~(unsigned)cases[i].role), "");
        ck_assert_str_eq(found(line, 0), "");
    }
}
SP_TEST_END

SP_TEST(ac_90_every_spelling_that_folds_into_a_name_is_that_name)
{
    static const char *const url[] = {"x-original-url: /", "X-ORIGINAL-URL:",   "X_Original_URL: /",
                                      "X.Original.Url: /", "x~original-url: /", "X-Original_URL: /"};
    for (size_t i = 0; i < sizeof url / sizeof url[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "Accept: */*\r\n%s\r\n", url[i]);
        ck_assert_str_eq(found(line, SP_HEADER_ROLE_PATH), "X-Original-URL");
    }
    ck_assert_str_eq(found("X_HTTP_METHOD_OVERRIDE: PUT\r\n", BOTH), "X-HTTP-Method-Override");
}
SP_TEST_END

SP_TEST(other_names_override_nothing)
{
    static const char *const others[] = {
        "X-Original-Host: a",   "X-Original-URL2: /",       "X-Original-UR: /",
        "XX-Original-URL: /",   "Original-URL: /",          "X-Original-URL-: /",
        "X-Rewrite-URLs: /",    "X-HTTP-Method-Overrid: x", "Method-Override: x",
        "X-Forwarded-Uri: /",   "X-Forwarded-Method: GET",  "X-Forwarded-Prefix: /",
        "X-Forwarded-Proto: a", "Accept-Language: en",      "x: 1",
        "X-OriginalXURL: /",    "X-Real-Ip: 127.0.0.1",     "X-Requested-With: a",
        "Y-Original-URL: /",    "-------original-url: /",   "X-Original-Uri-And-A-Very-Long-Name-Behind: /",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s\r\n", others[i]);
        ck_assert_msg(found(line, BOTH)[0] == '\0', "%s", others[i]);
    }
    ck_assert_str_eq(found("", BOTH), "");
}
SP_TEST_END

SP_TEST(the_first_that_counts_is_told)
{
    const char *lines = "X-Method-Override: PUT\r\nX-Rewrite-URL: /\r\nX-Original-URL: /\r\n";
    ck_assert_str_eq(found(lines, BOTH), "X-Method-Override");
    ck_assert_str_eq(found(lines, SP_HEADER_ROLE_PATH), "X-Rewrite-URL");
}
SP_TEST_END

SP_SUITE("header_name", every_name_of_the_table_is_found_in_any_case,
         what_differs_in_one_byte_or_in_length_is_found_like_the_model, a_name_of_any_length_may_be_asked_for,
         ac_03_every_other_spelling_of_every_name_of_the_table_is_an_alias_of_it,
         ac_03_other_spellings_of_a_name_are_aliases_and_its_own_case_is_none,
         every_byte_that_some_program_folds_makes_an_alias,
         what_is_read_or_overrides_is_reserved_and_so_are_message_proxy_and_credentials,
         ac_90_each_header_of_the_family_is_found_and_named,
         ac_90_every_spelling_that_folds_into_a_name_is_that_name, other_names_override_nothing,
         the_first_that_counts_is_told)
