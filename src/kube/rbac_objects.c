/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_objects.h"

#include "kube/rbac_hash.h"

#include <stdlib.h>

#define SLOTS_MIN 64
#define NOTHING   SIZE_MAX

/* A hash table with open addressing. At most three quarters of the slots are used. */
struct table {
    struct sp_rbac_record **slots;
    size_t slots_n; /* a power of two, or 0 */
    size_t records_n;
    uint32_t generation; /* number of the latest list */
    size_t swept_n;      /* no slot before this one needs sweeping; NOTHING: no slot at all */
    size_t parts_n;      /* sum of `parts_n` of all records */
};

struct sp_rbac_objects {
    struct sp_rbac_settings settings;
    struct table tables[SP_RBAC_KIND_COUNT];
    size_t records_len;
    uint64_t serial;
};

struct sp_rbac_objects *sp_rbac_objects_new(const struct sp_rbac_settings *settings)
{
    struct sp_rbac_objects *objects = calloc(1, sizeof *objects);
    if (objects != NULL) {
        objects->settings = *settings;
        objects->tables[SP_RBAC_ROLE].swept_n = NOTHING;
        objects->tables[SP_RBAC_BINDING].swept_n = NOTHING;
    }
    return objects;
}

void sp_rbac_objects_free(struct sp_rbac_objects *objects)
{
    if (objects == NULL) {
        return;
    }
    for (size_t kind = 0; kind < SP_RBAC_KIND_COUNT; kind++) {
        struct table *table = &objects->tables[kind];
        for (size_t i = 0; i < table->slots_n; i++) {
            sp_rbac_record_unref(table->slots[i]);
        }
        free(table->slots);
    }
    free(objects);
}

/* ---- hash table ----------------------------------------------------------------------------------- */

static size_t home_of(const struct table *table, struct sp_str name)
{
    return sp_rbac_hash(SP_RBAC_HASH_BEGIN, name, SP_RBAC_HASH_BYTES) & (table->slots_n - 1);
}

/* The slot with the name, or the free slot where it belongs. The table must have slots. */
static size_t find_slot(const struct table *table, struct sp_str name)
{
    size_t at = home_of(table, name);
    while (table->slots[at] != NULL && !sp_str_equal(sp_rbac_record_name(table->slots[at]), name)) {
        at = (at + 1) & (table->slots_n - 1);
    }
    return at;
}

static enum sp_error make_room(struct table *table)
{
    if (table->records_n + 1 <= table->slots_n - table->slots_n / 4) {
        return SP_OK;
    }
    struct table larger = *table;
    larger.slots_n = table->slots_n == 0 ? SLOTS_MIN : 2 * table->slots_n;
    larger.slots = calloc(larger.slots_n, sizeof(struct sp_rbac_record *));
    if (larger.slots == NULL) {
        return SP_ERR_MEMORY;
    }
    for (size_t i = 0; i < table->slots_n; i++) {
        if (table->slots[i] != NULL) {
            larger.slots[find_slot(&larger, sp_rbac_record_name(table->slots[i]))] = table->slots[i];
        }
    }
    free(table->slots);
    larger.swept_n = larger.swept_n == NOTHING ? NOTHING : 0; /* the slots have moved */
    *table = larger;
    return SP_OK;
}

static size_t size_of(const struct sp_rbac_record *record)
{
    return sizeof *record + record->len;
}

/* Drops the record in the slot and closes the gap: records after it move up where possible. */
static void drop(struct sp_rbac_objects *objects, struct table *table, size_t gap)
{
    objects->records_len -= size_of(table->slots[gap]);
    objects->serial++;
    table->records_n--;
    table->parts_n -= table->slots[gap]->parts_n;
    sp_rbac_record_unref(table->slots[gap]);
    size_t mask = table->slots_n - 1;
    for (size_t at = (gap + 1) & mask; table->slots[at] != NULL; at = (at + 1) & mask) {
        size_t home = home_of(table, sp_rbac_record_name(table->slots[at]));
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            table->slots[gap] = table->slots[at];
            table->swept_n = gap < table->swept_n && at >= table->swept_n ? gap : table->swept_n;
            gap = at;
        }
    }
    table->slots[gap] = NULL;
}

/* ---- changes -------------------------------------------------------------------------------------- */

void sp_rbac_objects_remove(struct sp_rbac_objects *objects, enum sp_rbac_kind kind, struct sp_str name)
{
    struct table *table = &objects->tables[kind];
    if (table->slots_n > 0) {
        size_t at = find_slot(table, name);
        if (table->slots[at] != NULL) {
            drop(objects, table, at);
        }
    }
}

static size_t held_len(const struct sp_rbac_objects *objects)
{
    size_t records_n = objects->tables[SP_RBAC_ROLE].records_n + objects->tables[SP_RBAC_BINDING].records_n;
    return sp_rbac_objects_len(objects) + records_n * SP_RBAC_OBJECT_HELD_LEN +
           objects->tables[SP_RBAC_BINDING].parts_n * SP_RBAC_SUBJECT_HELD_LEN;
}

