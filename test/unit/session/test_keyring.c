/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/base64.h"
#include "session/keyring.h"

#include <sys/wait.h>
#include <unistd.h>

static enum sp_error parse(const char *text, struct sp_diag *diag)
{
    ck_assert_int_eq(sp_random_init(), 0);
    SP_KEYRING_SCOPED struct sp_keyring *ring = NULL;
    enum sp_error error = sp_keyring_parse(sp_str_from_c(text), NOW_S, diag, &ring);
    ck_assert((error == SP_OK) == (ring != NULL));
    return error;
}

static void assert_refused(const char *text, enum sp_error error, uint32_t line, uint32_t column)
{
    struct sp_diag diag = {.line = 77, .column = 77};
    ck_assert_msg(parse(text, &diag) == error, "\"%s\"", text);
    ck_assert_msg(diag.line == line && diag.column == column, "\"%s\": %u:%u", text, diag.line, diag.column);
    ck_assert_uint_gt(strlen(diag.text), 20);
    ck_assert_ptr_null(strstr(diag.text, KEY_A));
}

static void assert_seals(const struct sp_keyring *ring, int64_t now_s, const char *id)
{
    const struct sp_key *key = sp_keyring_sealing_key(ring, now_s);
    ck_assert_ptr_nonnull(key);
    ck_assert_msg(sp_str_equal(sp_key_id(key), sp_str_from_c(id)), "%.*s is not %s",
                  SP_STR_ARGS(sp_key_id(key)), id);
}

/* ---- parsing ---------------------------------------------------------------------------------------- */

SP_TEST(a_line_is_id_key_and_time)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring =
        new_ring("# keys\n\na " KEY_A "\n  b\t" KEY_B "   2026-11-24T10:00:00Z  # newer\n");
    ck_assert_uint_eq(sp_keyring_count(ring), 2);
    ck_assert_str_view(sp_key_id(sp_keyring_at(ring, 0)), "a");
    ck_assert(sp_keyring_at(ring, 0)->from_s == SP_KEY_FROM_ALWAYS_S);
    ck_assert_str_view(sp_key_id(sp_keyring_at(ring, 1)), "b");
    ck_assert_int_eq(sp_keyring_at(ring, 1)->from_s, NOW_S - 3600);
    ck_assert_mem_eq(sp_keyring_at(ring, 0)->secret, "\xdc\xbb\x8e\x08", 4);
}
SP_TEST_END

SP_TEST(line_ends_of_other_systems_and_a_missing_last_one_are_read)
{
    ck_assert_int_eq(parse("a " KEY_A "\r\n\r\nb " KEY_B "\r\n", NULL), SP_OK);
    ck_assert_int_eq(parse("a " KEY_A, NULL), SP_OK);
}
SP_TEST_END

SP_TEST(the_longest_id_is_read_and_a_longer_one_is_refused)
{
    ck_assert_int_eq(parse("0123456789abcde- " KEY_A "\n", NULL), SP_OK);
    assert_refused("0123456789abcde-f " KEY_A "\n", SP_ERR_FORMAT, 1, 17);
}
SP_TEST_END

