/* SPDX-License-Identifier: Apache-2.0 */
#include "session/opened.h"

#include "base/block.h"

#include <sodium.h>

#include <stdlib.h>

#define MARK_NONE 0 /* no text ends so */

_Static_assert(SP_OPENED_BYTES_MAX <= UINT16_MAX, "the lengths of an entry are stored in 16 bits");
_Static_assert(SP_SEAL_TEXT_LEN(0) >= sizeof(uint64_t), "every text has an end to be found by");

/* What a payload is remembered under, besides the purpose and the key ring. */
enum part {
    PART_SEALED,
    PART_SCOPE,
    PART_COOKIE_NAME,
    PART_ISSUER,
    PART_CLIENT_ID,
    PARTS_N,
};

struct question {
    enum sp_seal_purpose purpose;
    uint64_t mark;
    struct sp_str parts[PARTS_N];
};

struct entry {
    enum sp_seal_purpose purpose;
    uint16_t lens[PARTS_N];
    uint16_t plain_len;
    bool used;                       /* since the hand or sp_opened_age last passed */
    char bytes[SP_OPENED_BYTES_MAX]; /* the parts, then the payload */
};

struct sp_opened {
    uint64_t keys_serial;            /* of the ring under which all of this opened */
    size_t hand;                     /* where the search for one to replace goes on */
    uint64_t marks[SP_OPENED_MAX_N]; /* the last bytes of each text; MARK_NONE: nothing here */
    struct entry entries[SP_OPENED_MAX_N];
};

/* ---- the whole of it ------------------------------------------------------------------------------- */

struct sp_opened *sp_opened_new(void)
{
    return calloc(1, sizeof(struct sp_opened));
}

void sp_opened_free(struct sp_opened *opened)
{
    if (opened != NULL) {
        sp_opened_clear(opened);
        free(opened);
    }
}

/* Bytes of an entry without its payload. */
static size_t parts_len(const struct entry *entry)
{
    size_t len = 0;
    for (enum part part = 0; part < PARTS_N; part++) {
        len += entry->lens[part];
    }
    return len;
}

/* Only as far as it was filled: the pages behind were never touched. */
static void forget(struct sp_opened *opened, size_t index)
{
    struct entry *entry = &opened->entries[index];
    sodium_memzero(entry->bytes, parts_len(entry) + entry->plain_len);
    sodium_memzero(entry, offsetof(struct entry, bytes));
    opened->marks[index] = MARK_NONE;
}

void sp_opened_clear(struct sp_opened *opened)
{
    for (size_t i = 0; i < SP_OPENED_MAX_N; i++) {
        if (opened->marks[i] != MARK_NONE) {
            forget(opened, i);
        }
    }
}

void sp_opened_age(struct sp_opened *opened)
{
    for (size_t i = 0; i < SP_OPENED_MAX_N; i++) {
        if (opened->marks[i] == MARK_NONE) {
            continue;
        }
        if (!opened->entries[i].used) {
            forget(opened, i);
        }
        opened->entries[i].used = false;
    }
}

size_t sp_opened_count(const struct sp_opened *opened)
{
    size_t n = 0;
    for (size_t i = 0; i < SP_OPENED_MAX_N; i++) {
        n += opened->marks[i] != MARK_NONE;
    }
    return n;
}

/* ---- finding --------------------------------------------------------------------------------------- */

/* False for a text that is too short to be a sealed value. */
static bool pose(const struct sp_seal_context *context, struct sp_str sealed, struct question *out)
{
    if (sealed.len < SP_SEAL_TEXT_LEN(0)) {
        return false;
    }
    out->purpose = context->purpose;
    out->parts[PART_SEALED] = sealed;
    out->parts[PART_SCOPE] = context->scope;
    out->parts[PART_COOKIE_NAME] = context->cookie_name;
    out->parts[PART_ISSUER] = context->issuer;
    out->parts[PART_CLIENT_ID] = context->client_id;
    memcpy(&out->mark, sealed.ptr + sealed.len - sizeof out->mark, sizeof out->mark);
    return out->mark != MARK_NONE;
}

