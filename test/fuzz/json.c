/* SPDX-License-Identifier: Apache-2.0 */

/*
 * JSON: everything that Jansson accepts is accepted. Accepted JSON is within the depth limit, contains no
 * NUL, and is the same after it was written and parsed again. A getter returns a value exactly if the member
 * has its type.
 */

#include "jose/json.h"
#include "jose/json_text.h"

#include "fuzz.h"

#define LEN_MAX 65536

static enum sp_error get_number(const json_t *object, const char *key, double *out)
{
    enum sp_error error = sp_json_get_number(object, key, out);
    return PLANTED(error == SP_OK && *out < -9) ? SP_ERR_FORMAT : error;
}

static enum sp_error parse(struct sp_str text, json_t **out)
{
    struct sp_diag diag = {0};
    enum sp_error error = sp_json_parse_object(text, 8 * LEN_MAX, "it", out, &diag);
    ck_assert_int_eq(error == SP_OK, diag.text[0] == '\0');
    return error;
}

static size_t depth_of(const json_t *value)
{
    size_t deepest = 0;
    size_t index;
    const char *key;
    json_t *element;
    json_array_foreach (value, index, element) {
        size_t depth = depth_of(element);
        deepest = depth > deepest ? depth : deepest;
    }
    json_object_foreach ((json_t *)(uintptr_t)value, key, element) {
        size_t depth = depth_of(element);
        deepest = depth > deepest ? depth : deepest;
    }
    return json_is_array(value) || json_is_object(value) ? deepest + 1 : 0;
}

static void check_strings(const json_t *value)
{
    size_t index;
    const char *key;
    json_t *element;
    if (json_is_string(value)) {
        ck_assert_uint_eq(json_string_length(value), strlen(json_string_value(value)));
    }
    json_array_foreach (value, index, element) {
        check_strings(element);
    }
    json_object_foreach ((json_t *)(uintptr_t)value, key, element) {
        check_strings(element);
    }
}

static enum sp_error expected(const json_t *value, bool right)
{
    return value == NULL || json_is_null(value) ? SP_ERR_MISSING : right ? SP_OK : SP_ERR_FORMAT;
}

static bool is_exact(const json_t *value)
{
    double number = json_number_value(value);
    return json_is_number(value) && number >= -(double)SP_JSON_NUMBER_MAX &&
           number <= (double)SP_JSON_NUMBER_MAX && llabs(json_integer_value(value)) <= SP_JSON_NUMBER_MAX;
}

static void check_getters(const json_t *object, const char *key)
{
    struct sp_str text;
    double number;
    bool truth;
    const json_t *value = json_object_get(object, key);
    ck_assert_int_eq(sp_json_get_string(object, key, &text), expected(value, json_is_string(value)));
    ck_assert_int_eq(get_number(object, key, &number), expected(value, is_exact(value)));
    ck_assert_int_eq(sp_json_get_boolean(object, key, &truth), expected(value, json_is_boolean(value)));
}

static void check_list(const json_t *object, const char *key)
{
    struct sp_json_string_list list;
    const json_t *value = json_object_get(object, key);
    if (sp_json_get_string_list(object, key, 4, &list) != SP_OK) {
        return;
    }
    ck_assert_uint_le(list.n, 4);
    ck_assert_uint_eq(list.n, json_is_string(value) ? 1 : json_array_size(value));
    for (size_t i = 0; i < list.n; i++) {
        ck_assert(sp_json_string_list_contains(&list, sp_json_string_list_at(&list, i)));
    }
}

FUZZ_TARGET(input)
{
    SP_JSON_SCOPED json_t *object = NULL;
    SP_JSON_SCOPED json_t *again = NULL;
    SP_JSON_SCOPED json_t *plain = json_loadb(input.ptr, input.len, JSON_REJECT_DUPLICATES, NULL);
    if (parse(input, &object) != SP_OK) {
        /* Jansson does not detect a NUL after a number */
        ck_assert(!json_is_object(plain) || input.len > 8 * LEN_MAX || sp_str_contains(input, '\0'));
        return;
    }
    ck_assert(json_is_object(object));
    ck_assert_uint_le(depth_of(object), SP_JSON_DEPTH_MAX);
    check_strings(object);
    char *written = json_dumps(object, JSON_COMPACT);
    ck_assert_ptr_nonnull(written);
    ck_assert_int_eq(parse(sp_str_from_c(written), &again), SP_OK);
    ck_assert(json_equal(object, again));
    free(written);
    check_getters(object, "a");
    check_getters(object, "b");
    check_list(object, "a");
    check_list(object, "b");
}
