/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/json.h"

#include "jose/json_text.h"

#define NAME_SHOWN_MAX 64 /* bytes of a member's name in a message */

/* The member name that ends before `end` in valid JSON: the text between the last two quotation marks. Inside
 * a name a quotation mark can only be escaped. */
static struct sp_str name_before(struct sp_str text, size_t end)
{
    size_t begin = end - 1;
    bool escaped;
    do {
        size_t backslashes_n = 0;
        begin--;
        while (backslashes_n < begin && text.ptr[begin - 1 - backslashes_n] == '\\') {
            backslashes_n++;
        }
        escaped = backslashes_n % 2 == 1;
    } while (begin > 0 && (text.ptr[begin] != '"' || escaped));
    return (struct sp_str){text.ptr + begin + 1, end - begin - 2};
}

static enum sp_error explain(const json_error_t *error, struct sp_str text, const char *what,
                             struct sp_diag *diag)
{
    if (json_error_code(error) != json_error_duplicate_key || error->position < 2 ||
        (size_t)error->position > text.len) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "%s: %s", what, error->text);
    }
    struct sp_str name = name_before(text, (size_t)error->position);
    bool fits = name.len <= NAME_SHOWN_MAX;
    return sp_diag_set(diag, SP_ERR_DUPLICATE, "%s: \"%.*s%s\" appears twice", what,
                       fits ? (int)name.len : NAME_SHOWN_MAX, name.ptr, fits ? "" : "…");
}

enum sp_error sp_json_parse_object(struct sp_str text, size_t max_len, const char *what, json_t **out,
                                   struct sp_diag *diag)
{
    if (text.len > max_len) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "%s: longer than %zu bytes", what, max_len);
    }
    SP_BUF_SCOPED struct sp_buf plain;
    sp_buf_init(&plain, SP_JSON_TEXT_GROWTH_MAX * text.len);
    struct sp_diag fault;
    enum sp_error error = sp_json_text_rewrite(text, &plain, &fault);
    if (error == SP_ERR_FORMAT) {
        return sp_diag_set(diag, error, "%s: %s", what, fault.text);
    }
    if (error != SP_OK) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "%s: %s", what, sp_error_text(SP_ERR_MEMORY));
    }
    if (plain.ptr[0] != '{') {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%s: not a JSON object", what);
    }
    json_error_t detail;
    SP_JSON_SCOPED json_t *value = json_loadb(plain.ptr, plain.len, JSON_REJECT_DUPLICATES, &detail);
    if (value == NULL) {
        return explain(&detail, sp_buf_str(&plain), what, diag);
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

enum sp_error sp_json_require_string(const json_t *object, const char *key, const char *what,
                                     struct sp_str *out, struct sp_diag *diag)
{
    enum sp_error error = sp_json_get_string(object, key, out);
    return error == SP_OK ? SP_OK
                          : sp_diag_set(diag, error, "%s: \"%s\" is missing or not a string", what, key);
}

enum sp_error sp_json_get_number(const json_t *object, const char *key, double *out)
{
    const json_t *value = NULL;
    enum sp_error error = get(object, key, &value);
    if (error != SP_OK) {
        return error;
    }
    if (!json_is_number(value) || json_integer_value(value) > SP_JSON_NUMBER_MAX ||
        json_integer_value(value) < -SP_JSON_NUMBER_MAX) {
        return SP_ERR_FORMAT;
    }
    double number = json_number_value(value);
    const double max = (double)SP_JSON_NUMBER_MAX;
    if (!(number >= -max && number <= max)) {
        return SP_ERR_FORMAT;
    }
    *out = number;
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

enum sp_error sp_json_read_odd_list(const json_t *value, size_t max_n, size_t *odd_n,
                                    struct sp_json_string_list *out)
{
    if (!json_is_string(value) && !json_is_array(value)) {
        return SP_ERR_FORMAT;
    }
    size_t n = json_is_string(value) ? 1 : json_array_size(value);
    if (n > max_n) {
        return SP_ERR_LIMIT;
    }
    *odd_n = 0;
    for (size_t i = 0; json_is_array(value) && i < n; i++) {
        *odd_n += !json_is_string(json_array_get(value, i));
    }
    *out = (struct sp_json_string_list){.value = value, .n = n};
    return SP_OK;
}

enum sp_error sp_json_get_string_list(const json_t *object, const char *key, size_t max_n,
                                      struct sp_json_string_list *out)
{
    size_t odd_n = 0;
    const json_t *value = NULL;
    struct sp_json_string_list list;
    enum sp_error error = get(object, key, &value);
    if (error == SP_OK) {
        error = sp_json_read_odd_list(value, max_n, &odd_n, &list);
    }
    if (error != SP_OK || odd_n > 0) {
        return error != SP_OK ? error : SP_ERR_FORMAT;
    }
    *out = list;
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

static int append_piece(const char *piece, size_t len, void *out)
{
    sp_buf_append(out, (struct sp_str){piece, len});
    return 0;
}

void sp_json_append(const json_t *value, struct sp_buf *out)
{
    if (json_dump_callback(value, append_piece, out, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        out->failed = true;
    }
}

const char *sp_json_library_version(void)
{
    return jansson_version_str();
}