/* Reads all bytes wherever the two differ, so that time does not tell how much of a guess is right. */
static bool is_same(const char *a, const char *b, size_t len)
{
    if (len < SP_BLOCK_LEN) {
        return len == 0 || !sp_block_any((sp_block)(sp_block_cover((struct sp_str){a, len}) !=
                                                    sp_block_cover((struct sp_str){b, len})));
    }
    size_t last = len - SP_BLOCK_LEN; /* of the last block; some of its bytes once more */
    sp_block differing = sp_block_load(a + last) ^ sp_block_load(b + last);
    for (size_t at = 0; at < last; at += SP_BLOCK_LEN) {
        differing |= sp_block_load(a + at) ^ sp_block_load(b + at);
    }
    return !sp_block_any((sp_block)(differing != 0));
}

static bool answers(const struct entry *entry, const struct question *question)
{
    if (entry->purpose != question->purpose) {
        return false;
    }
    const char *own = entry->bytes;
    for (enum part part = 0; part < PARTS_N; part++) {
        struct sp_str asked = question->parts[part];
        if (entry->lens[part] != asked.len || !is_same(own, asked.ptr, asked.len)) {
            return false;
        }
        own += asked.len;
    }
    return true;
}

static struct entry *find_entry(struct sp_opened *opened, const struct question *question)
{
    for (size_t i = 0; i < SP_OPENED_MAX_N; i++) {
        if (opened->marks[i] == question->mark && answers(&opened->entries[i], question)) {
            return &opened->entries[i];
        }
    }
    return NULL;
}

static void see_keys(struct sp_opened *opened, const struct sp_keyring *keys)
{
    uint64_t serial = sp_keyring_serial(keys);
    if (opened->keys_serial != serial) {
        sp_opened_clear(opened);
        opened->keys_serial = serial;
    }
}

bool sp_opened_find(struct sp_opened *opened, const struct sp_keyring *keys,
                    const struct sp_seal_context *context, struct sp_str sealed,
                    struct sp_seal_storage *storage, struct sp_str *plain)
{
    see_keys(opened, keys);
    struct question question;
    struct entry *entry = pose(context, sealed, &question) ? find_entry(opened, &question) : NULL;
    if (entry == NULL) {
        return false;
    }
    entry->used = true;
    memcpy(storage->bytes, entry->bytes + parts_len(entry), entry->plain_len);
    *plain = (struct sp_str){(const char *)storage->bytes, entry->plain_len};
    return true;
}

/* ---- keeping --------------------------------------------------------------------------------------- */

/* Second chance: what was used since the hand last passed stays for another round. */
static size_t make_room(struct sp_opened *opened)
{
    while (opened->entries[opened->hand].used) {
        opened->entries[opened->hand].used = false;
        opened->hand = (opened->hand + 1) % SP_OPENED_MAX_N;
    }
    size_t index = opened->hand;
    forget(opened, index);
    opened->hand = (index + 1) % SP_OPENED_MAX_N;
    return index;
}

static bool fits(const struct question *question, struct sp_str plain)
{
    size_t room = SP_OPENED_BYTES_MAX;
    for (enum part part = 0; part < PARTS_N; part++) {
        if (question->parts[part].len > room) {
            return false;
        }
        room -= question->parts[part].len;
    }
    return plain.len <= room;
}

static char *append(char *to, struct sp_str bytes)
{
    if (bytes.len > 0) {
        memcpy(to, bytes.ptr, bytes.len);
    }
    return to + bytes.len;
}

void sp_opened_keep(struct sp_opened *opened, const struct sp_keyring *keys,
                    const struct sp_seal_context *context, struct sp_str sealed, struct sp_str plain)
{
    see_keys(opened, keys);
    struct question question;
    if (!pose(context, sealed, &question) || !fits(&question, plain)) {
        return;
    }
    size_t index = make_room(opened);
    struct entry *entry = &opened->entries[index];
    char *to = entry->bytes;
    for (enum part part = 0; part < PARTS_N; part++) {
        entry->lens[part] = (uint16_t)question.parts[part].len;
        to = append(to, question.parts[part]);
    }
    append(to, plain);
    entry->plain_len = (uint16_t)plain.len;
    entry->purpose = question.purpose;
    entry->used = true;
    opened->marks[index] = question.mark;
}
