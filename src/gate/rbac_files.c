/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/rbac_files.h"

#include "base/number.h"
#include "base/wording.h"
#include "jose/json.h"
#include "kube/rbac_aggregation.h"

#include <stdlib.h>

#define SETTING     "rbac_source"
#define API_VERSION "rbac.authorization.k8s.io/v1"
#define FINDING_MAX 2048 /* bytes of the text of one finding */

struct sp_rbac_files {
    struct sp_rbac_objects *objects;
    json_t *roles; /* kept until all are known, because roles may aggregate others */
    json_t *seen;  /* maps "kind/name" to its position: `file`, `line` */
    size_t told_n; /* warnings about fields without effect; only counted from SP_RBAC_FINDINGS_MAX on */
};

/* The file that is being read. */
struct reader {
    struct sp_rbac_files *files;
    const char *path;
    struct sp_reports *reports;
};

struct sp_rbac_files *sp_rbac_files_new(const struct sp_rbac_settings *settings)
{
    struct sp_rbac_files *files = calloc(1, sizeof *files);
    if (files != NULL) {
        files->objects = sp_rbac_objects_new(settings);
        files->roles = json_array();
        files->seen = json_object();
    }
    if (files != NULL && (files->objects == NULL || files->roles == NULL || files->seen == NULL)) {
        sp_rbac_files_free(files);
        files = NULL;
    }
    return files;
}

void sp_rbac_files_free(struct sp_rbac_files *files)
{
    if (files != NULL) {
        sp_rbac_objects_free(files->objects);
        json_decref(files->roles);
        json_decref(files->seen);
        free(files);
    }
}

/* ---- from YAML to an object -------------------------------------------------------------------------- */

static struct sp_place place_of(const struct reader *reader, const struct sp_yaml_node *node)
{
    return (struct sp_place){
        .file = reader->path, .key = SP_STR(SETTING), .line = node->line, .column = node->column};
}

static const char *const words[] = {
    [SP_RBAC_ROLE] = "ClusterRole",
    [SP_RBAC_BINDING] = "ClusterRoleBinding",
};

#define report(reader, node, kind, ...)                                                                      \
    do {                                                                                                     \
        struct sp_place place_ = place_of((reader), (node));                                                 \
        sp_reports_add((reader)->reports, (kind), &place_, __VA_ARGS__);                                     \
    } while (0)

static const struct sp_yaml_node *child_of(const struct sp_yaml_node *node, const char *key)
{
    const struct sp_yaml_node *child = node->kind == SP_YAML_MAPPING ? node->first : NULL;
    while (child != NULL && strcmp(child->key, key) != 0) {
        child = child->next;
    }
    return child;
}

static struct sp_str text_of(const struct sp_yaml_node *node, const char *key)
{
    const struct sp_yaml_node *child = child_of(node, key);
    return child != NULL && child->kind == SP_YAML_SCALAR ? sp_str_from_c(child->text) : SP_STR_NONE;
}

/* All scalars except null become strings: their types do not matter here. NULL if out of memory. */
static json_t *json_of(const struct sp_yaml_node *node)
{
    if (node->kind == SP_YAML_SCALAR) {
        return node->is_null ? json_null() : json_string(node->text);
    }
    json_t *out = node->kind == SP_YAML_LIST ? json_array() : json_object();
    for (const struct sp_yaml_node *child = node->first; child != NULL && out != NULL; child = child->next) {
        int failed = node->kind == SP_YAML_LIST ? json_array_append_new(out, json_of(child))
                                                : json_object_set_new(out, child->key, json_of(child));
        if (failed != 0) {
            json_decref(out);
            out = NULL;
        }
    }
    return out;
}

/* The node that a JSON pointer leads to, or the last one on its path that exists. No member name of these
 * objects contains `/` or `~`. */
