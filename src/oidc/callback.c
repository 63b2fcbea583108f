/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/callback.h"

#include "http/form.h"

#define ERROR_NAME_MAX 64 /* bytes; a longer code is not in the table */

/* The raw values of the parameters other than the state; a null pointer if absent. */
struct raw {
    struct sp_str code;
    struct sp_str iss;
    struct sp_str error;
};

static enum sp_error check_pairs(struct sp_str query)
{
    struct sp_str rest = query;
    struct sp_form_pair pair;
    for (size_t n = 0; sp_form_next(&rest, &pair); n++) {
        if (n == SP_FORM_PAIRS_MAX) {
            return SP_ERR_LIMIT;
        }
    }
    return SP_OK;
}

static enum sp_error find_single(struct sp_str query, struct sp_str name, struct sp_str *out)
{
    struct sp_str value = SP_STR_NONE;
    size_t n = sp_form_find(query, name, &value);
    if (n > 1) {
        return SP_ERR_DUPLICATE;
    }
    if (n == 1) {
        *out = value.ptr != NULL ? value : SP_STR(""); /* `iss` without `=` is present, and empty */
    }
    return SP_OK;
}

static enum sp_error find_rest(struct sp_str query, struct raw *out)
{
    struct sp_str unread;
    const struct {
        struct sp_str name;
        struct sp_str *out;
    } wanted[] = {
        {SP_STR("code"), &out->code},   {SP_STR("iss"), &out->iss},
        {SP_STR("error"), &out->error}, {SP_STR("error_description"), &unread},
        {SP_STR("error_uri"), &unread},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        enum sp_error error = find_single(query, wanted[i].name, wanted[i].out);
        if (error != SP_OK) {
            return error;
        }
    }
    return SP_OK;
}

/* Decodes, appending to `storage`; `len` is the number of decoded bytes. */
static enum sp_error decode(struct sp_str raw, size_t max, struct sp_buf *storage, size_t *len)
{
    size_t from = storage->len;
    enum sp_error error = sp_form_decode(raw, storage);
    if (error != SP_OK) {
        return error;
    }
    struct sp_str decoded = sp_str_skip(sp_buf_str(storage), from);
    if (decoded.len > max) {
        return SP_ERR_LIMIT;
    }
    if (!sp_str_is_printable(decoded)) { /* VSCHAR: the characters of code, state and iss */
        return SP_ERR_FORMAT;
    }
    *len = decoded.len;
    return sp_buf_error(storage);
}

static enum sp_error decode_error(struct sp_str raw, enum sp_issuer_error *out)
{
    SP_BUF_ON_STACK(name, ERROR_NAME_MAX);
    enum sp_error error = sp_form_decode(raw, &name);
    if (error == SP_ERR_FORMAT) {
        return error;
    }
    *out = sp_issuer_error_find(sp_buf_str(&name));
    return SP_OK;
}

/* The number of bytes that each value takes in the storage, in this order. */
struct lengths {
    size_t state_len;
    size_t code_len;
    size_t iss_len;
};

static enum sp_error read_state(struct sp_str query, struct sp_buf *storage, struct lengths *lengths)
{
    struct sp_str raw = SP_STR_NONE;
    enum sp_error error = find_single(query, SP_STR("state"), &raw);
    if (error == SP_OK && raw.len == 0) {
        error = SP_ERR_MISSING;
    }
    return error == SP_OK ? decode(raw, SP_CALLBACK_STATE_MAX, storage, &lengths->state_len) : error;
}

static enum sp_error read_rest(const struct raw *raw, struct sp_callback *callback, struct lengths *lengths)
{
    bool has_error = raw->error.len > 0;
    if (raw->code.ptr != NULL && raw->error.ptr != NULL) {
        return SP_ERR_DUPLICATE;
    }
    if (raw->code.len == 0 && !has_error) {
        return SP_ERR_MISSING;
    }
    enum sp_error error = decode(raw->code, SP_CALLBACK_CODE_MAX, &callback->storage, &lengths->code_len);
    if (error == SP_OK) {
        error = decode(raw->iss, SP_CALLBACK_ISS_MAX, &callback->storage, &lengths->iss_len);
    }
    if (error == SP_OK && has_error) {
        error = decode_error(raw->error, &callback->error);
    }
    if (error == SP_OK) {
        callback->kind = has_error ? SP_CALLBACK_ERROR : SP_CALLBACK_CODE;
    }
    return error;
}

/* Creates the views, once the storage no longer moves. */
static void set_views(const struct raw *raw, const struct lengths *lengths, struct sp_callback *callback)
{
    const char *bytes = sp_buf_str(&callback->storage).ptr;
    callback->state = (struct sp_str){bytes, lengths->state_len};
    if (callback->kind == SP_CALLBACK_NONE) {
        return;
    }
    callback->code = (struct sp_str){bytes + lengths->state_len, lengths->code_len};
    if (raw->iss.ptr != NULL) {
        callback->iss = (struct sp_str){bytes + lengths->state_len + lengths->code_len, lengths->iss_len};
    }
}

enum sp_error sp_callback_parse(struct sp_str query, struct sp_callback *out)
{
    if (query.len > SP_CALLBACK_QUERY_MAX) {
        return SP_ERR_LIMIT;
    }
    SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
    struct lengths lengths = {0};
    struct raw raw = {0};
    sp_buf_init(&callback.storage, SP_CALLBACK_QUERY_MAX);
    enum sp_error error = check_pairs(query);
    if (error == SP_OK) {
        error = read_state(query, &callback.storage, &lengths);
    }
    if (error != SP_OK) {
        return error;
    }
    callback.fault = find_rest(query, &raw);
    if (callback.fault == SP_OK) {
        callback.fault = read_rest(&raw, &callback, &lengths);
    }
    set_views(&raw, &lengths, &callback);
    *out = callback;
    callback = SP_CALLBACK_NULL;
    return SP_OK;
}

void sp_callback_done(struct sp_callback *callback)
{
    sp_buf_done(&callback->storage);
    *callback = SP_CALLBACK_NULL;
}

enum sp_error sp_callback_check_issuer(const struct sp_callback *callback,
                                       const struct sp_issuer_metadata *metadata)
{
    if (callback->iss.ptr == NULL) {
        return metadata->response_iss_promised ? SP_ERR_MISSING : SP_OK;
    }
    return sp_str_equal(callback->iss, sp_str_from_c(metadata->issuer)) ? SP_OK : SP_ERR_MISMATCH;
}
