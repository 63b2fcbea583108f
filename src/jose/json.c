/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/json.h"

/* The index of the quotation mark that ends the string begun at `i`, or the end of the text. */
static size_t skip_string(struct sp_str text, size_t i)
{
    for (i++; i < text.len && text.ptr[i] != '"'; i++) {
        if (text.ptr[i] == '\\') {
            i++;
        }
    }
    return i;
}

static enum sp_error check_depth(struct sp_str text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"') {
            i = skip_string(text, i);
        } else if ((c == '{' || c == '[') && ++depth > SP_JSON_DEPTH_MAX) {
            return SP_ERR_LIMIT;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return SP_OK;
}

static enum sp_error translate(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    if (code == json_error_out_of_memory) {
        return SP_ERR_MEMORY;
    }
    return code == json_error_duplicate_key ? SP_ERR_DUPLICATE : SP_ERR_FORMAT;
}

enum sp_error sp_json_parse_object(struct sp_str text, size_t max_len, json_t **out)
{
    if (text.len > max_len) {
        return SP_ERR_LIMIT;
    }
    enum sp_error error = check_depth(text);
    if (error != SP_OK) {
        return error;
    }
    if (text.len == 0) {
        return SP_ERR_FORMAT;
    }
    json_error_t detail;
    SP_JSON_SCOPED json_t *value = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &detail);
    if (value == NULL) {
        return translate(&detail);
    }
    if (!json_is_object(value)) {
        return SP_ERR_FORMAT;
    }
    *out = sp_json_take(&value);
    return SP_OK;
}

static enum sp_error get(const json_t *object, const char *key, const json_t **out)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value)) {
        return SP_ERR_MISSING;
    }
    *out = value;
    return SP_OK;
}

static struct sp_str view_string(const json_t *value)
{
    return (struct sp_str){json_string_value(value), json_string_length(value)};
}

enum sp_error sp_json_get_string(const json_t *object, const char *key, struct sp_str *out)
{
    const json_t *value = NULL;
    enum sp_error error = get(object, key, &value);
    if (error != SP_OK) {
        return error;
    }
    if (!json_is_string(value)) {
        return SP_ERR_FORMAT;
    }
    *out = view_string(value);
    return SP_OK;
}

/* 1.0e9 is a whole number too, and some issuers write their dates so. */
static enum sp_error convert_real(double real, int64_t *out)
{
    const double max = (double)SP_JSON_INTEGER_MAX;
    if (!(real >= -max && real <= max)) {
        return SP_ERR_FORMAT;
    }
    int64_t whole = (int64_t)real;
    if ((double)whole < real || (double)whole > real) {
        return SP_ERR_FORMAT;
    }
    *out = whole;
    return SP_OK;
}

enum sp_error sp_json_get_integer(const json_t *object, const char *key, int64_t *out)
{
    const json_t *value = NULL;
    enum sp_error error = get(object, key, &value);
    if (error != SP_OK) {
        return error;
    }
    if (json_is_real(value)) {
        return convert_real(json_real_value(value), out);
    }
    if (!json_is_integer(value)) {
        return SP_ERR_FORMAT;
    }
    json_int_t integer = json_integer_value(value);
    if (integer < -SP_JSON_INTEGER_MAX || integer > SP_JSON_INTEGER_MAX) {
        return SP_ERR_FORMAT;
    }
    *out = integer;
    return SP_OK;
}

enum sp_error sp_json_get_boolean(const json_t *object, const char *key, bool *out)
{
    const json_t *value = NULL;
    enum sp_error error = get(object, key, &value);
    if (error != SP_OK) {
        return error;
    }
    if (!json_is_boolean(value)) {
        return SP_ERR_FORMAT;
    }
    *out = json_is_true(value);
    return SP_OK;
}

enum sp_error sp_json_get_string_list(const json_t *object, const char *key, size_t max_n,
                                      struct sp_json_string_list *out)
{
    const json_t *value = NULL;
    enum sp_error error = get(object, key, &value);
    if (error != SP_OK) {
        return error;
    }
    if (!json_is_string(value) && !json_is_array(value)) {
        return SP_ERR_FORMAT;
    }
    size_t n = json_is_string(value) ? 1 : json_array_size(value);
    if (n > max_n) {
        return SP_ERR_LIMIT;
    }
    for (size_t i = 0; json_is_array(value) && i < n; i++) {
        if (!json_is_string(json_array_get(value, i))) {
            return SP_ERR_FORMAT;
        }
    }
    *out = (struct sp_json_string_list){.value = value, .n = n};
    return SP_OK;
}

struct sp_str sp_json_string_list_at(const struct sp_json_string_list *list, size_t index)
{
    return view_string(json_is_string(list->value) ? list->value : json_array_get(list->value, index));
}

bool sp_json_string_list_contains(const struct sp_json_string_list *list, struct sp_str element)
{
    for (size_t i = 0; i < list->n; i++) {
        if (sp_str_equal(sp_json_string_list_at(list, i), element)) {
            return true;
        }
    }
    return false;
}

const char *sp_json_library_version(void)
{
    return jansson_version_str();
}
