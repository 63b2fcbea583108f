/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_record.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define API_GROUP  "rbac.authorization.k8s.io"
#define RECORD_MAX (32 * 1024 * 1024) /* bytes; more than any object in the API server has */

struct writer {
    struct sp_buf bytes;
    uint32_t parts_n;
    struct sp_rbac_fault *fault;
};

static void put_number(struct sp_buf *out, size_t number)
{
    while (number >= 0x80) {
        sp_buf_append_char(out, (char)(number | 0x80));
        number >>= 7;
    }
    sp_buf_append_char(out, (char)number);
}

static void put_text(struct sp_buf *out, struct sp_str text)
{
    put_number(out, text.len);
    sp_buf_append(out, text);
}

static struct sp_str text_of(const json_t *value)
{
    return json_is_string(value) ? (struct sp_str){json_string_value(value), json_string_length(value)}
                                 : SP_STR_NONE;
}

/* True for an array. Absent or null counts as an empty one. */
static bool is_list_or_absent(const json_t *value)
{
    return value == NULL || json_is_null(value) || json_is_array(value);
}

#define fail_at(writer, why, ...)                                                                            \
    (snprintf((writer)->fault->pointer, SP_RBAC_POINTER_MAX, __VA_ARGS__), (writer)->fault->text = (why),    \
     SP_ERR_FORMAT)

struct sp_str sp_rbac_object_name(const json_t *object)
{
    return text_of(json_object_get(json_object_get(object, "metadata"), "name"));
}

static bool is_of_rbac(const json_t *reference)
{
    const json_t *value = json_object_get(reference, "apiGroup");
    struct sp_str group = text_of(value);
    bool is_absent = value == NULL || json_is_null(value) || (json_is_string(value) && group.len == 0);
    return is_absent || sp_str_equal(group, SP_STR(API_GROUP));
}

static enum sp_error put_subject(struct writer *writer, const json_t *subject, size_t i)
{
    struct sp_str kind = text_of(json_object_get(subject, "kind"));
    struct sp_str name = text_of(json_object_get(subject, "name"));
    if (kind.len == 0) {
        return fail_at(writer, "a subject needs a kind: User, Group or ServiceAccount", "/subjects/%zu/kind",
                       i);
    }
    if (name.len == 0) {
        return fail_at(writer, "a subject needs a name", "/subjects/%zu/name", i);
    }
    bool is_user = sp_str_equal(kind, SP_STR("User"));
    if ((is_user || sp_str_equal(kind, SP_STR("Group"))) && is_of_rbac(subject)) {
        put_number(&writer->bytes, name.len + 1);
        sp_buf_append_char(&writer->bytes, is_user ? SP_RBAC_USER : SP_RBAC_GROUP);
        sp_buf_append(&writer->bytes, name);
        writer->parts_n++;
    }
    return SP_OK;
}

static enum sp_error put_binding(struct writer *writer, const json_t *object)
{
    const json_t *reference = json_object_get(object, "roleRef");
    const json_t *subjects = json_object_get(object, "subjects");
    struct sp_str role = text_of(json_object_get(reference, "name"));
    if (role.len == 0) {
        return fail_at(writer, "a binding must name a role", "/roleRef/name");
    }
    if (!is_list_or_absent(subjects)) {
        return fail_at(writer, "subjects must be a list", "/subjects");
    }
    if (!sp_str_equal(text_of(json_object_get(reference, "kind")), SP_STR("ClusterRole"))) {
        return fail_at(writer, "a ClusterRoleBinding must refer to a ClusterRole", "/roleRef/kind");
    }
    if (!is_of_rbac(reference)) {
        return fail_at(writer, "a role must be of the apiGroup " API_GROUP, "/roleRef/apiGroup");
    }
    put_text(&writer->bytes, role);
    size_t i;
    json_t *subject;
    json_array_foreach (subjects, i, subject) {
        enum sp_error error = put_subject(writer, subject, i);
        if (error != SP_OK) {
            return error;
        }
    }
    return SP_OK;
}

static enum sp_error put_texts(struct writer *writer, const json_t *rule, size_t rule_i, const char *key)
{
    const json_t *list = json_object_get(rule, key);
    if (!is_list_or_absent(list)) {
        return fail_at(writer, "expected a list of strings", "/rules/%zu/%s", rule_i, key);
    }
    put_number(&writer->bytes, json_array_size(list));
    size_t i;
    json_t *text;
    json_array_foreach (list, i, text) {
        if (!json_is_string(text)) {
            return fail_at(writer, "expected a string", "/rules/%zu/%s/%zu", rule_i, key, i);
        }
        put_text(&writer->bytes, text_of(text));
    }
    return SP_OK;
}

static enum sp_error put_role(struct writer *writer, const json_t *object)
{
    const json_t *rules = json_object_get(object, "rules");
    if (!is_list_or_absent(rules)) {
        return fail_at(writer, "rules must be a list", "/rules");
    }
    size_t i;
    json_t *rule;
    json_array_foreach (rules, i, rule) {
        size_t begin = writer->bytes.len;
        if (!json_is_object(rule)) {
            return fail_at(writer, "a rule must be a mapping", "/rules/%zu", i);
        }
        put_number(&writer->bytes, i);
        enum sp_error error = put_texts(writer, rule, i, "verbs");
        error = error == SP_OK ? put_texts(writer, rule, i, "nonResourceURLs") : error;
        if (error != SP_OK) {
            return error;
        }
        if (json_array_size(json_object_get(rule, "nonResourceURLs")) > 0) {
            writer->parts_n++;
        } else {
            writer->bytes.len = begin;
        }
    }
    return SP_OK;
}

static enum sp_error fill(struct writer *writer, enum sp_rbac_kind kind, const json_t *object)
{
    struct sp_str name = sp_rbac_object_name(object);
    if (name.len == 0) {
        return fail_at(writer, "an object needs a name", "/metadata/name");
    }
    put_text(&writer->bytes, name);
    return kind == SP_RBAC_ROLE ? put_role(writer, object) : put_binding(writer, object);
}

enum sp_error sp_rbac_record_new(enum sp_rbac_kind kind, const json_t *object, struct sp_rbac_fault *fault,
                                 struct sp_rbac_record **out)
{
    struct writer writer = {.fault = fault};
    sp_buf_init(&writer.bytes, RECORD_MAX);
    enum sp_error error = fill(&writer, kind, object);
    if (error == SP_OK && sp_buf_error(&writer.bytes) != SP_OK) {
        error = SP_ERR_MEMORY;
    }
    struct sp_rbac_record *record = NULL;
    if (error == SP_OK && writer.parts_n > 0) {
        struct sp_str bytes = sp_buf_str(&writer.bytes);
        record = malloc(sizeof *record + bytes.len);
        if (record == NULL) {
            error = SP_ERR_MEMORY;
        } else {
            *record = (struct sp_rbac_record){.parts_n = writer.parts_n, .len = (uint32_t)bytes.len};
            atomic_init(&record->refs, 1);
            memcpy(record->bytes, bytes.ptr, bytes.len);
        }
    }
    sp_buf_done(&writer.bytes);
    if (error == SP_OK) {
        *out = record;
    }
    return error;
}

struct sp_rbac_record *sp_rbac_record_ref(struct sp_rbac_record *record)
{
    atomic_fetch_add_explicit(&record->refs, 1, memory_order_relaxed);
    return record;
}

void sp_rbac_record_unref(struct sp_rbac_record *record)
{
    if (record != NULL && atomic_fetch_sub(&record->refs, 1) == 1) {
        free(record);
    }
}