/* Takes ownership of the record. */
static enum sp_error store(struct sp_rbac_objects *objects, struct table *table,
                           struct sp_rbac_record *record)
{
    if (make_room(table) != SP_OK) {
        sp_rbac_record_unref(record);
        return SP_ERR_MEMORY;
    }
    struct sp_str name = sp_rbac_record_name(record);
    size_t at = find_slot(table, name);
    struct sp_rbac_record *old = table->slots[at];
    if (old != NULL && sp_str_equal(sp_rbac_record_bytes(old), sp_rbac_record_bytes(record))) {
        old->generation = table->generation;
        sp_rbac_record_unref(record);
        return SP_OK;
    }
    if (old != NULL) {
        drop(objects, table, at);
        at = find_slot(table, name);
    }
    record->generation = table->generation;
    record->serial = ++objects->serial;
    objects->records_len += size_of(record);
    table->records_n++;
    table->parts_n += record->parts_n;
    table->slots[at] = record;
    if (held_len(objects) > SP_RBAC_BYTES_MAX) {
        drop(objects, table, at);
        return SP_ERR_LIMIT;
    }
    return SP_OK;
}

static bool is_of_kubernetes(const json_t *object)
{
    const json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");
    const char *label = json_string_value(json_object_get(labels, "kubernetes.io/bootstrapping"));
    return label != NULL && strcmp(label, "rbac-defaults") == 0;
}

enum sp_error sp_rbac_objects_put(struct sp_rbac_objects *objects, enum sp_rbac_kind kind,
                                  const json_t *object, struct sp_rbac_fault *fault)
{
    struct sp_rbac_record *record = NULL;
    bool is_left_out =
        kind == SP_RBAC_BINDING && !objects->settings.takes_bootstrap && is_of_kubernetes(object);
    enum sp_error error = is_left_out ? SP_OK : sp_rbac_record_new(kind, object, fault, &record);
    if (record == NULL) {
        sp_rbac_objects_remove(objects, kind, sp_rbac_object_name(object));
        return error;
    }
    return store(objects, &objects->tables[kind], record);
}

/* A record that moves into a gap is checked in its new slot. Only records that were already checked move
 * across the start of the table. */
static size_t sweep(struct sp_rbac_objects *objects, struct table *table, size_t places_n)
{
    for (; table->swept_n < table->slots_n && places_n > 0; places_n--) {
        const struct sp_rbac_record *record = table->slots[table->swept_n];
        if (record != NULL && record->generation != table->generation) {
            drop(objects, table, table->swept_n);
        } else {
            table->swept_n++;
        }
    }
    table->swept_n = table->swept_n < table->slots_n ? table->swept_n : NOTHING;
    return places_n;
}

void sp_rbac_objects_begin_list(struct sp_rbac_objects *objects, enum sp_rbac_kind kind)
{
    struct table *table = &objects->tables[kind];
    /* Finish sweeping the previous list: its marks could not be distinguished afterwards. */
    sweep(objects, table, SIZE_MAX);
    table->generation++;
}

void sp_rbac_objects_end_list(struct sp_rbac_objects *objects, enum sp_rbac_kind kind)
{
    objects->tables[kind].swept_n = 0;
}

bool sp_rbac_objects_sweep(struct sp_rbac_objects *objects, size_t places_n)
{
    for (size_t kind = 0; kind < SP_RBAC_KIND_COUNT; kind++) {
        places_n = sweep(objects, &objects->tables[kind], places_n);
    }
    return objects->tables[SP_RBAC_ROLE].swept_n == NOTHING &&
           objects->tables[SP_RBAC_BINDING].swept_n == NOTHING;
}

/* ---- queries -------------------------------------------------------------------------------------- */

size_t sp_rbac_objects_count(const struct sp_rbac_objects *objects, enum sp_rbac_kind kind)
{
    return objects->tables[kind].records_n;
}

size_t sp_rbac_objects_subjects(const struct sp_rbac_objects *objects)
{
    return objects->tables[SP_RBAC_BINDING].parts_n;
}

size_t sp_rbac_objects_len(const struct sp_rbac_objects *objects)
{
    size_t slots_n = objects->tables[SP_RBAC_ROLE].slots_n + objects->tables[SP_RBAC_BINDING].slots_n;
    return sizeof *objects + objects->records_len + slots_n * sizeof(struct sp_rbac_record *);
}

uint64_t sp_rbac_objects_serial(const struct sp_rbac_objects *objects)
{
    return objects->serial;
}

const struct sp_rbac_settings *sp_rbac_objects_settings(const struct sp_rbac_objects *objects)
{
    return &objects->settings;
}

struct sp_rbac_record *sp_rbac_objects_next(const struct sp_rbac_objects *objects, enum sp_rbac_kind kind,
                                            size_t *cursor)
{
    const struct table *table = &objects->tables[kind];
    while (*cursor < table->slots_n) {
        struct sp_rbac_record *record = table->slots[(*cursor)++];
        if (record != NULL) {
            return record;
        }
    }
    return NULL;
}

bool sp_rbac_kind_of(struct sp_str api_version, struct sp_str kind, enum sp_rbac_kind *out)
{
    bool is_role = sp_str_equal(kind, SP_STR("ClusterRole"));
    if (!sp_str_starts_with(api_version, SP_STR("rbac.authorization.k8s.io/")) ||
        (!is_role && !sp_str_equal(kind, SP_STR("ClusterRoleBinding")))) {
        return false;
    }
    *out = is_role ? SP_RBAC_ROLE : SP_RBAC_BINDING;
    return true;
}