static const struct sp_yaml_node *node_at(const struct sp_yaml_node *node, struct sp_str pointer)
{
    sp_str_cut(&pointer, '/');
    while (pointer.ptr != NULL) {
        struct sp_str step = sp_str_cut(&pointer, '/');
        const struct sp_yaml_node *child = node->kind == SP_YAML_SCALAR ? NULL : node->first;
        uint64_t index = 0;
        if (node->kind == SP_YAML_LIST && !sp_number_parse_u64(step, UINT32_MAX, &index)) {
            child = NULL;
        }
        while (child != NULL &&
               (node->kind == SP_YAML_LIST ? index-- > 0 : !sp_str_equal(sp_str_from_c(child->key), step))) {
            child = child->next;
        }
        if (child == NULL) {
            break;
        }
        node = child;
    }
    return node;
}

/* ---- objects ----------------------------------------------------------------------------------------- */

/* The key of `seen`; `out` has room for any name. */
static const char *write_key(enum sp_rbac_kind kind, struct sp_str name, struct sp_buf *out)
{
    sp_buf_init(out, name.len + 64);
    sp_buf_printf(out, "%s/%.*s", words[kind], SP_STR_ARGS(name));
    return sp_buf_c_str(out);
}

/* Two objects with the same name would contradict each other. */
static void refuse_second(const struct reader *reader, const struct sp_yaml_node *node,
                          enum sp_rbac_kind kind, struct sp_str name)
{
    SP_BUF_SCOPED struct sp_buf key;
    const char *text = write_key(kind, name, &key);
    const json_t *first = text != NULL ? json_object_get(reader->files->seen, text) : NULL;
    if (first != NULL) {
        report(reader, node, SP_REPORT_ERROR, "%s \"%s\" is defined twice: the first is in %s, line %d",
               words[kind], SP_QUOTE(name), json_string_value(json_object_get(first, "file")),
               (int)json_integer_value(json_object_get(first, "line")));
    } else if (text == NULL || json_object_set_new(reader->files->seen, text,
                                                   json_pack("{s:s, s:I}", "file", reader->path, "line",
                                                             (json_int_t)node->line)) != 0) {
        report(reader, node, SP_REPORT_ERROR, "out of memory");
    }
}

/* ---- what the API server would refuse or drop, and has no effect here ------------------------------ */

#define warn(files, reports, place, ...)                                                                     \
    do {                                                                                                     \
        if ((files)->told_n++ < SP_RBAC_FINDINGS_MAX) {                                                      \
            sp_reports_add((reports), SP_REPORT_WARNING, (place), __VA_ARGS__);                              \
        }                                                                                                    \
    } while (0)

/* The fields of each kind of object, including nested ones; NULL ends a list. */
static const char *const fields_of[][6] = {
    [SP_RBAC_ROLE] = {"apiVersion", "kind", "metadata", "rules", "aggregationRule"},
    [SP_RBAC_BINDING] = {"apiVersion", "kind", "metadata", "roleRef", "subjects"},
};
static const char *const fields_of_rule[] = {"verbs",         "apiGroups",       "resources",
                                             "resourceNames", "nonResourceURLs", NULL};
static const char *const fields_of_subject[] = {"kind", "apiGroup", "name", "namespace", NULL};
static const char *const kinds_of_subject[] = {"User", "Group", "ServiceAccount", NULL};

/* Whether the value is one of the names; otherwise suggests them. */
static bool is_one_of(const char *const *names, struct sp_nearest *word)
{
    bool is_one = false;
    for (; *names != NULL; names++) {
        is_one = is_one || sp_str_equal(word->word, sp_str_from_c(*names));
        sp_nearest_offer(word, sp_str_from_c(*names));
    }
    return is_one;
}

static void warn_fields(const struct reader *reader, const struct sp_yaml_node *mapping,
                        const char *const *known, const char *object, struct sp_str name)
{
    const struct sp_yaml_node *field = mapping->kind == SP_YAML_MAPPING ? mapping->first : NULL;
    for (; field != NULL; field = field->next) {
        struct sp_nearest nearest = sp_nearest_of(sp_str_from_c(field->key));
        if (!is_one_of(known, &nearest)) {
            struct sp_yaml_node at = {.line = field->key_line, .column = field->key_column};
            struct sp_place place = place_of(reader, &at);
            warn(reader->files, reader->reports, &place, "%s \"%s\": the field \"%s\" is unknown%s", object,
                 SP_QUOTE(name), SP_QUOTE(nearest.word), SP_NEAREST_TEXT(&nearest));
        }
    }
}

