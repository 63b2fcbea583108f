/* SPDX-License-Identifier: Apache-2.0 */
#include "session/revocations_text.h"

#include "base/hex.h"
#include "base/time.h"

#include "fixture.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define LIFE_S 43200

static struct sp_revocations *new_table(uint64_t seed)
{
    ck_assert_int_eq(sp_random_init(), 0);
    struct prng prng = {seed};
    struct sp_random random = prng_random(&prng);
    struct sp_revocations *table = sp_revocations_new(SP_REVOCATIONS_MAX_N, &random);
    ck_assert_ptr_nonnull(table);
    return table;
}

static struct sp_session session_of(uint8_t n, const char *sub, const char *sid)
{
    struct sp_session session = {.id = {n}, .login_at_s = NOW_S};
    session.profile.sub = sp_str_from_c(sub);
    session.profile.sid = sp_str_from_c(sid);
    return session;
}

static void end_as(struct sp_revocations *table, enum sp_revocation_kind kind,
                   const struct sp_session *session, int64_t until_s)
{
    struct sp_revocation revocation = {.kind = kind,
                                       .sub = session->profile.sub,
                                       .sid = session->profile.sid,
                                       .began_by_s = NOW_S,
                                       .until_s = until_s};
    memcpy(revocation.id, session->id, sizeof revocation.id);
    sp_session_label(session->id, revocation.label);
    (void)sp_revocations_add(table, &revocation, NOW_S);
}

/* One entry of each kind, and a bound. */
static struct sp_revocations *usual_table(void)
{
    struct sp_revocations *table = new_table(3);
    for (uint8_t kind = 0; kind < SP_REVOCATION_KIND_COUNT; kind++) {
        char name[8];
        snprintf(name, sizeof name, "u%d", kind);
        struct sp_session session = session_of((uint8_t)(kind + 1), name, name);
        end_as(table, (enum sp_revocation_kind)kind, &session, NOW_S + LIFE_S);
    }
    (void)sp_revocations_raise(table, NOW_S - 5000);
    return table;
}

static void save(struct sp_revocations *table, struct sp_buf *out)
{
    struct sp_revocations_state state;
    ck_assert_int_eq(sp_revocations_save(table, &state), SP_OK);
    sp_revocations_text_append(&state, out);
    sp_revocations_state_done(&state);
    ck_assert_int_eq(sp_buf_error(out), SP_OK);
}

static enum sp_error parse(struct sp_str text, struct sp_revocations_state *state)
{
    struct sp_diag diag = {0};
    enum sp_error error = sp_revocations_text_parse(text, state, &diag);
    ck_assert(error == SP_OK || strstr(diag.text, "remove the file") != NULL);
    return error;
}

SP_TEST(a_table_that_is_read_again_ends_what_it_ended)
{
    struct sp_revocations *table = usual_table();
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_REVOCATIONS_TEXT_MAX);
    save(table, &text);
    struct sp_revocations_state state;
    ck_assert_int_eq(parse(sp_buf_str(&text), &state), SP_OK);
    struct sp_revocations *other = new_table(99);
    ck_assert_int_eq(sp_revocations_restore(other, &state, NOW_S), SP_OK);
    ck_assert_uint_eq(sp_revocations_count(other), SP_REVOCATION_KIND_COUNT);
    ck_assert_int_eq(sp_revocations_not_before_s(other), NOW_S - 5000);
    for (uint8_t n = 0; n < 10; n++) {
        for (uint8_t user = 0; user < 10; user++) {
            char name[8];
            snprintf(name, sizeof name, "u%d", user);
            struct sp_session session = session_of(n, name, name);
            ck_assert_int_eq(sp_revocations_end(other, &session), sp_revocations_end(table, &session));
        }
    }

    /* and its own text is the same again */
    SP_BUF_SCOPED struct sp_buf again;
    sp_buf_init(&again, SP_REVOCATIONS_TEXT_MAX);
    save(other, &again);
    ck_assert_uint_eq(again.len, text.len);
    sp_revocations_state_done(&state);
    sp_revocations_free(other);
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(what_has_lived_its_time_out_is_left_out)
{
    struct sp_revocations *table = usual_table();
    struct sp_revocations_state state;
    ck_assert_int_eq(sp_revocations_save(table, &state), SP_OK);
    struct sp_revocations *other = new_table(99);
    ck_assert_int_eq(sp_revocations_restore(other, &state, NOW_S + LIFE_S), SP_OK);
    ck_assert_uint_eq(sp_revocations_count(other), 0);
    sp_revocations_state_done(&state);
    sp_revocations_free(other);
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(a_change_is_counted)
{
    struct sp_revocations *table = new_table(3);
    uint64_t before = sp_revocations_changes(table);
    struct sp_session session = session_of(1, "ada", "");
    end_as(table, SP_REVOCATION_USER, &session, NOW_S + LIFE_S);
    ck_assert_uint_ne(sp_revocations_changes(table), before);
    before = sp_revocations_changes(table);
    (void)sp_revocations_raise(table, NOW_S);
    ck_assert_uint_ne(sp_revocations_changes(table), before);
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(a_part_of_a_file_is_refused_at_every_length)
{
    struct sp_revocations *table = usual_table();
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_REVOCATIONS_TEXT_MAX);
    save(table, &text);
    struct sp_revocations_state state;
    for (size_t len = 0; len < text.len; len++) {
        ck_assert_int_eq(parse((struct sp_str){text.ptr, len}, &state), SP_ERR_FORMAT);
    }
    sp_buf_append_c(&text, "x");
    ck_assert_int_eq(parse(sp_buf_str(&text), &state), SP_ERR_FORMAT);
    sp_revocations_free(table);
}
SP_TEST_END

/* Every change of one bit, including those that turn one number into another. */
SP_TEST(a_file_with_an_altered_bit_is_refused)
{
    struct sp_revocations *table = usual_table();
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_REVOCATIONS_TEXT_MAX);
    save(table, &text);
    struct sp_revocations_state state;
    for (size_t bit = 0; bit < 8 * text.len; bit++) {
        text.ptr[bit / 8] ^= (char)(1u << bit % 8);
        ck_assert_int_eq(parse(sp_buf_str(&text), &state), SP_ERR_FORMAT);
        text.ptr[bit / 8] ^= (char)(1u << bit % 8);
    }
    ck_assert_int_eq(parse(sp_buf_str(&text), &state), SP_OK);
    sp_revocations_state_done(&state);
    sp_revocations_free(table);
}
SP_TEST_END

