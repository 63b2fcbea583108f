/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_index.h"

#include "kube/rbac_hash.h"

#include <stdlib.h>

#define SLOTS_MIN 64

/* One name, stored in a binding that contains it. */
struct subject {
    uint32_t hash;
    uint32_t binding;
    uint32_t offset; /* where the subject begins in that binding's bytes */
    uint32_t first;  /* number of its first entry, from 1 */
};

/* One grant to a subject. Entries count from 1; 0: none. */
struct entry {
    uint32_t binding;
    uint32_t role;
    uint32_t next;       /* next entry of the same subject and role */
    uint32_t next_other; /* first entry of the same subject's next role */
};

_Static_assert(2 * (sizeof(struct subject) + sizeof(struct entry) + 4 * sizeof(uint32_t)) <=
                   SP_RBAC_SUBJECT_HELD_LEN,
               "of two indexes, each with fewer than four slots a subject");

struct sp_rbac_index {
    atomic_uint refs;
    struct sp_rbac_settings settings;
    uint64_t serial;
    size_t known_n;                   /* number of bindings in the set */
    struct sp_rbac_record **roles;    /* one reference each */
    struct sp_rbac_record **bindings; /* those that grant something; one reference each */
    size_t roles_n;
    size_t bindings_n;
    struct subject *subjects;
    size_t subjects_n;
    struct entry *entries;
    size_t entries_n;
    uint32_t *slots; /* numbers of subjects, from 1; 0: a free slot. At most half are used */
    size_t slots_n;  /* a power of two */
    struct sp_rbac_findings findings;
};

struct sp_rbac_build {
    struct sp_rbac_index *index; /* in progress; NULL once it has been returned */
    uint32_t *role_slots;        /* hash table with numbers of roles, from 1; 0: a free slot */
    size_t role_slots_n;
    size_t all_n;            /* number of bindings. Those kept come first, then those not yet processed */
    uint64_t *bound_since;   /* for each role: the serial of its oldest binding that counts; 0: none */
    uint32_t *first_of_role; /* for each role, the number of one of its bindings, from 1; 0: none */
    uint32_t *next_of_role;  /* for each binding, the number of another one of the same role; 0: none */
    size_t next_role;
    size_t next_binding;
    size_t next_walked; /* index of the next role whose bindings will be walked */
    size_t next_judged; /* index of the next role to check for findings */
    uint32_t role;      /* the role whose bindings are walked */
    uint32_t binding;   /* its next binding, from 1 */
    struct sp_str rest; /* remaining subjects of the binding in progress */
    uint32_t rest_n;
};

/* ---- lifetime ------------------------------------------------------------------------------------- */

static void free_index(struct sp_rbac_index *index)
{
    for (size_t i = 0; i < index->roles_n; i++) {
        sp_rbac_record_unref(index->roles[i]);
    }
    for (size_t i = 0; i < index->bindings_n; i++) {
        sp_rbac_record_unref(index->bindings[i]);
    }
    free(index->roles);
    free(index->bindings);
    free(index->subjects);
    free(index->entries);
    free(index->slots);
    sp_rbac_findings_done(&index->findings);
    free(index);
}

struct sp_rbac_index *sp_rbac_index_ref(struct sp_rbac_index *index)
{
    atomic_fetch_add(&index->refs, 1);
    return index;
}

void sp_rbac_index_unref(struct sp_rbac_index *index)
{
    if (index != NULL && atomic_fetch_sub(&index->refs, 1) == 1) {
        free_index(index);
    }
}

void sp_rbac_build_free(struct sp_rbac_build *build)
{
    if (build == NULL) {
        return;
    }
    for (size_t i = build->next_binding; i < build->all_n; i++) {
        sp_rbac_record_unref(build->index->bindings[i]);
    }
    if (build->index != NULL) {
        free_index(build->index);
    }
    free(build->role_slots);
    free(build->bound_since);
    free(build->first_of_role);
    free(build->next_of_role);
    free(build);
}

/* ---- building: collecting -------------------------------------------------------------------------- */

/* A new array of all records of the kind, each with a reference; not NULL even if there are no records. */
static struct sp_rbac_record **take_records(const struct sp_rbac_objects *objects, enum sp_rbac_kind kind,
                                            size_t *n)
{
    size_t count = sp_rbac_objects_count(objects, kind);
    struct sp_rbac_record **records = calloc(count + 1, sizeof(struct sp_rbac_record *));
    size_t cursor = 0;
    for (*n = 0; records != NULL && *n < count; (*n)++) {
        records[*n] = sp_rbac_record_ref(sp_rbac_objects_next(objects, kind, &cursor));
    }
    return records;
}

