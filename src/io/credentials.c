/* SPDX-License-Identifier: Apache-2.0 */
#include "io/credentials.h"

#include "base/base64.h"
#include "io/file.h"
#include "jose/jwt.h"

#include <stdlib.h>

#define SCHEME "Bearer "

/* ---- the object ------------------------------------------------------------------------------------- */

struct sp_credentials *sp_credentials_ref(struct sp_credentials *credentials)
{
    atomic_fetch_add(&credentials->refs, 1);
    return credentials;
}

void sp_credentials_unref(struct sp_credentials *credentials)
{
    if (credentials == NULL || atomic_fetch_sub(&credentials->refs, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < credentials->items_n; i++) {
        sp_buf_done(&credentials->items[i].authorization);
        explicit_bzero(&credentials->items[i].keys, sizeof credentials->items[i].keys);
    }
    free(credentials->items);
    free(credentials);
}

static struct sp_credentials *make(size_t items_n)
{
    struct sp_credentials *credentials = calloc(1, sizeof *credentials);
    if (credentials == NULL) {
        return NULL;
    }
    atomic_init(&credentials->refs, 1);
    credentials->items = calloc(items_n > 0 ? items_n : 1, sizeof *credentials->items);
    if (credentials->items == NULL) {
        free(credentials);
        return NULL;
    }
    credentials->items_n = items_n;
    for (size_t i = 0; i < items_n; i++) {
        sp_buf_init(&credentials->items[i].authorization, sizeof SCHEME + SP_CREDENTIAL_TOKEN_MAX);
    }
    return credentials;
}

enum sp_error sp_credential_set_token(struct sp_credential *credential, struct sp_str token,
                                      int64_t expires_s)
{
    sp_buf_clear(&credential->authorization);
    if (token.len > 0) {
        sp_buf_append_c(&credential->authorization, SCHEME);
        sp_buf_append(&credential->authorization, token);
    }
    credential->expires_s = token.len > 0 ? expires_s : 0;
    return sp_buf_error(&credential->authorization);
}

struct sp_credentials *sp_credentials_copy(const struct sp_credentials *credentials)
{
    struct sp_credentials *copy = make(credentials->items_n);
    bool is_whole = copy != NULL;
    for (size_t i = 0; i < credentials->items_n && is_whole; i++) {
        const struct sp_credential *item = &credentials->items[i];
        sp_buf_append(&copy->items[i].authorization, sp_buf_str(&item->authorization));
        copy->items[i].expires_s = item->expires_s;
        copy->items[i].is_asked_for = item->is_asked_for;
        copy->items[i].keys = item->keys;
        is_whole = sp_buf_error(&copy->items[i].authorization) == SP_OK;
    }
    if (!is_whole) {
        sp_credentials_unref(copy);
        return NULL;
    }
    return copy;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

struct reader {
    struct sp_watched_files *files; /* NULL: they are not watched */
    int64_t now_s;
    struct sp_reports *reports;
};

static bool read_file(const struct reader *reader, struct sp_place *place, struct sp_buf *out)
{
    struct sp_diag diag = {.text = "too many files are watched"};
    struct sp_file_info info;
    bool is_read =
        (reader->files == NULL || sp_watched_files_add(reader->files, place->file, reader->now_s) == SP_OK) &&
        sp_file_read(place->file, out, &info, &diag) == SP_OK;
    if (!is_read) {
        sp_reports_add(reader->reports, SP_REPORT_ERROR, place, "%s", diag.text);
    } else if (reader->files == NULL) { /* reported only at startup and by `check` */
        sp_file_report_open(&info, SP_FILE_BY_OTHERS, SP_REPORT_WARNING, place, reader->reports);
    }
    return is_read;
}

/* The member `exp` of a token that is a JWT; 0 if there is none. */
static int64_t expiry_of(struct sp_str token)
{
    uint8_t bytes[SP_CREDENTIAL_TOKEN_MAX];
    size_t len = 0;
    int64_t expires_s = 0;
    struct sp_diag diag;
    SP_JSON_SCOPED json_t *claims = NULL;
    (void)sp_str_cut(&token, '.');
    bool is_jwt = sp_base64url_decode(sp_str_cut(&token, '.'), bytes, sizeof bytes, &len) == SP_OK &&
                  sp_json_parse_object((struct sp_str){(const char *)bytes, len}, sizeof bytes, "the token",
                                       &claims, &diag) == SP_OK &&
                  sp_jwt_get_time(claims, "exp", &expires_s) == SP_OK;
    return is_jwt ? expires_s : 0;
}

static bool read_token(const struct reader *reader, const char *path, struct sp_credential *out)
{
    struct sp_place place = {
        .file = path, .key = SP_STR("credentials"), .hint = "named as token_file of a binding"};
    SP_BUF_SCOPED struct sp_buf token;
    sp_buf_init(&token, SP_CREDENTIAL_TOKEN_MAX);
    if (!read_file(reader, &place, &token)) {
        return false;
    }
    struct sp_str text = sp_buf_str(&token);
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
        text.len--;
    }
    if (text.len == 0 || !sp_str_is_visible(text)) {
        sp_reports_add(reader->reports, SP_REPORT_ERROR, &place,
                       "the token contains white space or a character that is not printable ASCII");
        return false;
    }
    if (sp_credential_set_token(out, text, expiry_of(text)) != SP_OK) {
        sp_reports_add(reader->reports, SP_REPORT_ERROR, &place, "out of memory");
        return false;
    }
    return true;
}

static bool read_keys(const struct reader *reader, const char *path, struct sp_credential *out)
{
    struct sp_place place = {
        .file = path, .key = SP_STR("credentials"), .hint = "named as proxy_key_file of a binding"};
    struct sp_diag diag = {.line = 0};
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_PROXY_KEY_FILE_MAX);
    if (!read_file(reader, &place, &text)) {
        return false;
    }
    if (sp_proxy_keys_parse(sp_buf_str(&text), &diag, &out->keys) != SP_OK) {
        place.line = diag.line;
        sp_reports_add(reader->reports, SP_REPORT_ERROR, &place, "%s", diag.text);
        return false;
    }
    return true;
}