/* The text with the checksum of everything before its last line. */
static void append_with_sum(const char *text, struct sp_buf *out)
{
    uint8_t sum[16];
    char sum_text[2 * sizeof sum];
    size_t before_n = strlen(text) - 1;
    while (before_n > 0 && text[before_n - 1] != '\n') {
        before_n--;
    }
    crypto_generichash(sum, sizeof sum, (const uint8_t *)text, before_n, NULL, 0);
    sp_hex_encode(sum, sizeof sum, sum_text);
    sp_buf_append(out, (struct sp_str){text, strlen(text) - 1});
    sp_buf_append_char(out, ' ');
    sp_buf_append(out, (struct sp_str){sum_text, sizeof sum_text});
    sp_buf_append_char(out, '\n');
}

SP_TEST(what_is_no_such_file_is_refused_by_its_line)
{
#define SECRET                                                                                               \
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000"                       \
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
#define HEAD "sallyport-revocations 1 " SECRET "\nnot-before 7\n"
#define KEY  "0123456789abcdef"
    const struct {
        const char *text;
        uint32_t line; /* 0: it is valid */
    } texts[] = {
        {HEAD "end 0\n", 0},
        {HEAD "user " KEY " 1 2 " KEY "\nend 1\n", 0},
        {HEAD "user " KEY " 1 2 " KEY "\nend 2\n", 4},
        {HEAD "usr " KEY " 1 2 " KEY "\nend 1\n", 3},
        {HEAD "user " KEY " -1 2 " KEY "\nend 1\n", 3},
        {HEAD "user 0000000000000001 1 2 " KEY "\nend 1\n", 3},
        {HEAD "user " KEY " 1 2 " KEY " \nend 1\n", 3},
        {HEAD "end 0\nend 0\n", 3},
        {"sallyport-revocations 2 " SECRET "\nnot-before 7\nend 0\n", 2},
        {"sallyport-revocations 1 00\nnot-before 7\nend 0\n", 2},
        {"sallyport-revocations 1 " SECRET "\nnot-before x\nend 0\n", 2},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sp_revocations_state state = {0};
        struct sp_diag diag = {0};
        SP_BUF_ON_STACK(text, 1024);
        append_with_sum(texts[i].text, &text);
        enum sp_error error = sp_revocations_text_parse(sp_buf_str(&text), &state, &diag);
        ck_assert_int_eq(error, texts[i].line == 0 ? SP_OK : SP_ERR_FORMAT);
        ck_assert_uint_eq(diag.line, texts[i].line);
        sp_revocations_state_done(&state);
    }
}
SP_TEST_END

SP_TEST(a_full_table_fits_the_text_and_one_entry_more_does_not)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_REVOCATIONS_TEXT_MAX + 1024);
    struct sp_revocations_state state = {.entries =
                                             calloc(SP_REVOCATIONS_MAX_N + 1, sizeof state.entries[0])};
    ck_assert_ptr_nonnull(state.entries);
    for (size_t i = 0; i <= SP_REVOCATIONS_MAX_N; i++) {
        state.entries[i] = (struct sp_revocations_entry){SP_REVOCATION_USER_SID, i + 2, UINT64_MAX,
                                                         SP_TIME_MAX_S, SP_TIME_MAX_S};
    }
    struct sp_revocations_state read;
    state.entries_n = SP_REVOCATIONS_MAX_N;
    sp_revocations_text_append(&state, &text);
    ck_assert_uint_le(text.len, SP_REVOCATIONS_TEXT_MAX);
    ck_assert_int_eq(parse(sp_buf_str(&text), &read), SP_OK);
    ck_assert_uint_eq(read.entries_n, SP_REVOCATIONS_MAX_N);
    sp_revocations_state_done(&read);
    state.entries_n++;
    sp_buf_clear(&text);
    sp_revocations_text_append(&state, &text);
    ck_assert_int_eq(parse(sp_buf_str(&text), &read), SP_ERR_FORMAT);
    sp_revocations_state_done(&state);
}
SP_TEST_END

SP_SUITE("revocations_text", a_table_that_is_read_again_ends_what_it_ended,
         what_has_lived_its_time_out_is_left_out, a_change_is_counted,
         a_part_of_a_file_is_refused_at_every_length, a_file_with_an_altered_bit_is_refused,
         what_is_no_such_file_is_refused_by_its_line, a_full_table_fits_the_text_and_one_entry_more_does_not)
