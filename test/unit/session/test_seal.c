/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/base64.h"
#include "session/seal.h"

static const struct sp_seal_context session_context = {
    .purpose = SP_SEAL_SESSION,
    .cookie_name = {"__Host-sallyport", 16},
    .issuer = {"https://dex.example.com/dex", 27},
    .client_id = {"sallyport", 9},
    .scope = {"app.example.com", 15},
};

#define PLAIN "The porter opens only from inside."

/*
 * Key a, nonce 0..23, the context above. Made by a separate implementation of draft-irtf-cfrg-xchacha, which
 * was checked against the vector in appendix A.3.1 of that draft.
 */
#define SEALED                                                                                               \
    "AYkoquYAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcSnuM9xEI9m5gqjqFv-BBsaWAnl1DVM0Pnqte-"                           \
    "mhnhdJNyUc6Z6XCBqicMqJrURhMiQQ"

static void on_fill_counting(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)i;
    }
}

static enum sp_error open_in(const struct sp_keyring *ring, const struct sp_seal_context *context,
                             struct sp_str sealed)
{
    struct sp_seal_storage storage;
    struct sp_str plain = SP_STR("untouched");
    enum sp_error error = sp_seal_open(ring, context, sealed, &storage, &plain);
    if (error != SP_OK) {
        ck_assert_str_view(plain, "untouched");
    }
    return error;
}

static void seal(const struct sp_keyring *ring, const struct sp_seal_context *context, int64_t now_s,
                 struct sp_str plain, struct sp_buf *out)
{
    struct prng prng = {23};
    struct sp_random random = prng_random(&prng);
    sp_buf_clear(out);
    ck_assert_int_eq(sp_seal_bytes(ring, context, now_s, &random, plain, out), SP_OK);
}

SP_TEST(a_value_sealed_elsewhere_by_the_same_rules_is_the_same)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    const struct sp_random counting = {on_fill_counting, NULL};
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(sp_seal_bytes(ring, &session_context, NOW_S, &counting, SP_STR(PLAIN), &out), SP_OK);
    ck_assert_str_view(sp_buf_str(&out), SEALED);

    struct sp_seal_storage storage;
    struct sp_str plain;
    ck_assert_int_eq(sp_seal_open(ring, &session_context, SP_STR(SEALED), &storage, &plain), SP_OK);
    ck_assert_str_view(plain, PLAIN);
}
SP_TEST_END

SP_TEST(values_of_every_length_come_back)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    char plain[SP_SEAL_PLAIN_MAX];
    on_fill(&(struct prng){29}, (uint8_t *)plain, sizeof plain);
    for (size_t len = 0; len <= sizeof plain; len += len < 200 ? 1 : 97) {
        struct sp_seal_storage storage;
        struct sp_str opened;
        seal(ring, &session_context, NOW_S, (struct sp_str){plain, len}, &out);
        ck_assert_uint_eq(out.len, SP_SEAL_TEXT_LEN(len));
        ck_assert_int_eq(sp_seal_open(ring, &session_context, sp_buf_str(&out), &storage, &opened), SP_OK);
        ck_assert(sp_str_equal(opened, (struct sp_str){plain, len}));
    }
}
SP_TEST_END