static size_t slots_for(size_t items_n)
{
    size_t slots_n = SLOTS_MIN;
    while (slots_n < 2 * items_n) {
        slots_n *= 2;
    }
    return slots_n;
}

struct sp_rbac_build *sp_rbac_build_begin(const struct sp_rbac_objects *objects)
{
    struct sp_rbac_build *build = calloc(1, sizeof *build);
    struct sp_rbac_index *index = calloc(1, sizeof *index);
    if (build == NULL || index == NULL) {
        free(build);
        free(index);
        return NULL;
    }
    atomic_init(&index->refs, 1);
    index->settings = *sp_rbac_objects_settings(objects);
    index->serial = sp_rbac_objects_serial(objects);
    index->known_n = sp_rbac_objects_count(objects, SP_RBAC_BINDING);
    index->roles = take_records(objects, SP_RBAC_ROLE, &index->roles_n);
    index->bindings = take_records(objects, SP_RBAC_BINDING, &build->all_n);
    size_t subjects_max = sp_rbac_objects_subjects(objects);
    index->subjects = calloc(subjects_max + 1, sizeof *index->subjects);
    index->entries = calloc(subjects_max + 1, sizeof *index->entries);
    index->slots_n = slots_for(subjects_max);
    index->slots = calloc(index->slots_n, sizeof(uint32_t));
    build->index = index;
    build->role_slots_n = slots_for(index->roles_n);
    build->role_slots = calloc(build->role_slots_n, sizeof(uint32_t));
    build->bound_since = calloc(index->roles_n + 1, sizeof(uint64_t));
    build->first_of_role = calloc(index->roles_n + 1, sizeof(uint32_t));
    build->next_of_role = calloc(build->all_n + 1, sizeof(uint32_t));
    if (index->roles == NULL || index->bindings == NULL || index->subjects == NULL ||
        index->entries == NULL || index->slots == NULL || build->role_slots == NULL ||
        build->bound_since == NULL || build->first_of_role == NULL || build->next_of_role == NULL) {
        sp_rbac_build_free(build);
        return NULL;
    }
    return build;
}

/* ---- subjects ------------------------------------------------------------------------------------- */

static uint32_t hash_subject(const struct sp_rbac_index *index, enum sp_rbac_subject_kind kind,
                             struct sp_str prefix, struct sp_str name)
{
    enum sp_rbac_hash_case folding = index->settings.ignores_case ? SP_RBAC_HASH_FOLDED : SP_RBAC_HASH_BYTES;
    uint32_t hash = sp_rbac_hash(SP_RBAC_HASH_BEGIN ^ (uint32_t)kind, prefix, folding);
    return sp_rbac_hash(hash, name, folding);
}

static bool texts_equal(const struct sp_rbac_index *index, struct sp_str a, struct sp_str b)
{
    return index->settings.ignores_case ? sp_str_equal_ci(a, b) : sp_str_equal(a, b);
}

static bool is_subject(const struct sp_rbac_index *index, const struct subject *subject,
                       enum sp_rbac_subject_kind kind, struct sp_str prefix, struct sp_str name)
{
    struct sp_str rest =
        sp_str_skip(sp_rbac_record_bytes(index->bindings[subject->binding]), subject->offset);
    struct sp_str text = sp_rbac_take_text(&rest);
    return text.len == 1 + prefix.len + name.len && text.ptr[0] == (char)kind &&
           texts_equal(index, (struct sp_str){text.ptr + 1, prefix.len}, prefix) &&
           texts_equal(index, sp_str_skip(text, 1 + prefix.len), name);
}

/* The slot of the subject, or the free slot where it belongs. */
static size_t find_subject(const struct sp_rbac_index *index, uint32_t hash, enum sp_rbac_subject_kind kind,
                           struct sp_str prefix, struct sp_str name)
{
    size_t at = hash & (index->slots_n - 1);
    while (index->slots[at] != 0) {
        const struct subject *subject = &index->subjects[index->slots[at] - 1];
        if (subject->hash == hash && is_subject(index, subject, kind, prefix, name)) {
            break;
        }
        at = (at + 1) & (index->slots_n - 1);
    }
    return at;
}

/* ---- building: step by step ----------------------------------------------------------------------- */

static size_t find_role(const struct sp_rbac_build *build, struct sp_str name)
{
    size_t at = sp_rbac_hash(SP_RBAC_HASH_BEGIN, name, SP_RBAC_HASH_BYTES) & (build->role_slots_n - 1);
    while (build->role_slots[at] != 0 &&
           !sp_str_equal(sp_rbac_record_name(build->index->roles[build->role_slots[at] - 1]), name)) {
        at = (at + 1) & (build->role_slots_n - 1);
    }
    return at;
}