enum sp_error sp_credentials_read(const struct sp_binding *bindings, size_t bindings_n,
                                  const struct sp_credentials *before, struct sp_watched_files *files,
                                  int64_t now_s, struct sp_reports *reports, struct sp_credentials **out)
{
    const struct reader reader = {files, now_s, reports};
    struct sp_credentials *credentials = make(bindings_n);
    enum sp_error error = credentials != NULL ? SP_OK : SP_ERR_MEMORY;
    for (size_t i = 0; i < bindings_n && error != SP_ERR_MEMORY; i++) {
        struct sp_credential *item = &credentials->items[i];
        const struct sp_binding *binding = &bindings[i];
        item->is_asked_for = binding->service_account != NULL;
        if (binding->token_file != NULL && !read_token(&reader, binding->token_file, item)) {
            error = before != NULL ? error : SP_ERR_CONFIG;
            sp_buf_clear(&item->authorization);
            sp_buf_append(&item->authorization,
                          before != NULL ? sp_buf_str(&before->items[i].authorization) : SP_STR_NONE);
            item->expires_s = before != NULL ? before->items[i].expires_s : 0;
        }
        if (binding->proxy_key_file != NULL && !read_keys(&reader, binding->proxy_key_file, item)) {
            error = before != NULL ? error : SP_ERR_CONFIG;
            item->keys = before != NULL ? before->items[i].keys : (struct sp_proxy_keys){0};
        }
        error = sp_buf_error(&item->authorization) == SP_OK ? error : SP_ERR_MEMORY;
    }
    if (error != SP_OK) {
        sp_credentials_unref(credentials);
        return error;
    }
    *out = credentials;
    return SP_OK;
}

/* ---- while the program runs ------------------------------------------------------------------------- */

struct sp_credential_files {
    const struct sp_binding *bindings;
    size_t bindings_n;
    struct sp_watched_files *files; /* NULL: not checked yet */
    struct sp_credentials *current;
    char *told; /* the errors at the last check that found a change; NULL: none */
};

struct sp_credential_files *sp_credential_files_new(const struct sp_binding *bindings, size_t bindings_n,
                                                    struct sp_credentials *current)
{
    struct sp_credential_files *files = calloc(1, sizeof *files);
    if (files != NULL) {
        files->bindings = bindings;
        files->bindings_n = bindings_n;
        files->current = sp_credentials_ref(current);
    }
    return files;
}

void sp_credential_files_free(struct sp_credential_files *files)
{
    if (files != NULL) {
        sp_watched_files_free(files->files);
        sp_credentials_unref(files->current);
        free(files->told);
        free(files);
    }
}

static bool is_same(const struct sp_credentials *a, const struct sp_credentials *b)
{
    bool is_same = true;
    for (size_t i = 0; i < a->items_n && is_same; i++) {
        const struct sp_credential *x = &a->items[i];
        const struct sp_credential *y = &b->items[i];
        is_same = sp_str_equal(sp_buf_str(&x->authorization), sp_buf_str(&y->authorization)) &&
                  memcmp(&x->keys, &y->keys, sizeof x->keys) == 0;
    }
    return is_same;
}

struct sp_credentials *sp_credential_files_look(struct sp_credential_files *files, int64_t now_s,
                                                struct sp_reports *reports)
{
    if (files->files != NULL && !sp_watched_files_look(files->files)) {
        return NULL;
    }
    struct sp_watched_files *watched = sp_watched_files_new();
    struct sp_credentials *read = NULL;
    if (watched == NULL || sp_credentials_read(files->bindings, files->bindings_n, files->current, watched,
                                               now_s, reports, &read) != SP_OK) {
        sp_watched_files_free(watched);
        return NULL;
    }
    sp_watched_files_free(files->files);
    files->files = watched;
    sp_reports_drop_told(reports, &files->told);
    if (is_same(files->current, read)) {
        sp_credentials_unref(read);
        return NULL;
    }
    sp_credentials_unref(files->current);
    files->current = read;
    return sp_credentials_ref(read);
}
