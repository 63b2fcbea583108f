/* SPDX-License-Identifier: Apache-2.0 */
#include "session/keyring.h"

#include "base/base64.h"
#include "base/time.h"

#include <sodium.h>

#include <stdatomic.h>

static atomic_uint_fast64_t rings_made;

#define KEY_TEXT_LEN   ((size_t)SP_BASE64URL_LEN(SP_KEY_SECRET_LEN))
#define ID_LETTERS_N   4  /* random lower-case letters after the day */
#define ID_TRIES_MAX_N 16 /* more failures mean broken randomness */

struct sp_keyring {
    uint64_t serial;
    size_t keys_n;
    struct sp_key keys[SP_KEYRING_KEYS_MAX_N];
};

/* ---- the lines ------------------------------------------------------------------------------------- */

struct line {
    uint32_t number;    /* counted from 1 */
    const char *begin;  /* start of the line, from which columns are counted */
    struct sp_str rest; /* the unread rest of the line */
};

static enum sp_error refuse(struct sp_diag *diag, const struct line *line, const char *at,
                            enum sp_error error, const char *text)
{
    if (diag != NULL) {
        diag->line = line->number;
        diag->column = (uint32_t)(at - line->begin) + 1;
    }
    return sp_diag_set(diag, error, "%s", text);
}

/* Reports a fault in the text as a whole. */
static enum sp_error refuse_all(struct sp_diag *diag, enum sp_error error, const char *text)
{
    if (diag != NULL) {
        diag->line = 0;
        diag->column = 0;
    }
    return sp_diag_set(diag, error, "%s", text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word; empty at the end of the line or at a comment. */
static struct sp_str next_word(struct line *line)
{
    struct sp_str rest = line->rest;
    while (rest.len > 0 && is_blank(rest.ptr[0])) {
        rest = sp_str_skip(rest, 1);
    }
    size_t len = 0;
    while (len < rest.len && !is_blank(rest.ptr[len]) && rest.ptr[0] != '#') {
        len++;
    }
    line->rest = sp_str_skip(rest, len);
    return (struct sp_str){rest.ptr, len};
}

/* ---- one key --------------------------------------------------------------------------------------- */

/* The tag is public and stands for the id. It is derived from the id alone and reveals nothing about the
 * key. */
static void derive_tag(struct sp_key *key)
{
    uint8_t hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)key->id, key->id_len, NULL, 0);
    memcpy(key->tag, hash, SP_KEY_TAG_LEN);
}

static size_t count_distinct(const uint8_t secret[SP_KEY_SECRET_LEN])
{
    uint8_t seen[256] = {0};
    size_t distinct_n = 0;
    for (size_t i = 0; i < SP_KEY_SECRET_LEN; i++) {
        distinct_n += seen[secret[i]]++ == 0;
    }
    return distinct_n;
}

/* True if every byte is the previous one plus `step`. */
static bool is_run(const uint8_t secret[SP_KEY_SECRET_LEN], uint8_t step)
{
    for (size_t i = 1; i < SP_KEY_SECRET_LEN; i++) {
        if ((uint8_t)(secret[i - 1] + step) != secret[i]) {
            return false;
        }
    }
    return true;
}