SP_TEST(a_fault_is_named_with_line_and_column)
{
    assert_refused("A " KEY_A "\n", SP_ERR_FORMAT, 1, 1);
    assert_refused("a_b " KEY_A "\n", SP_ERR_FORMAT, 1, 2);
    assert_refused("\xef\xbb\xbf"
                   "a " KEY_A "\n",
                   SP_ERR_FORMAT, 1, 1);
    assert_refused("a\n", SP_ERR_FORMAT, 1, 2);
    assert_refused("# x\na # " KEY_A "\n", SP_ERR_FORMAT, 2, 3);
    assert_refused("a " KEY_A "A\n", SP_ERR_FORMAT, 1, 3);
    assert_refused("a " KEY_A "=\n", SP_ERR_FORMAT, 1, 3);
    assert_refused("a 3LuOCHxbs7kEaBp5Gz_l8_emX_L1m_PqPXPHECTLU7\n", SP_ERR_FORMAT, 1, 3);
    assert_refused("a 3LuOCHxbs7kEaBp5Gz_l8_emX_L1m_PqPXPHECTLU7R\n", SP_ERR_FORMAT, 1,
                   3); /* unused bits set */
    assert_refused("a 3LuOCHxbs7kEaBp5Gz+l8/emX/L1m/PqPXPHECTLU7Q\n", SP_ERR_FORMAT, 1, 3);
    assert_refused("a " KEY_A " tomorrow\n", SP_ERR_FORMAT, 1, 47);
    assert_refused("a " KEY_A " 0\n", SP_ERR_FORMAT, 1, 47);
    assert_refused("a " KEY_A " 2026-11-24\n", SP_ERR_FORMAT, 1, 47);
    assert_refused("a " KEY_A " 2026-11-24T10:00:00Z b\n", SP_ERR_FORMAT, 1, 68);
    assert_refused("a " KEY_A "\rb " KEY_B "\n", SP_ERR_FORMAT, 1, 3);
}
SP_TEST_END

SP_TEST(ids_and_keys_are_there_once)
{
    assert_refused("a " KEY_A "\na " KEY_B "\n", SP_ERR_DUPLICATE, 2, 1);
    assert_refused("a " KEY_A "\nb " KEY_B "\nc " KEY_A "\n", SP_ERR_DUPLICATE, 3, 1);
}
SP_TEST_END

SP_TEST(a_file_without_a_key_is_refused)
{
    assert_refused("", SP_ERR_MISSING, 0, 0);
    assert_refused("# nothing\n\n   \n", SP_ERR_MISSING, 0, 0);
    ck_assert_int_eq(parse(NULL, NULL), SP_ERR_MISSING);
}
SP_TEST_END

SP_TEST(a_file_whose_keys_all_seal_later_is_refused)
{
    assert_refused("a " KEY_A " 2026-11-24T11:00:01Z\n", SP_ERR_KEY, 0, 0);
    ck_assert_int_eq(parse("a " KEY_A " 2026-11-24T11:00:00Z\n", NULL), SP_OK);
}
SP_TEST_END

SP_TEST(a_file_that_is_no_key_file_for_its_size_is_refused)
{
    char *text = malloc(SP_KEYRING_TEXT_MAX + 2);
    memset(text, '#', SP_KEYRING_TEXT_MAX + 1);
    memcpy(text, "a " KEY_A "\n", 46);
    text[SP_KEYRING_TEXT_MAX] = '\0';
    ck_assert_int_eq(parse(text, NULL), SP_OK);
    text[SP_KEYRING_TEXT_MAX] = '#';
    text[SP_KEYRING_TEXT_MAX + 1] = '\0';
    ck_assert_int_eq(parse(text, NULL), SP_ERR_LIMIT);
    free(text);
}
SP_TEST_END

static void append_keys(struct sp_buf *text, size_t keys_n)
{
    struct prng prng = {11};
    for (size_t i = 0; i < keys_n; i++) {
        uint8_t secret[SP_KEY_SECRET_LEN];
        char encoded[SP_BASE64URL_LEN(SP_KEY_SECRET_LEN)];
        on_fill(&prng, secret, sizeof secret);
        sp_buf_printf(text, "k%zu %.*s\n", i, (int)sp_base64url_encode(secret, sizeof secret, encoded),
                      encoded);
    }
}

SP_TEST(sixteen_keys_are_read_and_a_seventeenth_is_refused)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 4096);
    append_keys(&text, SP_KEYRING_KEYS_MAX_N);
    ck_assert_int_eq(parse(sp_buf_c_str(&text), NULL), SP_OK);
    sp_buf_clear(&text);
    append_keys(&text, SP_KEYRING_KEYS_MAX_N + 1);
    assert_refused(sp_buf_c_str(&text), SP_ERR_LIMIT, 17, 1);
}
SP_TEST_END

/* ---- keys that are not secret ------------------------------------------------------------------------ */

