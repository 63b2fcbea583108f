/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key files: an accepted one has keys with different ids, tags and bytes, parses to the same result when it
 * is written again, and seals with the newest key whose time has come. A refusal states the position, and no
 * part of a key.
 */

#include "base/base64.h"
#include "base/time.h"
#include "session/keyring.h"

#include "fuzz.h"

#define NOW_S     INT64_C(1795518000) /* 2026-11-24T11:00:00Z */
#define SHOWN_MAX 16 /* longest part of a key's text that a refusal may contain; dates are shorter */

static const struct sp_key *sealing_key(const struct sp_keyring *ring, int64_t now_s)
{
    const struct sp_key *key = sp_keyring_sealing_key(ring, now_s);
    return PLANTED(key != NULL && key->from_s > 0 && key->from_s % 60 != 0) ? NULL : key;
}

static void check_sealing(const struct sp_keyring *ring)
{
    const struct sp_key *newest = NULL;
    for (size_t i = 0; i < sp_keyring_count(ring); i++) {
        const struct sp_key *key = sp_keyring_at(ring, i);
        if (key->from_s <= NOW_S && (newest == NULL || key->from_s >= newest->from_s)) {
            newest = key;
        }
    }
    ck_assert_ptr_nonnull(newest);
    ck_assert_ptr_eq(sealing_key(ring, NOW_S), newest);
}

static void check_differences(const struct sp_keyring *ring)
{
    for (size_t i = 0; i < sp_keyring_count(ring); i++) {
        const struct sp_key *key = sp_keyring_at(ring, i);
        ck_assert(key->id_len >= 1 && key->id_len <= SP_KEY_ID_MAX);
        ck_assert_ptr_eq(sp_keyring_find(ring, key->tag), key);
        for (size_t k = 0; k < i; k++) {
            const struct sp_key *other = sp_keyring_at(ring, k);
            ck_assert(!sp_str_equal(sp_key_id(key), sp_key_id(other)));
            ck_assert_int_ne(memcmp(key->secret, other->secret, SP_KEY_SECRET_LEN), 0);
        }
    }
}

static void write_ring(const struct sp_keyring *ring, struct sp_buf *out)
{
    for (size_t i = 0; i < sp_keyring_count(ring); i++) {
        const struct sp_key *key = sp_keyring_at(ring, i);
        char text[SP_BASE64URL_LEN(SP_KEY_SECRET_LEN)];
        char from[SP_TIME_TEXT_LEN + 1] = "";
        sp_base64url_encode(key->secret, SP_KEY_SECRET_LEN, text);
        if (key->from_s != SP_KEY_FROM_ALWAYS_S) {
            sp_time_format(key->from_s, from);
        }
        sp_buf_append(out, sp_key_id(key));
        sp_buf_append_char(out, ' ');
        sp_buf_append(out, (struct sp_str){text, sizeof text});
        sp_buf_append_char(out, '\t');
        sp_buf_append_c(out, from);
        sp_buf_append_char(out, '\n');
    }
}

static void check_again(const struct sp_keyring *ring)
{
    SP_BUF_SCOPED struct sp_buf text;
    SP_KEYRING_SCOPED struct sp_keyring *again = NULL;
    sp_buf_init(&text, SP_KEYRING_TEXT_MAX);
    write_ring(ring, &text);
    ck_assert_int_eq(sp_keyring_parse(sp_buf_str(&text), NOW_S, NULL, &again), SP_OK);
    ck_assert_uint_eq(sp_keyring_count(again), sp_keyring_count(ring));
    for (size_t i = 0; i < sp_keyring_count(ring); i++) {
        const struct sp_key *a = sp_keyring_at(ring, i);
        const struct sp_key *b = sp_keyring_at(again, i);
        ck_assert_views_equal(sp_key_id(a), sp_key_id(b));
        ck_assert_int_eq(memcmp(a->secret, b->secret, SP_KEY_SECRET_LEN), 0);
        ck_assert_int_eq(memcmp(a->tag, b->tag, SP_KEY_TAG_LEN), 0);
        ck_assert(a->from_s == b->from_s || (a->from_s < 0 && b->from_s == 0));
    }
}

static size_t count_lines(struct sp_str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++) {
        n += text.ptr[i] == '\n';
    }
    return n;
}

static bool is_key_text(struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!sp_ascii_is_alnum(text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '_') {
            return false;
        }
    }
    return true;
}

static void check_refusal(struct sp_str input, const struct sp_diag *diag)
{
    struct sp_str said = sp_str_from_c(diag->text);
    ck_assert_uint_gt(said.len, 0);
    ck_assert_uint_le(diag->line, count_lines(input));
    for (size_t i = 0; i + SHOWN_MAX <= input.len; i++) {
        struct sp_str part = {input.ptr + i, SHOWN_MAX};
        ck_assert_msg(!is_key_text(part) || !fuzz_has(said, part), "%s", diag->text);
    }
}

FUZZ_TARGET(input)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = NULL;
    struct sp_diag diag = {0};
    ck_assert_int_eq(sp_random_init(), 0);
    if (sp_keyring_parse(input, NOW_S, &diag, &ring) != SP_OK) {
        ck_assert_ptr_null(ring);
        check_refusal(input, &diag);
        return;
    }
    ck_assert_uint_ge(sp_keyring_count(ring), 1);
    ck_assert_uint_le(sp_keyring_count(ring), SP_KEYRING_KEYS_MAX_N);
    check_sealing(ring);
    check_differences(ring);
    check_again(ring);
}