SP_TEST(the_largest_value_is_sealed_and_one_byte_more_is_not)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 2 * SP_SEAL_TEXT_MAX);
    struct prng prng = {31};
    struct sp_random random = prng_random(&prng);
    char plain[SP_SEAL_PLAIN_MAX + 1] = {0};
    seal(ring, &session_context, NOW_S, (struct sp_str){plain, SP_SEAL_PLAIN_MAX}, &out);
    ck_assert_uint_eq(out.len, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(open_in(ring, &session_context, sp_buf_str(&out)), SP_OK);
    sp_buf_append_char(&out, 'A');
    ck_assert_int_eq(open_in(ring, &session_context, sp_buf_str(&out)), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_seal_bytes(ring, &session_context, NOW_S, &random,
                                   (struct sp_str){plain, SP_SEAL_PLAIN_MAX + 1}, &out),
                     SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_value_with_any_bit_flipped_is_never_authentic)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\nb " KEY_B "\n");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    char plain[100] = {0};
    seal(ring, &session_context, NOW_S, (struct sp_str){plain, sizeof plain}, &out);
    uint8_t bytes[SP_SEAL_OVERHEAD_LEN + sizeof plain];
    size_t len = 0;
    ck_assert_int_eq(sp_base64url_decode(sp_buf_str(&out), bytes, sizeof bytes, &len), SP_OK);
    ck_assert_uint_eq(len, sizeof bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        char text[SP_BASE64URL_LEN(sizeof bytes)];
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct sp_str flipped = {text, sp_base64url_encode(bytes, sizeof bytes, text)};
        ck_assert_msg(open_in(ring, &session_context, flipped) == SP_ERR_SIGNATURE, "bit %zu", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
SP_TEST_END

SP_TEST(a_value_with_any_bit_of_its_text_flipped_is_never_authentic)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    char text[] = SEALED;
    for (size_t bit = 0; bit < 8 * (sizeof text - 1); bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        ck_assert_msg(open_in(ring, &session_context, sp_str_from_c(text)) != SP_OK, "bit %zu", bit);
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
    }
    ck_assert_int_eq(open_in(ring, &session_context, sp_str_from_c(text)), SP_OK);
}
SP_TEST_END

SP_TEST(a_truncated_value_is_never_authentic)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    for (size_t len = 0; len < sizeof SEALED - 1; len++) {
        ck_assert_int_ne(open_in(ring, &session_context, (struct sp_str){SEALED, len}), SP_OK);
    }
    ck_assert_int_eq(open_in(ring, &session_context, SP_STR_NONE), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_value_without_its_beginning_is_never_authentic)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    for (size_t from = 1; from < sizeof SEALED; from++) {
        ck_assert_int_ne(open_in(ring, &session_context, sp_str_skip(SP_STR(SEALED), from)), SP_OK);
    }
}
SP_TEST_END

SP_TEST(a_value_with_something_after_it_is_never_authentic)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    const char *const after[] = {"A", "AA", "AAA", "AAAA", "=", "==", " ", "\"", "\n", ".", "%3D"};
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        char text[sizeof SEALED + 4] = SEALED;
        memcpy(text + sizeof SEALED - 1, after[i], strlen(after[i]) + 1);
        ck_assert_msg(open_in(ring, &session_context, sp_str_from_c(text)) != SP_OK, "%s", after[i]);
    }
}
SP_TEST_END

SP_TEST(bits_left_over_in_the_last_character_are_refused)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    ck_assert_uint_eq((sizeof SEALED - 1) % 4, 2);
    char text[] = SEALED; /* ends in Q: 16 of the 64 characters differ from it in unused bits only */
    const char *const spare = "RSTUVWXYZabcdef";
    for (size_t i = 0; spare[i] != '\0'; i++) {
        text[sizeof text - 2] = spare[i];
        ck_assert_int_eq(open_in(ring, &session_context, sp_str_from_c(text)), SP_ERR_FORMAT);
    }
}
SP_TEST_END

SP_TEST(a_value_of_64_kib_is_refused_unread)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    char *text = malloc(65536);
    memset(text, 'A', 65536);
    ck_assert_int_eq(open_in(ring, &session_context, (struct sp_str){text, 65536}), SP_ERR_FORMAT);
    free(text);
}
SP_TEST_END

/* ---- in another place ------------------------------------------------------------------------------- */

SP_TEST(a_value_of_another_place_is_not_authentic)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    struct sp_seal_context others[12];
    for (size_t i = 0; i < 12; i++) {
        others[i] = session_context;
    }
    others[0].purpose = SP_SEAL_LOGIN_STATE;
    others[1].purpose = SP_SEAL_LOGIN_COOKIE;
    others[2].purpose = SP_SEAL_LOGIN_MARKER;
    others[3].purpose = SP_SEAL_LOGOUT_CONFIRMATION;
    others[4].purpose = SP_SEAL_NOTHING;
    others[5].cookie_name = SP_STR("sallyport");
    others[6].issuer = SP_STR("https://dex.example.com/dex/");
    others[7].client_id = SP_STR("sallyport2");
    others[8].scope = SP_STR("b.example.com");
    others[9].scope = SP_STR_NONE;
    others[10].scope = SP_STR("App.example.com");
    others[11].scope = SP_STR("app.example.com.");
    for (size_t i = 0; i < 12; i++) {
        ck_assert_msg(open_in(ring, &others[i], SP_STR(SEALED)) == SP_ERR_SIGNATURE, "context %zu", i);
    }
    ck_assert_int_eq(open_in(ring, &session_context, SP_STR(SEALED)), SP_OK);
}
SP_TEST_END

SP_TEST(every_purpose_opens_only_itself)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    struct sp_seal_context sealing = session_context;
    struct sp_seal_context opening = session_context;
    for (int i = SP_SEAL_SESSION; i <= SP_SEAL_LOGOUT_STATE; i++) {
        sealing.purpose = (enum sp_seal_purpose)i;
        seal(ring, &sealing, NOW_S, SP_STR(PLAIN), &out);
        for (int k = SP_SEAL_NOTHING; k <= SP_SEAL_LOGOUT_STATE; k++) {
            opening.purpose = (enum sp_seal_purpose)k;
            ck_assert_int_eq(open_in(ring, &opening, sp_buf_str(&out)), i == k ? SP_OK : SP_ERR_SIGNATURE);
        }
    }
}
SP_TEST_END