static void warn_object(const struct reader *reader, const struct sp_yaml_node *node, enum sp_rbac_kind kind,
                        struct sp_str name)
{
    const struct sp_yaml_node *list = child_of(node, kind == SP_RBAC_ROLE ? "rules" : "subjects");
    warn_fields(reader, node, fields_of[kind], words[kind], name);
    for (const struct sp_yaml_node *item = list != NULL ? list->first : NULL; item != NULL;
         item = item->next) {
        warn_fields(reader, item, kind == SP_RBAC_ROLE ? fields_of_rule : fields_of_subject, words[kind],
                    name);
        const struct sp_yaml_node *of_subject = kind == SP_RBAC_BINDING ? child_of(item, "kind") : NULL;
        struct sp_nearest nearest = sp_nearest_of(text_of(item, "kind"));
        if (of_subject != NULL && !is_one_of(kinds_of_subject, &nearest)) {
            struct sp_place place = place_of(reader, of_subject);
            warn(reader->files, reader->reports, &place,
                 "%s \"%s\": a subject of kind \"%s\" matches nobody%s", words[kind], SP_QUOTE(name),
                 SP_QUOTE(nearest.word), SP_NEAREST_TEXT(&nearest));
        }
    }
}

/* In other versions the same fields may mean something else: in v1alpha1 the User `*` was everybody. */
static bool has_known_version(const struct reader *reader, const struct sp_yaml_node *node)
{
    struct sp_str version = text_of(node, "apiVersion");
    bool is_known = version.len == 0 || sp_str_equal(version, SP_STR(API_VERSION));
    if (!is_known) {
        report(reader, child_of(node, "apiVersion"), SP_REPORT_ERROR,
               "the apiVersion is " API_VERSION ", not \"%s\"", SP_QUOTE(version));
    }
    return is_known;
}

static void take_object(const struct reader *reader, const struct sp_yaml_node *node, enum sp_rbac_kind kind)
{
    struct sp_rbac_files *files = reader->files;
    if (!has_known_version(reader, node)) {
        return;
    }
    struct sp_rbac_fault fault = {.text = "out of memory"};
    SP_JSON_SCOPED json_t *object = json_of(node);
    enum sp_error error =
        object != NULL ? sp_rbac_objects_put(files->objects, kind, object, &fault) : SP_ERR_MEMORY;
    if (error == SP_OK && kind == SP_RBAC_ROLE) {
        error = sp_rbac_aggregation_check(object, &fault);
        error = error == SP_OK && json_array_append(files->roles, object) != 0 ? SP_ERR_MEMORY : error;
    }
    if (error == SP_ERR_LIMIT) {
        fault.text = "the objects of all files are too large";
    }
    if (error != SP_OK) {
        struct sp_str pointer = error == SP_ERR_FORMAT ? sp_str_from_c(fault.pointer) : SP_STR_NONE;
        report(reader, node_at(node, pointer), SP_REPORT_ERROR, "%s: %s%s%s", words[kind], fault.text,
               pointer.len > 0 ? ": " : "", fault.pointer);
    } else {
        refuse_second(reader, node, kind, sp_rbac_object_name(object));
        warn_object(reader, node, kind, sp_rbac_object_name(object));
    }
}

static bool kind_of(const struct sp_yaml_node *node, enum sp_rbac_kind *out)
{
    return sp_rbac_kind_of(text_of(node, "apiVersion"), text_of(node, "kind"), out);
}

/* The kind that a list states for items that do not state their own; none unless it is a list of roles or of
 * bindings. */
static bool kind_of_items(const struct sp_yaml_node *list, enum sp_rbac_kind *out)
{
    struct sp_str kind = text_of(list, "kind");
    if (!sp_str_ends_with(kind, SP_STR("List"))) {
        return false;
    }
    return sp_rbac_kind_of(text_of(list, "apiVersion"), (struct sp_str){kind.ptr, kind.len - strlen("List")},
                           out);
}