static void assert_bytes(const uint8_t bytes[SP_KEY_SECRET_LEN], enum sp_error expected)
{
    char line[80] = "a ";
    sp_base64url_encode(bytes, SP_KEY_SECRET_LEN, line + 2);
    if (expected == SP_OK) {
        ck_assert_int_eq(parse(line, NULL), SP_OK);
    } else {
        assert_refused(line, expected, 1, 3);
    }
}

SP_TEST(keys_of_equal_bytes_are_refused)
{
    for (int value = 0; value < 256; value++) {
        uint8_t bytes[SP_KEY_SECRET_LEN];
        memset(bytes, value, sizeof bytes);
        assert_bytes(bytes, SP_ERR_KEY);
    }
}
SP_TEST_END

SP_TEST(keys_that_count_up_or_down_are_refused)
{
    for (int first = 0; first < 256; first++) {
        uint8_t up[SP_KEY_SECRET_LEN];
        uint8_t down[SP_KEY_SECRET_LEN];
        for (int i = 0; i < SP_KEY_SECRET_LEN; i++) {
            up[i] = (uint8_t)(first + i);
            down[i] = (uint8_t)(first - i);
        }
        assert_bytes(up, SP_ERR_KEY);
        assert_bytes(down, SP_ERR_KEY);
    }
}
SP_TEST_END

SP_TEST(keys_of_few_distinct_bytes_are_refused)
{
    struct prng prng = {5};
    uint8_t bytes[SP_KEY_SECRET_LEN];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i < SP_KEY_DISTINCT_BYTES_MIN_N ? i * 37 + 11 : 11);
    }
    assert_bytes(bytes, SP_OK);
    bytes[SP_KEY_DISTINCT_BYTES_MIN_N - 1] = 11;
    assert_bytes(bytes, SP_ERR_KEY);

    on_fill(&prng, bytes, 8);
    for (size_t i = 8; i < sizeof bytes; i++) {
        bytes[i] = bytes[i - 8];
    }
    assert_bytes(bytes, SP_ERR_KEY);
}
SP_TEST_END

SP_TEST(keys_that_a_person_typed_are_refused)
{
    assert_bytes((const uint8_t *)"Correct-Horse_Battery.Staple#42!", SP_ERR_KEY);
    assert_refused("a replace-me-with-the-output-of-keygen-32bytes\n", SP_ERR_FORMAT, 1, 3);
    assert_refused("a replace-me-with-the-output-of-keygen-octetw\n", SP_ERR_KEY, 1, 3);
    assert_refused("a REPLACE-ME-WITH-THE-OUTPUT-OF-KEYGEN-OCTETE\n", SP_ERR_KEY, 1, 3);
    assert_refused("a changeme\n", SP_ERR_FORMAT, 1, 3);
}
SP_TEST_END

/* The check applies to strings without one of the cases; the first and the last character count. */
SP_TEST(one_letter_of_the_other_case_makes_a_text_a_key)
{
    ck_assert_int_eq(parse("a REPLaCE-ME-WITH-THE-OUTPUT-OF-KEYGEN-OCTETE\n", NULL), SP_OK);
    ck_assert_int_eq(parse("a REPLzCE-ME-WITH-THE-OUTPUT-OF-KEYGEN-OCTETE\n", NULL), SP_OK);
    ck_assert_int_eq(parse("a replAce-me-with-the-output-of-keygen-octetw\n", NULL), SP_OK);
    ck_assert_int_eq(parse("a replZce-me-with-the-output-of-keygen-octetw\n", NULL), SP_OK);
}
SP_TEST_END

SP_TEST(random_keys_are_not_taken_for_placeholders)
{
    struct prng prng = {13};
    for (size_t i = 0; i < 2000; i++) {
        uint8_t bytes[SP_KEY_SECRET_LEN];
        on_fill(&prng, bytes, sizeof bytes);
        assert_bytes(bytes, SP_OK);
    }
}
SP_TEST_END

/* ---- the sealing key --------------------------------------------------------------------------------- */

