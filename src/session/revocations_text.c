/* SPDX-License-Identifier: Apache-2.0 */
#include "session/revocations_text.h"

#include "base/hex.h"
#include "base/number.h"
#include "base/time.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#define TITLE "sallyport-revocations 1 "
#define ADVICE                                                                                               \
    "its contents are lost: remove the file, start, and end all sessions with `sallyport revoke "            \
    "--all-before` "                                                                                         \
    "and the present time"

static const char *const kinds[SP_REVOCATION_KIND_COUNT] = {[SP_REVOCATION_SESSION] = "session",
                                                            [SP_REVOCATION_LABEL] = "label",
                                                            [SP_REVOCATION_USER] = "user",
                                                            [SP_REVOCATION_SID] = "sid",
                                                            [SP_REVOCATION_USER_SID] = "user-sid"};

/* The checksum of everything before the last line, in hexadecimal. */
#define SUM_LEN 32

static void sum_up(struct sp_str text, char out[SUM_LEN])
{
    uint8_t sum[SUM_LEN / 2];
    crypto_generichash(sum, sizeof sum, (const uint8_t *)text.ptr, text.len, NULL, 0);
    sp_hex_encode(sum, sizeof sum, out);
}

void sp_revocations_text_append(const struct sp_revocations_state *state, struct sp_buf *out)
{
    char secret[2 * SP_REVOCATIONS_SECRET_LEN];
    char sum[SUM_LEN];
    size_t begin = out->len;
    sp_hex_encode(state->secret, sizeof state->secret, secret);
    sp_buf_append_c(out, TITLE);
    sp_buf_append(out, (struct sp_str){secret, sizeof secret});
    sp_buf_printf(out, "\nnot-before %" PRId64 "\n", state->not_before_s);
    for (size_t i = 0; i < state->entries_n; i++) {
        const struct sp_revocations_entry *entry = &state->entries[i];
        sp_buf_printf(out, "%s %016" PRIx64 " %" PRId64 " %" PRId64 " %016" PRIx64 "\n", kinds[entry->kind],
                      entry->key, entry->began_by_s, entry->until_s, entry->user);
    }
    sum_up(sp_str_skip(sp_buf_str(out), begin), sum);
    sp_buf_printf(out, "end %zu %.*s\n", state->entries_n, SUM_LEN, sum);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

static bool read_time(struct sp_str text, int64_t *out_s)
{
    uint64_t number;
    bool is_time = sp_number_parse_u64(text, SP_TIME_MAX_S, &number);
    *out_s = is_time ? (int64_t)number : 0;
    return is_time;
}

static bool read_key(struct sp_str text, uint64_t *out)
{
    uint8_t bytes[sizeof *out];
    bool is_key = sp_hex_decode(text, bytes, sizeof bytes) == SP_OK;
    *out = 0;
    for (size_t i = 0; i < sizeof bytes && is_key; i++) {
        *out = *out << 8 | bytes[i];
    }
    return is_key;
}

static bool read_entry(struct sp_str line, struct sp_revocations_entry *out)
{
    struct sp_str kind = sp_str_cut(&line, ' ');
    struct sp_str key = sp_str_cut(&line, ' ');
    struct sp_str began_by = sp_str_cut(&line, ' ');
    struct sp_str until = sp_str_cut(&line, ' ');
    out->kind = 0;
    while (out->kind < SP_REVOCATION_KIND_COUNT && !sp_str_equal(kind, sp_str_from_c(kinds[out->kind]))) {
        out->kind++;
    }
    return out->kind < SP_REVOCATION_KIND_COUNT && read_key(key, &out->key) && out->key > 1 &&
           read_time(began_by, &out->began_by_s) && read_time(until, &out->until_s) &&
           read_key(line, &out->user);
}

/* Reads the two lines before the entries. */
static bool read_head(struct sp_str *rest, struct sp_revocations_state *state)
{
    struct sp_str title = sp_str_cut(rest, '\n');
    struct sp_str bound = sp_str_cut(rest, '\n');
    struct sp_str words = SP_STR("not-before ");
    return sp_str_starts_with(title, SP_STR(TITLE)) &&
           sp_hex_decode(sp_str_skip(title, strlen(TITLE)), state->secret, sizeof state->secret) == SP_OK &&
           sp_str_starts_with(bound, words) && read_time(sp_str_skip(bound, words.len), &state->not_before_s);
}

static bool is_end(struct sp_str line, size_t entries_n, struct sp_str before)
{
    uint64_t n;
    char sum[SUM_LEN];
    if (!sp_str_starts_with(line, SP_STR("end "))) {
        return false;
    }
    struct sp_str said = sp_str_skip(line, 4);
    struct sp_str count = sp_str_cut(&said, ' ');
    sum_up(before, sum);
    return sp_number_parse_u64(count, SP_REVOCATIONS_MAX_N, &n) && n == entries_n &&
           sp_str_equal(said, (struct sp_str){sum, sizeof sum});
}

enum sp_error sp_revocations_text_parse(struct sp_str text, struct sp_revocations_state *out,
                                        struct sp_diag *diag)
{
    struct sp_revocations_state state = {.entries = calloc(SP_REVOCATIONS_MAX_N, sizeof state.entries[0])};
    if (state.entries == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    uint32_t line_n = 2;
    struct sp_str rest = text;
    bool is_sound = read_head(&rest, &state);
    bool ended = false;
    while (is_sound && !ended && rest.len > 0) {
        struct sp_str line = sp_str_cut(&rest, '\n');
        line_n++;
        ended = rest.ptr != NULL &&
                is_end(line, state.entries_n, (struct sp_str){text.ptr, (size_t)(line.ptr - text.ptr)});
        is_sound = ended || (rest.ptr != NULL && state.entries_n < SP_REVOCATIONS_MAX_N &&
                             read_entry(line, &state.entries[state.entries_n]));
        state.entries_n += is_sound && !ended;
    }
    if (!is_sound || !ended || rest.len > 0) {
        sp_revocations_state_done(&state);
        enum sp_error error = sp_diag_set(
            diag, SP_ERR_FORMAT, "this is not a file of revocations, or it was cut or altered; " ADVICE);
        diag->line = line_n;
        return error;
    }
    *out = state;
    return SP_OK;
}