static bool is_any_list(const struct sp_yaml_node *node)
{
    return sp_str_equal(text_of(node, "apiVersion"), SP_STR("v1")) &&
           sp_str_equal(text_of(node, "kind"), SP_STR("List"));
}

static void take_items(const struct reader *reader, const struct sp_yaml_node *list)
{
    const struct sp_yaml_node *items = child_of(list, "items");
    enum sp_rbac_kind kind_of_all = SP_RBAC_ROLE;
    bool is_of_one_kind = kind_of_items(list, &kind_of_all);
    if (is_of_one_kind && !has_known_version(reader, list)) {
        return;
    }
    if (items == NULL || (items->kind != SP_YAML_LIST && !items->is_null)) {
        report(reader, items != NULL ? items : list, SP_REPORT_ERROR, "the items of a List must be a list");
        return;
    }
    for (const struct sp_yaml_node *item = items->first; item != NULL; item = item->next) {
        bool says_itself = child_of(item, "kind") != NULL || child_of(item, "apiVersion") != NULL;
        enum sp_rbac_kind kind = kind_of_all;
        if (item->kind != SP_YAML_MAPPING) {
            report(reader, item, SP_REPORT_ERROR, "an item of a List must be an object");
        } else if (says_itself ? kind_of(item, &kind) : is_of_one_kind) {
            take_object(reader, item, kind);
        }
    }
}

static void take_document(const struct reader *reader, const struct sp_yaml_node *node)
{
    enum sp_rbac_kind kind;
    if (node->is_null) {
        return; /* a document may be empty */
    }
    if (text_of(node, "kind").len == 0 || text_of(node, "apiVersion").len == 0) {
        report(reader, node, SP_REPORT_ERROR,
               "not a Kubernetes object: a document must have apiVersion, kind and metadata");
    } else if (is_any_list(node) || kind_of_items(node, &kind)) {
        take_items(reader, node);
    } else if (kind_of(node, &kind)) {
        take_object(reader, node, kind);
    }
}

void sp_rbac_files_add(struct sp_rbac_files *files, const char *path, struct sp_str text,
                       struct sp_reports *reports)
{
    struct reader reader = {files, path, reports};
    struct sp_reports own = {0};
    struct sp_yaml_node *documents = NULL;
    enum sp_error error = sp_yaml_parse_objects(text, &own, &documents);
    for (size_t i = 0; i < own.items_n; i++) { /* these reports do not name the file yet */
        struct sp_yaml_node at = {.line = own.items[i].line, .column = own.items[i].column};
        report(&reader, &at, own.items[i].kind, "%s", own.items[i].text);
    }
    if (error != SP_OK && own.items_n == 0) {
        report(&reader, &(struct sp_yaml_node){0}, SP_REPORT_ERROR, "%s", sp_error_text(error));
    }
    sp_reports_done(&own);
    for (const struct sp_yaml_node *node = documents; node != NULL; node = node->next) {
        take_document(&reader, node);
    }
    sp_yaml_free(documents);
}

/* ---- the index ---------------------------------------------------------------------------------------- */

/* Adds the roles again, now with the rules of aggregated ones. */
static enum sp_error put_aggregated(struct sp_rbac_files *files)
{
    enum sp_error error = SP_OK;
    size_t i;
    json_t *role;
    json_array_foreach (files->roles, i, role) {
        struct sp_rbac_fault fault;
        error = error == SP_OK ? sp_rbac_objects_put(files->objects, SP_RBAC_ROLE, role, &fault) : error;
    }
    return error;
}

/* The position of an object; the folder if it is in no file. */
static struct sp_place find_place(const struct sp_rbac_files *files, const char *folder,
                                  enum sp_rbac_kind kind, struct sp_str name)
{
    SP_BUF_SCOPED struct sp_buf key;
    const json_t *at = json_object_get(files->seen, write_key(kind, name, &key));
    const char *file = json_string_value(json_object_get(at, "file"));
    return (struct sp_place){.file = file != NULL ? file : folder,
                             .key = SP_STR(SETTING),
                             .line = (uint32_t)json_integer_value(json_object_get(at, "line"))};
}