SP_TEST(the_newest_whose_time_has_come_seals)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("c " KEY_C " 2026-11-24T11:10:00Z\n"
                                                         "b " KEY_B " 2026-11-24T10:00:00Z\n"
                                                         "a " KEY_A "\n");
    assert_seals(ring, 0, "a");
    assert_seals(ring, NOW_S - 3601, "a");
    assert_seals(ring, NOW_S - 3600, "b");
    assert_seals(ring, NOW_S + 599, "b");
    assert_seals(ring, NOW_S + 600, "c");
    assert_seals(ring, INT64_MAX, "c");
}
SP_TEST_END

SP_TEST(of_equal_times_the_later_line_seals)
{
    SP_KEYRING_SCOPED struct sp_keyring *always = new_ring("a " KEY_A "\nb " KEY_B "\n");
    assert_seals(always, NOW_S, "b");
    SP_KEYRING_SCOPED struct sp_keyring *equal =
        new_ring("a " KEY_A " 2026-11-24T10:00:00Z\nb " KEY_B " 2026-11-24T11:00:00+01:00\nc " KEY_C "\n");
    assert_seals(equal, NOW_S, "b");
}
SP_TEST_END

SP_TEST(no_key_seals_when_the_clock_was_set_back_before_all)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A " 2026-11-24T11:00:00Z\n");
    ck_assert_ptr_null(sp_keyring_sealing_key(ring, NOW_S - 1));
}
SP_TEST_END

SP_TEST(every_key_is_found_by_its_tag)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring =
        new_ring("a " KEY_A "\nb " KEY_B "\nc " KEY_C " 2030-01-01T00:00:00Z\n");
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_eq(sp_keyring_find(ring, sp_keyring_at(ring, i)->tag), sp_keyring_at(ring, i));
    }
    const uint8_t unknown[SP_KEY_TAG_LEN] = {0};
    ck_assert_ptr_null(sp_keyring_find(ring, unknown));
}
SP_TEST_END

SP_TEST(a_ring_cannot_be_written_to)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(STDERR_FILENO);
        *(volatile uint8_t *)(uintptr_t)sp_keyring_at(ring, 0)->secret = 0;
        _exit(0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_ne(status, 0);
}
SP_TEST_END

SP_TEST(freeing_no_ring_is_fine)
{
    sp_keyring_free(NULL);
}
SP_TEST_END

/* ---- new lines --------------------------------------------------------------------------------------- */

static void copy_id_of_day(const struct sp_keyring *ring, size_t index, char out[SP_KEY_ID_MAX + 1])
{
    struct sp_str id = sp_key_id(sp_keyring_at(ring, index));
    ck_assert_uint_eq(id.len, 13);
    ck_assert(sp_str_starts_with(id, SP_STR("k20261124")));
    memcpy(out, id.ptr, id.len);
    out[id.len] = 0;
}

SP_TEST(a_new_line_is_read_back)
{
    struct prng prng = {17};
    struct sp_random random = prng_random(&prng);
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 256);
    ck_assert_int_eq(sp_keyring_generate_line(NULL, NOW_S, SP_KEY_FROM_ALWAYS_S, &random, &text), SP_OK);
    ck_assert_uint_eq(text.len, 13 + 1 + 43 + 1);
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring(sp_buf_c_str(&text));
    char first[SP_KEY_ID_MAX + 1];
    copy_id_of_day(ring, 0, first);
    assert_seals(ring, NOW_S, first);

    ck_assert_int_eq(sp_keyring_generate_line(ring, NOW_S, NOW_S + 600, &random, &text), SP_OK);
    ck_assert(sp_str_ends_with(sp_buf_str(&text), SP_STR(" 2026-11-24T11:10:00Z\n")));
    SP_KEYRING_SCOPED struct sp_keyring *both = new_ring(sp_buf_c_str(&text));
    char second[SP_KEY_ID_MAX + 1];
    copy_id_of_day(both, 1, second);
    assert_seals(both, NOW_S, first);
    assert_seals(both, NOW_S + 600, second);
}
SP_TEST_END