static bool is_printable(const uint8_t secret[SP_KEY_SECRET_LEN])
{
    for (size_t i = 0; i < SP_KEY_SECRET_LEN; i++) {
        if (secret[i] < 0x20 || secret[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* True if it has letters of both cases. `replace-this-with-the-key-…` is valid base64url too. Only one random
 * key in 10^9 lacks either case. */
static bool has_both_cases(struct sp_str text)
{
    bool lower = false;
    bool upper = false;
    for (size_t i = 0; i < text.len; i++) {
        lower |= text.ptr[i] >= 'a' && text.ptr[i] <= 'z';
        upper |= text.ptr[i] >= 'A' && text.ptr[i] <= 'Z';
    }
    return lower && upper;
}

static bool is_placeholder(struct sp_str text, const uint8_t secret[SP_KEY_SECRET_LEN])
{
    return count_distinct(secret) < SP_KEY_DISTINCT_BYTES_MIN_N || is_run(secret, 1) ||
           is_run(secret, UINT8_MAX) || is_printable(secret) || !has_both_cases(text);
}

static enum sp_error read_id(struct line *line, struct sp_str word, struct sp_diag *diag, struct sp_key *key)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if ((c < 'a' || c > 'z') && !sp_ascii_is_digit(c) && c != '-') {
            return refuse(diag, line, word.ptr + i, SP_ERR_FORMAT,
                          "a line begins with the id of a key: use only a-z, 0-9 and -");
        }
    }
    if (word.len > SP_KEY_ID_MAX) {
        return refuse(diag, line, word.ptr + SP_KEY_ID_MAX, SP_ERR_FORMAT,
                      "the id of a key has at most 16 characters; `sallyport keygen` chooses a valid one");
    }
    memcpy(key->id, word.ptr, word.len);
    key->id_len = (uint8_t)word.len;
    derive_tag(key);
    return SP_OK;
}

static enum sp_error read_secret(struct line *line, struct sp_diag *diag, struct sp_key *key)
{
    struct sp_str word = next_word(line);
    size_t len = 0;
    if (word.len == 0) {
        return refuse(
            diag, line, word.ptr, SP_ERR_FORMAT,
            "the key is missing after its id: write ID KEY [FROM], or remove this line, then make a key "
            "with `sallyport keygen --add`");
    }
    if (word.len != KEY_TEXT_LEN) {
        return refuse(diag, line, word.ptr, SP_ERR_FORMAT,
                      "a key is 32 bytes in base64url without padding, exactly 43 characters: "
                      "remove this line, then make a key with `sallyport keygen --add`");
    }
    if (sp_base64url_decode(word, key->secret, sizeof key->secret, &len) != SP_OK) {
        return refuse(diag, line, word.ptr, SP_ERR_FORMAT,
                      "not base64url: use only A-Z, a-z, 0-9, - and _, and a last character without unused "
                      "bits; or remove this line, then make a key with `sallyport keygen --add`");
    }
    if (is_placeholder(word, key->secret)) {
        return refuse(diag, line, word.ptr, SP_ERR_KEY,
                      "this key is not a secret, but a placeholder or a pattern: remove this line, then "
                      "make a key with `sallyport keygen --add`");
    }
    return SP_OK;
}

static enum sp_error read_from(struct line *line, struct sp_diag *diag, struct sp_key *key)
{
    struct sp_str word = next_word(line);
    key->from_s = SP_KEY_FROM_ALWAYS_S;
    if (word.len > 0 && sp_time_parse(word, &key->from_s) != SP_OK) {
        return refuse(diag, line, word.ptr, SP_ERR_FORMAT,
                      "the time from which a key seals is written like 2026-11-24T11:00:00Z");
    }
    struct sp_str more = next_word(line);
    if (more.len > 0) {
        return refuse(diag, line, more.ptr, SP_ERR_FORMAT,
                      "nothing may follow ID KEY FROM: remove it, or put # before it");
    }
    return SP_OK;
}

/* ---- the key ring ---------------------------------------------------------------------------------- */

static enum sp_error check_unique(const struct sp_keyring *ring, const struct line *line,
                                  struct sp_diag *diag, const struct sp_key *key)
{
    for (size_t i = 0; i < ring->keys_n; i++) {
        const struct sp_key *other = &ring->keys[i];
        if (sp_str_equal(sp_key_id(other), sp_key_id(key))) {
            return refuse(diag, line, line->begin, SP_ERR_DUPLICATE,
                          "this id exists already: give each key its own id");
        }
        if (memcmp(other->tag, key->tag, SP_KEY_TAG_LEN) == 0) {
            return refuse(diag, line, line->begin, SP_ERR_DUPLICATE,
                          "this id and an earlier one have the same short form: choose another id");
        }
        if (sodium_memcmp(other->secret, key->secret, SP_KEY_SECRET_LEN) == 0) {
            return refuse(diag, line, line->begin, SP_ERR_DUPLICATE,
                          "this key exists already under another id: remove one of the two lines");
        }
    }
    return SP_OK;
}

/* Parses in place, so that the secret is only in guarded memory. */
static enum sp_error read_key(struct sp_keyring *ring, struct line *line, struct sp_str id,
                              struct sp_diag *diag)
{
    if (ring->keys_n == SP_KEYRING_KEYS_MAX_N) {
        return refuse(diag, line, id.ptr, SP_ERR_LIMIT,
                      "more than 16 keys: remove the oldest, which no session needs any more");
    }
    struct sp_key *key = &ring->keys[ring->keys_n];
    enum sp_error error = read_id(line, id, diag, key);
    if (error == SP_OK) {
        error = read_secret(line, diag, key);
    }
    if (error == SP_OK) {
        error = read_from(line, diag, key);
    }
    if (error == SP_OK) {
        error = check_unique(ring, line, diag, key);
    }
    if (error == SP_OK) {
        ring->keys_n++;
    }
    return error;
}

static enum sp_error read_lines(struct sp_keyring *ring, struct sp_str text, struct sp_diag *diag)
{
    struct line line = {0};
    while (text.ptr != NULL) {
        line.rest = sp_str_cut(&text, '\n');
        if (sp_str_ends_with(line.rest, SP_STR("\r"))) {
            line.rest.len--; /* a CRLF file, written on another system, is accepted */
        }
        line.begin = line.rest.ptr;
        line.number++;
        struct sp_str id = next_word(&line);
        enum sp_error error = id.len == 0 ? SP_OK : read_key(ring, &line, id, diag);
        if (error != SP_OK) {
            return error;
        }
    }
    return SP_OK;
}

static enum sp_error check_usable(const struct sp_keyring *ring, int64_t now_s, struct sp_diag *diag)
{
    if (ring->keys_n == 0) {
        return refuse_all(diag, SP_ERR_MISSING,
                          "there is no key: delete the file, then make one with `sallyport keygen FILE`");
    }
    if (sp_keyring_sealing_key(ring, now_s) == NULL) {
        return refuse_all(diag, SP_ERR_KEY,
                          "no key seals yet: each has a time (FROM) in the future; keep the previous key in "
                          "the file, or remove FROM from one, and check the clock of this machine");
    }
    return SP_OK;
}

enum sp_error sp_keyring_parse(struct sp_str text, int64_t now_s, struct sp_diag *diag,
                               struct sp_keyring **out)
{
    if (text.len > SP_KEYRING_TEXT_MAX) {
        return refuse_all(diag, SP_ERR_LIMIT, "larger than any key file: is this the right file?");
    }

    SP_KEYRING_SCOPED struct sp_keyring *ring = sodium_malloc(sizeof *ring);
    if (ring == NULL) {
        return refuse_all(diag, SP_ERR_MEMORY, "out of memory for the keys");
    }
    ring->serial = atomic_fetch_add(&rings_made, 1) + 1;
    ring->keys_n = 0;

    enum sp_error error = read_lines(ring, text, diag);
    if (error == SP_OK) {
        error = check_usable(ring, now_s, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    sodium_mprotect_readonly(ring);
    *out = ring;
    ring = NULL;
    return SP_OK;
}

void sp_keyring_free(struct sp_keyring *ring)
{
    sodium_free(ring);
}

uint64_t sp_keyring_serial(const struct sp_keyring *ring)
{
    return ring->serial;
}

size_t sp_keyring_count(const struct sp_keyring *ring)
{
    return ring->keys_n;
}

const struct sp_key *sp_keyring_at(const struct sp_keyring *ring, size_t index)
{
    return &ring->keys[index];
}

const struct sp_key *sp_keyring_sealing_key(const struct sp_keyring *ring, int64_t now_s)
{
    const struct sp_key *newest = NULL;
    for (size_t i = 0; i < ring->keys_n; i++) {
        const struct sp_key *key = &ring->keys[i];
        if (key->from_s <= now_s && (newest == NULL || key->from_s >= newest->from_s)) {
            newest = key;
        }
    }
    return newest;
}

const struct sp_key *sp_keyring_find(const struct sp_keyring *ring, const uint8_t tag[SP_KEY_TAG_LEN])
{
    for (size_t i = 0; i < ring->keys_n; i++) {
        if (memcmp(ring->keys[i].tag, tag, SP_KEY_TAG_LEN) == 0) {
            return &ring->keys[i];
        }
    }
    return NULL;
}

/* ---- a new line ------------------------------------------------------------------------------------ */

/* Chooses an id such as k20261124qhtx: the day, then random letters, so that files created independently
 * share no id and no tag. */
static enum sp_error choose_id(const struct sp_keyring *ring, int64_t now_s, const struct sp_random *random,
                               struct sp_key *key)
{
    char day[SP_TIME_TEXT_LEN + 1];
    sp_time_format(now_s, day);
    const char begin[] = {'k', day[0], day[1], day[2], day[3], day[5], day[6], day[8], day[9]};
    uint8_t chance[ID_LETTERS_N];
    memcpy(key->id, begin, sizeof begin);
    key->id_len = sizeof begin + sizeof chance;
    for (int tries_n = 0; tries_n < ID_TRIES_MAX_N; tries_n++) {
        sp_random_fill(random, chance, sizeof chance);
        for (size_t i = 0; i < sizeof chance; i++) {
            key->id[sizeof begin + i] = (char)('a' + chance[i] % 26);
        }
        derive_tag(key);
        if (ring == NULL || sp_keyring_find(ring, key->tag) == NULL) {
            return SP_OK; /* no key has the id, nor another id with the same tag */
        }
    }
    return SP_ERR_KEY;
}

static void append_line(const struct sp_key *key, struct sp_str secret, int64_t from_s, struct sp_buf *out)
{
    sp_buf_append(out, sp_key_id(key));
    sp_buf_append_char(out, ' ');
    sp_buf_append(out, secret);
    if (from_s != SP_KEY_FROM_ALWAYS_S) {
        char from[SP_TIME_TEXT_LEN + 1];
        sp_time_format(from_s, from);
        sp_buf_append_char(out, ' ');
        sp_buf_append_c(out, from);
    }
    sp_buf_append_char(out, '\n');
}

enum sp_error sp_keyring_generate_line(const struct sp_keyring *ring, int64_t now_s, int64_t from_s,
                                       const struct sp_random *random, struct sp_buf *out)
{
    struct sp_key key = {0};
    if (ring != NULL && ring->keys_n >= SP_KEYRING_KEYS_MAX_N) {
        return SP_ERR_LIMIT;
    }
    if (choose_id(ring, now_s, random, &key) != SP_OK) {
        return SP_ERR_KEY;
    }

    char text[SP_BASE64URL_LEN(SP_KEY_SECRET_LEN)];
    sp_random_fill(random, key.secret, sizeof key.secret);
    struct sp_str secret = {text, sp_base64url_encode(key.secret, sizeof key.secret, text)};
    bool broken = is_placeholder(secret, key.secret);
    if (!broken) {
        append_line(&key, secret, from_s, out);
    }
    sodium_memzero(&key, sizeof key);
    sodium_memzero(text, sizeof text);
    return broken ? SP_ERR_KEY : sp_buf_error(out);
}
