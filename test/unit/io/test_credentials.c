/* SPDX-License-Identifier: Apache-2.0 */
#include "io/credentials.h"

#include "../folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* {"exp":1700000000} */
#define JWT "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDAwMDB9.c2ln"

static char token_name[] = "token";
static char key_name[] = "key";
static struct sp_binding bindings[2] = {
    {.credential = SP_HEADER_CREDENTIAL_ACCOUNT, .token_file = token_name, .proxy_key_file = key_name},
    {.credential = SP_HEADER_CREDENTIAL_USER, .proxy_key_file = key_name},
};

struct read {
    enum sp_error error;
    struct sp_reports reports;
    struct sp_credentials *credentials;
};

static void read_done(struct read *read)
{
    sp_reports_done(&read->reports);
    sp_credentials_unref(read->credentials);
}

#define READ __attribute__((cleanup(read_done))) struct read

static struct read read_all(void)
{
    struct read read = {0};
    read.error = sp_credentials_read(bindings, 2, NULL, NULL, 0, &read.reports, &read.credentials);
    ck_assert_int_eq(read.error == SP_OK, read.reports.errors_n == 0);
    return read;
}

SP_TEST(the_files_of_each_binding_are_read)
{
    IN_FOLDER;
    write_file(token_name, "t0ken\n", 0600);
    write_file(key_name, KEY_A "\n" KEY_B "\n", 0600);
    READ read = read_all();
    ck_assert_int_eq(read.error, SP_OK);
    ck_assert_str_view(sp_buf_str(&read.credentials->items[0].authorization), "Bearer t0ken");
    ck_assert_int_eq(read.credentials->items[0].expires_s, 0);
    ck_assert(sp_proxy_keys_hold(&read.credentials->items[1].keys, SP_STR(KEY_B)));
    ck_assert_uint_eq(read.credentials->items[1].authorization.len, 0);
    write_file(token_name, JWT, 0600);
    READ jwt = read_all();
    ck_assert_int_eq(jwt.credentials->items[0].expires_s, 1700000000);
}
SP_TEST_END

SP_TEST(what_cannot_be_used_is_told_at_the_start_without_what_it_holds)
{
    static const char *const tokens[] = {"", "\n", "two words", "caf\xc3\xa9", "s3cret\nline"};
    IN_FOLDER;
    write_file(key_name, KEY_A, 0600);
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        write_file(token_name, tokens[i], 0600);
        READ read = read_all();
        ck_assert_int_eq(read.error, SP_ERR_CONFIG);
        ck_assert_ptr_nonnull(strstr(read.reports.items[0].text, "a character that is not printable ASCII"));
        ck_assert_ptr_null(strstr(read.reports.items[0].text, "s3cret"));
        ck_assert_str_eq(read.reports.items[0].file, token_name);
    }
    write_file(token_name, "t", 0600);
    write_file(key_name, "s3cret", 0600);
    READ short_key = read_all();
    ck_assert_ptr_nonnull(strstr(short_key.reports.items[0].text, "is not a key"));
    ck_assert_ptr_null(strstr(short_key.reports.items[0].text, "s3cret"));
    unlink(token_name);
    READ missing = read_all();
    ck_assert_str_eq(missing.reports.items[0].file, token_name);
}
SP_TEST_END

SP_TEST(ac_43_a_file_that_everybody_can_read_is_told_at_the_start_alone)
{
    static char *const names[] = {token_name, key_name};
    IN_FOLDER;
    write_file(token_name, "t0ken", 0600);
    write_file(key_name, KEY_A, 0600);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(chmod(names[i], 0644), 0);
        READ read = read_all();
        ck_assert_int_eq(read.error, SP_OK);
        ck_assert_uint_ge(read.reports.items_n, 1); /* once for each binding that names it */
        ck_assert_str_eq(read.reports.items[0].file, names[i]);
        ck_assert_str_eq(read.reports.items[0].text, "everybody can read it; run chmod 600 on the file");
        struct sp_credential_files *files = sp_credential_files_new(bindings, 2, read.credentials);
        struct sp_reports later = {0};
        ck_assert_ptr_null(sp_credential_files_look(files, 1, &later));
        ck_assert_uint_eq(later.items_n, 0);
        sp_credential_files_free(files);
        ck_assert_int_eq(chmod(names[i], 0600), 0);
    }
}
SP_TEST_END

SP_TEST(a_token_ends_at_its_maximum)
{
    static char text[SP_CREDENTIAL_TOKEN_MAX + 2];
    IN_FOLDER;
    write_file(key_name, KEY_A, 0600);
    memset(text, 'x', SP_CREDENTIAL_TOKEN_MAX + 1);
    text[SP_CREDENTIAL_TOKEN_MAX] = '\0';
    write_file(token_name, text, 0600);
    READ most = read_all();
    ck_assert_int_eq(most.error, SP_OK);
    text[SP_CREDENTIAL_TOKEN_MAX] = 'x';
    write_file(token_name, text, 0600);
    READ over = read_all();
    ck_assert_int_eq(over.error, SP_ERR_CONFIG);
}
SP_TEST_END

static const char *look(struct sp_credential_files *files, int64_t now_s, struct sp_credentials **out)
{
    static char text[512];
    struct sp_reports reports = {0};
    *out = NULL;
    for (int i = 0; i < 2 && *out == NULL && reports.items_n == 0; i++) { /* until two checks agree */
        *out = sp_credential_files_look(files, now_s, &reports);
    }
    snprintf(text, sizeof text, "%s", reports.items_n > 0 ? reports.items[0].text : "");
    sp_reports_done(&reports);
    return text;
}

SP_TEST(what_is_replaced_counts_and_what_cannot_be_used_leaves_what_was)
{
    IN_FOLDER;
    write_file(token_name, "first", 0600);
    write_file(key_name, KEY_A, 0600);
    READ start = read_all();
    struct sp_credential_files *files = sp_credential_files_new(bindings, 2, start.credentials);
    struct sp_credentials *found = NULL;
    ck_assert_str_eq(look(files, 1, &found), "");
    ck_assert_ptr_null(found);

    write_file(token_name, "second!", 0600);
    ck_assert_str_eq(look(files, 1, &found), "");
    ck_assert_str_view(sp_buf_str(&found->items[0].authorization), "Bearer second!");
    sp_credentials_unref(found);

    unlink(token_name);
    write_file(key_name, KEY_B, 0600);
    ck_assert_ptr_nonnull(strstr(look(files, 1, &found), token_name));
    ck_assert_str_view(sp_buf_str(&found->items[0].authorization), "Bearer second!");
    ck_assert(sp_proxy_keys_hold(&found->items[0].keys, SP_STR(KEY_B)));
    ck_assert(!sp_proxy_keys_hold(&found->items[0].keys, SP_STR(KEY_A)));
    sp_credentials_unref(found);

    write_file(key_name, "short", 0600);
    ck_assert_str_eq(look(files, 1, &found), ""); /* the file with the token has already been reported */
    ck_assert_ptr_null(found);
    sp_credential_files_free(files);
    sp_credential_files_free(NULL);
}
SP_TEST_END

SP_SUITE("credentials", the_files_of_each_binding_are_read,
         what_cannot_be_used_is_told_at_the_start_without_what_it_holds,
         ac_43_a_file_that_everybody_can_read_is_told_at_the_start_alone, a_token_ends_at_its_maximum,
         what_is_replaced_counts_and_what_cannot_be_used_leaves_what_was)