static void take_role(struct sp_rbac_build *build)
{
    size_t i = build->next_role++;
    const struct sp_rbac_record *role = build->index->roles[i];
    build->role_slots[find_role(build, sp_rbac_record_name(role))] = (uint32_t)i + 1;
}

/* Links the next binding to the others of its role if the role exists, and releases it otherwise. */
static void take_binding(struct sp_rbac_build *build)
{
    struct sp_rbac_index *index = build->index;
    struct sp_rbac_record *binding = index->bindings[build->next_binding++];
    struct sp_str rest = sp_rbac_record_bytes(binding);
    sp_rbac_take_text(&rest);
    uint32_t role = build->role_slots[find_role(build, sp_rbac_take_text(&rest))];
    if (role == 0) {
        sp_rbac_record_unref(binding);
        return;
    }
    index->bindings[index->bindings_n] = binding;
    build->next_of_role[index->bindings_n++] = build->first_of_role[role - 1];
    build->first_of_role[role - 1] = (uint32_t)index->bindings_n;
    uint64_t *since = &build->bound_since[role - 1];
    *since = *since == 0 || binding->serial < *since ? binding->serial : *since;
}

static void walk_role(struct sp_rbac_build *build)
{
    build->role = (uint32_t)build->next_walked++;
    build->binding = build->first_of_role[build->role];
}

static void walk_binding(struct sp_rbac_build *build)
{
    const struct sp_rbac_record *record = build->index->bindings[build->binding - 1];
    build->rest = sp_rbac_record_bytes(record);
    build->rest_n = record->parts_n;
    sp_rbac_take_text(&build->rest);
    sp_rbac_take_text(&build->rest);
}

/* All bindings of a role are processed one after the other, so a subject's entries for it are the latest
 * ones. A binding that names a subject twice grants nothing more. */
static void give(struct sp_rbac_build *build, struct subject *subject)
{
    struct sp_rbac_index *index = build->index;
    uint32_t binding = build->binding - 1;
    struct entry entry = {.binding = binding, .role = build->role};
    if (subject->first != 0) {
        const struct entry *last = &index->entries[subject->first - 1];
        if (last->binding == binding) {
            return;
        }
        bool is_same = last->role == build->role;
        entry.next = is_same ? subject->first : 0;
        entry.next_other = is_same ? last->next_other : subject->first;
    }
    index->entries[index->entries_n++] = entry;
    subject->first = (uint32_t)index->entries_n;
}

static enum sp_error take_subject(struct sp_rbac_build *build)
{
    struct sp_rbac_index *index = build->index;
    const struct sp_rbac_record *record = index->bindings[build->binding - 1];
    uint32_t offset = (uint32_t)(build->rest.ptr - record->bytes);
    struct sp_str text = sp_rbac_take_text(&build->rest);
    enum sp_rbac_subject_kind kind = text.ptr[0] == SP_RBAC_USER ? SP_RBAC_USER : SP_RBAC_GROUP;
    struct sp_str name = sp_str_skip(text, 1);
    uint32_t hash = hash_subject(index, kind, SP_STR_NONE, name);
    size_t slot = find_subject(index, hash, kind, SP_STR_NONE, name);
    if (index->slots[slot] == 0) {
        index->subjects[index->subjects_n++] = (struct subject){hash, build->binding - 1, offset, 0};
        index->slots[slot] = (uint32_t)index->subjects_n;
    }
    give(build, &index->subjects[index->slots[slot] - 1]);
    if (--build->rest_n == 0) {
        build->binding = build->next_of_role[build->binding - 1];
    }
    return sp_rbac_findings_add_subject(&index->findings, &index->settings, record, index->roles[build->role],
                                        kind, name);
}

static enum sp_error judge_role(struct sp_rbac_build *build)
{
    struct sp_rbac_index *index = build->index;
    size_t i = build->next_judged++;
    return build->bound_since[i] == 0 ? SP_OK
                                      : sp_rbac_findings_add_role(&index->findings, &index->settings,
                                                                  index->roles[i], build->bound_since[i]);
}

/* Shrinks an array to its used size. */
static void *shrink(void *items, size_t items_n, size_t item_len)
{
    void *shrunk = reallocarray(items, items_n > 0 ? items_n : 1, item_len);
    return shrunk != NULL ? shrunk : items;
}

static struct sp_rbac_index *finish(struct sp_rbac_build *build)
{
    struct sp_rbac_index *index = build->index;
    build->index = NULL;
    index->bindings = shrink(index->bindings, index->bindings_n, sizeof *index->bindings);
    index->subjects = shrink(index->subjects, index->subjects_n, sizeof *index->subjects);
    index->entries = shrink(index->entries, index->entries_n, sizeof *index->entries);
    return index;
}