SP_TEST(without_a_purpose_nothing_is_sealed)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    struct sp_seal_context context = session_context;
    context.purpose = SP_SEAL_NOTHING;
    const struct sp_random counting = {on_fill_counting, NULL};
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(sp_seal_bytes(ring, &context, NOW_S, &counting, SP_STR(PLAIN), &out), SP_ERR_MISMATCH);
    ck_assert_uint_eq(out.len, 0);
}
SP_TEST_END

/* Every way to cut one string into the four parts of a context gives a different context. */
SP_TEST(no_two_contexts_have_the_same_associated_data)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    const char *const text = "abcd";
    struct sp_seal_context cuts[35];
    size_t cuts_n = 0;
    for (size_t i = 0; i <= 4; i++) {
        for (size_t k = i; k <= 4; k++) {
            for (size_t m = k; m <= 4; m++) {
                cuts[cuts_n++] = (struct sp_seal_context){
                    SP_SEAL_SESSION, {text, i}, {text + i, k - i}, {text + k, m - k}, {text + m, 4 - m}};
            }
        }
    }
    for (size_t i = 0; i < cuts_n; i++) {
        seal(ring, &cuts[i], NOW_S, SP_STR(PLAIN), &out);
        for (size_t k = 0; k < cuts_n; k++) {
            ck_assert_int_eq(open_in(ring, &cuts[k], sp_buf_str(&out)), i == k ? SP_OK : SP_ERR_SIGNATURE);
        }
    }
}
SP_TEST_END

SP_TEST(the_largest_context_seals_and_a_larger_one_does_not)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    static char scope[SP_SEAL_CONTEXT_MAX];
    struct sp_seal_context context = {.purpose = SP_SEAL_SESSION};
    /* seven lengths of four bytes; purpose, version and key id of one byte each */
    context.scope = (struct sp_str){scope, SP_SEAL_CONTEXT_MAX - 7 * 4 - 3};
    seal(ring, &context, NOW_S, SP_STR(PLAIN), &out);
    ck_assert_int_eq(open_in(ring, &context, sp_buf_str(&out)), SP_OK);

    const struct sp_random counting = {on_fill_counting, NULL};
    context.scope.len++;
    ck_assert_int_eq(open_in(ring, &context, sp_buf_str(&out)), SP_ERR_SIGNATURE);
    ck_assert_int_eq(sp_seal_bytes(ring, &context, NOW_S, &counting, SP_STR(PLAIN), &out), SP_ERR_LIMIT);
    context.scope.len = SIZE_MAX;
    ck_assert_int_eq(sp_seal_bytes(ring, &context, NOW_S, &counting, SP_STR(PLAIN), &out), SP_ERR_LIMIT);
}
SP_TEST_END

/* ---- keys ------------------------------------------------------------------------------------------- */

SP_TEST(a_value_of_a_key_that_is_not_in_the_ring_is_not_authentic)
{
    SP_KEYRING_SCOPED struct sp_keyring *other_id = new_ring("b " KEY_A "\n");
    SP_KEYRING_SCOPED struct sp_keyring *other_key = new_ring("a " KEY_B "\n");
    SP_KEYRING_SCOPED struct sp_keyring *swapped = new_ring("a " KEY_B "\nb " KEY_A "\n");
    ck_assert_int_eq(open_in(other_id, &session_context, SP_STR(SEALED)), SP_ERR_SIGNATURE);
    ck_assert_int_eq(open_in(other_key, &session_context, SP_STR(SEALED)), SP_ERR_SIGNATURE);
    ck_assert_int_eq(open_in(swapped, &session_context, SP_STR(SEALED)), SP_ERR_SIGNATURE);
}
SP_TEST_END

SP_TEST(a_value_that_names_another_key_of_the_ring_is_not_authentic)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\nb " KEY_B "\n");
    uint8_t bytes[128];
    size_t len = 0;
    ck_assert_int_eq(sp_base64url_decode(SP_STR(SEALED), bytes, sizeof bytes, &len), SP_OK);
    memcpy(bytes + 1, sp_keyring_at(ring, 1)->tag, SP_KEY_TAG_LEN);
    char text[SP_BASE64URL_LEN(sizeof bytes)];
    struct sp_str renamed = {text, sp_base64url_encode(bytes, len, text)};
    ck_assert_int_eq(open_in(ring, &session_context, renamed), SP_ERR_SIGNATURE);
}
SP_TEST_END