/* Warns only about bindings that have an effect. `seen` also contains roles without paths. */
static void warn_missing_roles(struct sp_rbac_files *files, const char *folder, struct sp_reports *reports)
{
    size_t cursor = 0;
    const struct sp_rbac_record *binding;
    while ((binding = sp_rbac_objects_next(files->objects, SP_RBAC_BINDING, &cursor)) != NULL) {
        SP_BUF_SCOPED struct sp_buf key;
        struct sp_str rest = sp_rbac_record_bytes(binding);
        struct sp_str name = sp_rbac_take_text(&rest);
        struct sp_str role = sp_rbac_take_text(&rest);
        if (json_object_get(files->seen, write_key(SP_RBAC_ROLE, role, &key)) == NULL) {
            struct sp_place place = find_place(files, folder, SP_RBAC_BINDING, name);
            warn(files, reports, &place,
                 "ClusterRoleBinding \"%s\": its ClusterRole \"%s\" is in no file of the folder, so it "
                 "grants nothing",
                 SP_QUOTE(name), SP_QUOTE(role));
        }
    }
}

static void report_findings(struct sp_rbac_files *files, const struct sp_rbac_index *index,
                            const char *folder, struct sp_reports *reports)
{
    size_t n = sp_rbac_index_findings_n(index);
    for (size_t i = 0; i < n && i < SP_RBAC_FINDINGS_MAX; i++) {
        SP_BUF_ON_STACK(text, FINDING_MAX);
        struct sp_rbac_finding finding = sp_rbac_index_finding(index, i);
        bool is_of_role = finding.binding.len == 0;
        struct sp_place at = find_place(files, folder, is_of_role ? SP_RBAC_ROLE : SP_RBAC_BINDING,
                                        is_of_role ? finding.role : finding.binding);
        sp_rbac_finding_write(&finding, &text);
        sp_reports_add(reports, SP_REPORT_WARNING, &at, "%s", sp_buf_c_str(&text));
    }
    warn_missing_roles(files, folder, reports);
    size_t more_n = n > SP_RBAC_FINDINGS_MAX ? n - SP_RBAC_FINDINGS_MAX : 0;
    more_n += files->told_n > SP_RBAC_FINDINGS_MAX ? files->told_n - SP_RBAC_FINDINGS_MAX : 0;
    if (more_n > 0) {
        struct sp_place at = {.file = folder, .key = SP_STR(SETTING)};
        sp_reports_add(reports, SP_REPORT_WARNING, &at, "and %zu more such findings", more_n);
    }
}

struct sp_rbac_index *sp_rbac_files_finish(struct sp_rbac_files *files, const char *folder,
                                           struct sp_reports *reports)
{
    struct sp_place place = {.file = folder, .key = SP_STR(SETTING)};
    struct sp_rbac_index *index = NULL;
    if (reports->errors_n > 0) {
        return NULL;
    }
    enum sp_error error = sp_rbac_aggregate(files->roles);
    const char *what = error == SP_ERR_TOO_MANY
                           ? "the roles that others select by an aggregationRule, and their rules"
                           : "the objects of its files";
    error = error == SP_OK ? put_aggregated(files) : error;
    error = error == SP_OK ? sp_rbac_index_new(files->objects, &index) : error;
    if (error != SP_OK) {
        sp_reports_add(reports, SP_REPORT_ERROR, &place, "%s: %s", what, sp_error_text(error));
        return NULL;
    }
    if (sp_rbac_index_bindings(index) == 0) {
        struct sp_place at = place;
        sp_reports_add(reports, SP_REPORT_WARNING, &at,
                       "it contains no ClusterRoleBinding for a user or group: rbac rules deny everybody");
    }
    report_findings(files, index, folder, reports);
    return index;
}