enum sp_error sp_rbac_build_step(struct sp_rbac_build *build, size_t items_n, struct sp_rbac_index **out)
{
    struct sp_rbac_index *index = build->index;
    enum sp_error error = SP_OK;
    *out = NULL;
    for (; items_n > 0 && error == SP_OK; items_n--) {
        if (build->next_role < index->roles_n) {
            take_role(build);
        } else if (build->next_binding < build->all_n) {
            take_binding(build);
        } else if (build->rest_n > 0) {
            error = take_subject(build);
        } else if (build->binding != 0) {
            walk_binding(build);
        } else if (build->next_walked < index->roles_n) {
            walk_role(build);
        } else if (build->next_judged < index->roles_n) {
            error = judge_role(build);
        } else {
            *out = finish(build);
            break;
        }
    }
    return error;
}

enum sp_error sp_rbac_index_new(const struct sp_rbac_objects *objects, struct sp_rbac_index **out)
{
    struct sp_rbac_build *build = sp_rbac_build_begin(objects);
    if (build == NULL) {
        return SP_ERR_MEMORY;
    }
    enum sp_error error = sp_rbac_build_step(build, SIZE_MAX, out);
    sp_rbac_build_free(build);
    return error;
}

/* ---- deciding ------------------------------------------------------------------------------------- */

static bool role_allows(const struct sp_rbac_index *index, const struct sp_rbac_record *role,
                        const struct sp_rbac_request *request, struct sp_rbac_grant *out)
{
    enum sp_rbac_matching matching = index->settings.matching;
    struct sp_str rest = sp_rbac_record_bytes(role);
    sp_rbac_take_text(&rest);
    for (uint32_t i = 0; i < role->parts_n; i++) {
        uint32_t place = sp_rbac_take_number(&rest);
        bool may = false;
        for (uint32_t n = sp_rbac_take_number(&rest); n > 0; n--) {
            struct sp_str verb = sp_rbac_take_text(&rest);
            may = may || sp_rbac_verb_matches(matching, verb, request->method);
        }
        for (uint32_t n = sp_rbac_take_number(&rest); n > 0; n--) {
            struct sp_str pattern = sp_rbac_take_text(&rest);
            if (may && sp_rbac_pattern_matches(matching, pattern, request)) {
                out->rule = place + 1;
                out->pattern = pattern;
                return true;
            }
        }
    }
    return false;
}

bool sp_rbac_index_next_grant(const struct sp_rbac_index *index, const struct sp_rbac_request *request,
                              enum sp_rbac_subject_kind kind, struct sp_str prefix, struct sp_str name,
                              struct sp_rbac_cursor *cursor, struct sp_rbac_grant *out)
{
    if (!cursor->has_begun) {
        cursor->has_begun = true;
        size_t slot = find_subject(index, hash_subject(index, kind, prefix, name), kind, prefix, name);
        cursor->next = index->slots[slot] == 0 ? 0 : index->subjects[index->slots[slot] - 1].first;
    }
    while (cursor->next != 0) {
        const struct entry *entry = &index->entries[cursor->next - 1];
        const struct sp_rbac_record *role = index->roles[entry->role];
        if (role_allows(index, role, request, out)) {
            cursor->next = entry->next != 0 ? entry->next : entry->next_other;
            out->binding = sp_rbac_record_name(index->bindings[entry->binding]);
            out->role = sp_rbac_record_name(role);
            return true;
        }
        cursor->next = entry->next_other;
    }
    return false;
}

uint64_t sp_rbac_index_serial(const struct sp_rbac_index *index)
{
    return index->serial;
}

size_t sp_rbac_index_bindings(const struct sp_rbac_index *index)
{
    return index->known_n;
}

size_t sp_rbac_index_len(const struct sp_rbac_index *index)
{
    size_t records_n = index->roles_n + index->bindings_n;
    size_t findings_n = index->findings.items != NULL ? SP_RBAC_FINDINGS_MAX : 0;
    return sizeof *index + records_n * sizeof(struct sp_rbac_record *) +
           index->subjects_n * sizeof *index->subjects + index->entries_n * sizeof *index->entries +
           index->slots_n * sizeof *index->slots + findings_n * sizeof *index->findings.items;
}

/* ---- findings ------------------------------------------------------------------------------------- */

size_t sp_rbac_index_findings_n(const struct sp_rbac_index *index)
{
    return index->findings.n;
}

struct sp_rbac_finding sp_rbac_index_finding(const struct sp_rbac_index *index, size_t i)
{
    return index->findings.items[i];
}