SP_TEST(files_made_apart_on_one_day_have_different_ids)
{
    struct prng prngs[] = {{17}, {18}};
    struct sp_keyring *rings[2];
    for (size_t i = 0; i < 2; i++) {
        struct sp_random random = prng_random(&prngs[i]);
        SP_BUF_SCOPED struct sp_buf text;
        sp_buf_init(&text, 256);
        ck_assert_int_eq(sp_keyring_generate_line(NULL, NOW_S, SP_KEY_FROM_ALWAYS_S, &random, &text), SP_OK);
        rings[i] = new_ring(sp_buf_c_str(&text));
    }
    ck_assert_ptr_null(sp_keyring_find(rings[1], sp_keyring_at(rings[0], 0)->tag));
    sp_keyring_free(rings[0]);
    sp_keyring_free(rings[1]);
}
SP_TEST_END

SP_TEST(a_full_ring_gets_no_new_line)
{
    struct prng prng = {19};
    struct sp_random random = prng_random(&prng);
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 4096);
    append_keys(&text, SP_KEYRING_KEYS_MAX_N);
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring(sp_buf_c_str(&text));
    sp_buf_clear(&text);
    ck_assert_int_eq(sp_keyring_generate_line(ring, NOW_S, NOW_S, &random, &text), SP_ERR_LIMIT);
    ck_assert_uint_eq(text.len, 0);
}
SP_TEST_END

static void on_fill_zero(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
}

SP_TEST(a_new_id_that_is_there_already_is_drawn_anew)
{
    struct prng prng = {17};
    struct sp_random random = prng_random(&prng);
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 256);
    ck_assert_int_eq(sp_keyring_generate_line(NULL, NOW_S, SP_KEY_FROM_ALWAYS_S, &random, &text), SP_OK);
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring(sp_buf_c_str(&text));
    prng = (struct prng){17};
    ck_assert_int_eq(sp_keyring_generate_line(ring, NOW_S, NOW_S, &random, &text), SP_OK);
    SP_KEYRING_SCOPED struct sp_keyring *both = new_ring(sp_buf_c_str(&text));
    ck_assert_uint_eq(sp_keyring_count(both), 2);
}
SP_TEST_END

SP_TEST(broken_randomness_makes_no_key)
{
    const struct sp_random broken = {on_fill_zero, NULL};
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 256);
    ck_assert_int_eq(sp_keyring_generate_line(NULL, NOW_S, NOW_S, &broken, &text), SP_ERR_KEY);
    ck_assert_uint_eq(text.len, 0);
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("k20261124aaaa " KEY_A "\n");
    ck_assert_int_eq(sp_keyring_generate_line(ring, NOW_S, NOW_S, &broken, &text), SP_ERR_KEY);
    ck_assert_uint_eq(text.len, 0);
}
SP_TEST_END

SP_SUITE("session/keyring", a_line_is_id_key_and_time,
         line_ends_of_other_systems_and_a_missing_last_one_are_read,
         the_longest_id_is_read_and_a_longer_one_is_refused, a_fault_is_named_with_line_and_column,
         ids_and_keys_are_there_once, a_file_without_a_key_is_refused,
         a_file_whose_keys_all_seal_later_is_refused, a_file_that_is_no_key_file_for_its_size_is_refused,
         sixteen_keys_are_read_and_a_seventeenth_is_refused, keys_of_equal_bytes_are_refused,
         keys_that_count_up_or_down_are_refused, keys_of_few_distinct_bytes_are_refused,
         keys_that_a_person_typed_are_refused, one_letter_of_the_other_case_makes_a_text_a_key,
         random_keys_are_not_taken_for_placeholders, the_newest_whose_time_has_come_seals,
         of_equal_times_the_later_line_seals, no_key_seals_when_the_clock_was_set_back_before_all,
         every_key_is_found_by_its_tag, a_ring_cannot_be_written_to, freeing_no_ring_is_fine,
         a_new_line_is_read_back, files_made_apart_on_one_day_have_different_ids,
         a_new_id_that_is_there_already_is_drawn_anew, a_full_ring_gets_no_new_line,
         broken_randomness_makes_no_key)