SP_TEST(keys_rotate_without_ending_what_was_sealed)
{
    SP_KEYRING_SCOPED struct sp_keyring *old_ring = new_ring("a " KEY_A "\n");
    SP_KEYRING_SCOPED struct sp_keyring *both = new_ring("a " KEY_A "\nb " KEY_B " 2026-11-24T11:10:00Z\n");
    SP_KEYRING_SCOPED struct sp_keyring *new_one = new_ring("b " KEY_B "\n");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);

    /* Until its time comes, the new key only opens: a replica that lacks it can open everything that is
     * sealed. */
    seal(both, &session_context, NOW_S + 599, SP_STR(PLAIN), &out);
    ck_assert_int_eq(open_in(old_ring, &session_context, sp_buf_str(&out)), SP_OK);
    ck_assert_int_eq(open_in(both, &session_context, sp_buf_str(&out)), SP_OK);
    ck_assert_int_eq(open_in(new_one, &session_context, sp_buf_str(&out)), SP_ERR_SIGNATURE);

    seal(both, &session_context, NOW_S + 600, SP_STR(PLAIN), &out);
    ck_assert_int_eq(open_in(old_ring, &session_context, sp_buf_str(&out)), SP_ERR_SIGNATURE);
    ck_assert_int_eq(open_in(both, &session_context, sp_buf_str(&out)), SP_OK);
    ck_assert_int_eq(open_in(new_one, &session_context, sp_buf_str(&out)), SP_OK);
}
SP_TEST_END

SP_TEST(without_a_key_that_seals_now_nothing_is_sealed)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A " 2026-11-24T11:00:00Z\n");
    const struct sp_random counting = {on_fill_counting, NULL};
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(sp_seal_bytes(ring, &session_context, NOW_S - 1, &counting, SP_STR(PLAIN), &out),
                     SP_ERR_KEY);
    ck_assert_int_eq(open_in(ring, &session_context, SP_STR(SEALED)), SP_OK);
}
SP_TEST_END

SP_TEST(two_seals_of_one_text_differ)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    struct prng prng = {37};
    struct sp_random random = prng_random(&prng);
    SP_BUF_SCOPED struct sp_buf a;
    SP_BUF_SCOPED struct sp_buf b;
    sp_buf_init(&a, SP_SEAL_TEXT_MAX);
    sp_buf_init(&b, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(sp_seal_bytes(ring, &session_context, NOW_S, &random, SP_STR(PLAIN), &a), SP_OK);
    ck_assert_int_eq(sp_seal_bytes(ring, &session_context, NOW_S, &random, SP_STR(PLAIN), &b), SP_OK);
    ck_assert(!sp_str_equal(sp_buf_str(&a), sp_buf_str(&b)));
}
SP_TEST_END

SP_TEST(a_value_that_does_not_fit_its_buffer_is_not_written)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    const struct sp_random counting = {on_fill_counting, NULL};
    SP_BUF_ON_STACK(out, sizeof SEALED - 2);
    ck_assert_int_eq(sp_seal_bytes(ring, &session_context, NOW_S, &counting, SP_STR(PLAIN), &out),
                     SP_ERR_LIMIT);
    ck_assert_uint_eq(sp_buf_str(&out).len, 0);
}
SP_TEST_END

SP_SUITE("session/seal", a_value_sealed_elsewhere_by_the_same_rules_is_the_same,
         values_of_every_length_come_back, the_largest_value_is_sealed_and_one_byte_more_is_not,
         a_value_with_any_bit_flipped_is_never_authentic,
         a_value_with_any_bit_of_its_text_flipped_is_never_authentic, a_truncated_value_is_never_authentic,
         a_value_without_its_beginning_is_never_authentic, a_value_with_something_after_it_is_never_authentic,
         bits_left_over_in_the_last_character_are_refused, a_value_of_64_kib_is_refused_unread,
         a_value_of_another_place_is_not_authentic, every_purpose_opens_only_itself,
         without_a_purpose_nothing_is_sealed, no_two_contexts_have_the_same_associated_data,
         the_largest_context_seals_and_a_larger_one_does_not,
         a_value_of_a_key_that_is_not_in_the_ring_is_not_authentic,
         a_value_that_names_another_key_of_the_ring_is_not_authentic,
         keys_rotate_without_ending_what_was_sealed, without_a_key_that_seals_now_nothing_is_sealed,
         two_seals_of_one_text_differ, a_value_that_does_not_fit_its_buffer_is_not_written)
