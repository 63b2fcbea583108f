/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include "base/hex.h"
#include "session/group_list.h"
#include "session/packed_token.h"
#include "session/wire.h"

#define TIMES_N         6
#define FIXED_LEN       (1 + SP_SESSION_ID_LEN + TIMES_N * SP_WIRE_TIME_LEN + 1)
#define GRANT_FIXED_LEN (SP_NONCE_HASH_LEN + SP_WIRE_TIME_LEN)

/* The form byte of version 3. Its lowest bits are the form of the token. */
enum {
    FORM_TOKEN = 0x03,
    FORM_MARK = 0x04,
    FORM_AUTH_TIME = 0x08,
    FORM_SID = 0x10,
    FORM_GROUPS = 0x20, /* groups are stored as differences */
    FORM_ALL = 0x3f,
};

/* ---- invariants, checked on writing and reading ------------------------------------------------------ */

static enum sp_error check(const struct sp_session *session)
{
    if (session->profile.issuer.len == 0 || session->profile.sub.len == 0) {
        return SP_ERR_MISSING;
    }

    /* Checks that the times are in range and in order. */
    const int64_t times[TIMES_N] = {session->login_at_s,    session->auth_time_s, session->issued_s,
                                    session->renew_after_s, session->renew_by_s,  session->expires_s};
    for (size_t i = 0; i < TIMES_N; i++) {
        if (times[i] < 0 || times[i] > SP_TIME_MAX_S) {
            return SP_ERR_FORMAT;
        }
    }
    bool is_renewal_sound = session->renew_after_s == 0 ? session->renew_by_s == 0
                                                        : session->renew_by_s >= session->renew_after_s;
    if (!is_renewal_sound || session->issued_s > session->expires_s ||
        session->login_at_s > session->expires_s) {
        return SP_ERR_FORMAT;
    }

    if ((unsigned)session->profile.email_verified > SP_EMAIL_VERIFIED_YES ||
        session->profile.groups_mark >> (8 * SP_PROFILE_GROUPS_MARK_LEN) != 0 ||
        session->profile.facts_mark >> (8 * SP_PROFILE_FACTS_MARK_LEN) != 0) {
        return SP_ERR_FORMAT;
    }
    const struct sp_refresh_grant *grant = &session->grant;
    if (grant->issued_s < 0 || grant->issued_s > SP_TIME_MAX_S || grant->auth_time_s < 0 ||
        grant->auth_time_s > SP_TIME_MAX_S ||
        (grant->issued_s != 0 && (grant->token.len == 0 || session->renew_after_s == 0))) {
        return SP_ERR_FORMAT;
    }
    bool has_id_token = session->id_token_packed.len > 0;
    return has_id_token && !sp_packed_token_valid(session->id_token_packed) ? SP_ERR_FORMAT : SP_OK;
}

/* ---- encoding -------------------------------------------------------------------------------------- */

static uint8_t version_of(const struct sp_session *session)
{
    if (session->grant.issued_s != 0) {
        return SP_SESSION_VERSION_RENEWED;
    }
    return session->profile.groups_mark != 0 ? SP_SESSION_VERSION_MARKED : SP_SESSION_VERSION;
}

static size_t measure_str(struct sp_str s)
{
    return sp_wire_length_len(s.len) + s.len;
}

/* Size of the facts with their mark; 0 if there are none. */
static size_t measure_facts(const struct sp_profile *profile)
{
    size_t len = profile->facts_mark != 0 ? sizeof profile->facts : 0;
    while (len > 0 && profile->facts[len - 1] == 0) {
        len--;
    }
    return profile->facts_mark != 0 ? SP_PROFILE_FACTS_MARK_LEN + len : 0;
}

static size_t measure_whole_groups(const struct sp_profile *profile)
{
    size_t len = sp_wire_length_len(profile->groups_n);
    for (size_t i = 0; i < profile->groups_n; i++) {
        len += measure_str(profile->groups[i]);
    }
    return len;
}

/* Differences are not shorter for groups that have nothing in common. */
static bool are_differences_shorter(const struct sp_profile *profile)
{
    return sp_group_list_measure(profile->groups, profile->groups_n) < measure_whole_groups(profile);
}

/* Makes the form byte, which is zero except in version 3. Also appends the refresh token as it will be
 * written. */
static uint8_t make_form(const struct sp_session *session, struct sp_buf *token)
{
    const struct sp_refresh_grant *grant = &session->grant;
    if (version_of(session) != SP_SESSION_VERSION_RENEWED) {
        sp_buf_append(token, grant->token);
        return 0;
    }
    unsigned form = sp_packed_token_shorten(grant->token, token);
    form |= session->profile.groups_mark != 0 ? FORM_MARK : 0;
    form |= grant->auth_time_s != session->auth_time_s ? FORM_AUTH_TIME : 0;
    form |= sp_str_equal(grant->sid, session->profile.sid) ? 0 : FORM_SID;
    form |= are_differences_shorter(&session->profile) ? FORM_GROUPS : 0;
    return (uint8_t)form;
}

struct sp_session_size sp_session_measure(const struct sp_session *session)
{
    size_t facts_len = measure_facts(&session->profile);
    size_t claims_len = sp_wire_length_len(session->profile.claims_n + (facts_len > 0));
    claims_len += facts_len > 0 ? measure_str(SP_STR_NONE) + sp_wire_length_len(facts_len) + facts_len : 0;
    for (size_t i = 0; i < session->profile.claims_n; i++) {
        claims_len +=
            measure_str(session->profile.claims[i].name) + measure_str(session->profile.claims[i].value);
    }

    char storage[SP_SESSION_PAYLOAD_MAX * 2];
    SP_BUF_SCOPED struct sp_buf token = SP_BUF_ON(storage);
    uint8_t form = make_form(session, &token);
    const struct sp_profile *profile = &session->profile;
    size_t groups_len = (form & FORM_GROUPS) != 0 ? sp_group_list_measure(profile->groups, profile->groups_n)
                                                  : measure_whole_groups(profile);
    bool is_whole = sp_buf_error(&token) == SP_OK; /* if not, the session is too large in any case */
    size_t refresh_token_len = measure_str(is_whole ? sp_buf_str(&token) : session->grant.token);
    size_t id_token_len = measure_str(session->id_token_packed);
    size_t texts_len = refresh_token_len + id_token_len;
    if (version_of(session) == SP_SESSION_VERSION_RENEWED) {
        texts_len += 1 + GRANT_FIXED_LEN + ((form & FORM_AUTH_TIME) != 0 ? (size_t)SP_WIRE_TIME_LEN : 0) +
                     ((form & FORM_SID) != 0 ? measure_str(session->grant.sid) : 0);
    }
#define MEASURE(claim, member) texts_len += measure_str(session->profile.member);
    SP_PROFILE_TEXTS(MEASURE)
#undef MEASURE
    size_t mark_len = session->profile.groups_mark != 0 ? SP_PROFILE_GROUPS_MARK_LEN : 0;
    return (struct sp_session_size){
        .payload_len = FIXED_LEN + mark_len + texts_len + groups_len + claims_len,
        .groups_len = groups_len,
        .claims_len = claims_len,
        .refresh_token_len = refresh_token_len,
        .id_token_len = id_token_len,
    };
}

static void write_claims(const struct sp_profile *profile, struct sp_buf *out)
{
    size_t facts_len = measure_facts(profile);
    sp_wire_write_length(out, profile->claims_n + (facts_len > 0));
    for (size_t i = 0; i < profile->claims_n; i++) {
        sp_wire_write_str(out, profile->claims[i].name);
        sp_wire_write_str(out, profile->claims[i].value);
    }
    if (facts_len > 0) {
        sp_wire_write_str(out, SP_STR_NONE);
        sp_wire_write_length(out, facts_len);
        sp_wire_write_number(out, profile->facts_mark, SP_PROFILE_FACTS_MARK_LEN);
        sp_wire_write_bytes(out, profile->facts, facts_len - SP_PROFILE_FACTS_MARK_LEN);
    }
}

static void write_groups(const struct sp_profile *profile, uint8_t form, struct sp_buf *out)
{
    if ((form & FORM_GROUPS) != 0) {
        sp_group_list_write(profile->groups, profile->groups_n, out);
        return;
    }
    sp_wire_write_length(out, profile->groups_n);
    for (size_t i = 0; i < profile->groups_n; i++) {
        sp_wire_write_str(out, profile->groups[i]);
    }
}

/* Writes what accompanies the refresh token. */
static void write_grant(const struct sp_refresh_grant *grant, uint8_t form, struct sp_buf *out)
{
    sp_wire_write_bytes(out, grant->nonce_hash, sizeof grant->nonce_hash);
    sp_wire_write_time(out, grant->issued_s);
    if ((form & FORM_AUTH_TIME) != 0) {
        sp_wire_write_time(out, grant->auth_time_s);
    }
    if ((form & FORM_SID) != 0) {
        sp_wire_write_str(out, grant->sid);
    }
}

static bool is_too_large(const struct sp_session *session)
{
    const struct sp_profile *profile = &session->profile;
    size_t claims_n = profile->claims_n + (profile->facts_mark != 0);
    size_t groups_text_len = 0;
    for (size_t i = 0; i < profile->groups_n; i++) {
        groups_text_len += profile->groups[i].len;
    }
    return profile->groups_n > SP_SESSION_GROUPS_MAX_N || claims_n > SP_PROFILE_CLAIMS_MAX_N ||
           groups_text_len > SP_SESSION_GROUPS_TEXT_MAX ||
           sp_session_measure(session).payload_len > SP_SESSION_PAYLOAD_MAX;
}

enum sp_error sp_session_encode(const struct sp_session *session, struct sp_buf *out)
{
    enum sp_error error = check(session);
    if (error != SP_OK) {
        return error;
    }
    if (is_too_large(session)) {
        return SP_ERR_LIMIT;
    }

    char storage[SP_SESSION_PAYLOAD_MAX * 2];
    SP_BUF_SCOPED struct sp_buf token = SP_BUF_ON(storage);
    uint8_t version = version_of(session);
    uint8_t form = make_form(session, &token);
    sp_wire_write_u8(out, version);
    if (version == SP_SESSION_VERSION_RENEWED) {
        sp_wire_write_u8(out, form);
    }
    if (session->profile.groups_mark != 0) {
        sp_wire_write_number(out, session->profile.groups_mark, SP_PROFILE_GROUPS_MARK_LEN);
    }
    sp_wire_write_bytes(out, session->id, sizeof session->id);
    sp_wire_write_time(out, session->login_at_s);
    sp_wire_write_time(out, session->auth_time_s);
    sp_wire_write_time(out, session->issued_s);
    sp_wire_write_time(out, session->renew_after_s);
    sp_wire_write_time(out, session->renew_by_s);
    sp_wire_write_time(out, session->expires_s);

    const struct sp_profile *profile = &session->profile;
    sp_wire_write_u8(out, (uint8_t)profile->email_verified);
#define WRITE(claim, member) sp_wire_write_str(out, profile->member);
    SP_PROFILE_TEXTS(WRITE)
#undef WRITE
    write_groups(profile, form, out);
    write_claims(profile, out);
    sp_wire_write_str(out, sp_buf_str(&token));
    sp_wire_write_str(out, session->id_token_packed);
    if (version == SP_SESSION_VERSION_RENEWED) {
        write_grant(&session->grant, form, out);
    }
    return sp_buf_error(&token) == SP_OK ? sp_buf_error(out) : SP_ERR_LIMIT;
}

/* ---- decoding -------------------------------------------------------------------------------------- */

static void read_facts(struct sp_wire_reader *reader, struct sp_str value, struct sp_profile *profile)
{
    struct sp_wire_reader facts = sp_wire_reader_of(value);
    profile->facts_mark = sp_wire_read_number(&facts, SP_PROFILE_FACTS_MARK_LEN);
    size_t len = (size_t)(facts.end - facts.at);
    if (profile->facts_mark == 0 || len > sizeof profile->facts || (len > 0 && facts.end[-1] == '\0')) {
        sp_wire_fail(reader);
        return;
    }
    memcpy(profile->facts, facts.at, len);
    memset(profile->facts + len, 0, sizeof profile->facts - len);
}

static void read_claims(struct sp_wire_reader *reader, struct sp_profile *profile)
{
    size_t n = sp_wire_read_count(reader, SP_PROFILE_CLAIMS_MAX_N);
    profile->claims_n = n;
    profile->facts_mark = 0;
    for (size_t i = 0; i < n && !reader->failed; i++) {
        profile->claims[i].name = sp_wire_read_str(reader);
        profile->claims[i].value = sp_wire_read_str(reader);
        if (profile->claims[i].name.len > 0) {
            continue;
        }
        if (i + 1 < n) {
            sp_wire_fail(reader);
        } else if (!reader->failed) {
            profile->claims_n--;
            read_facts(reader, profile->claims[i].value, profile);
        }
    }
}

static void read_groups(struct sp_wire_reader *reader, uint8_t form, struct sp_session *session)
{
    struct sp_profile *profile = &session->profile;
    session->texts_len = 0;
    if ((form & FORM_GROUPS) != 0) {
        profile->groups_n =
            sp_group_list_read(reader, SP_SESSION_GROUPS_MAX_N, session->texts, SP_SESSION_GROUPS_TEXT_MAX,
                               profile->groups, &session->texts_len);
        return;
    }
    profile->groups_n = sp_wire_read_count(reader, SP_SESSION_GROUPS_MAX_N);
    for (size_t i = 0; i < profile->groups_n; i++) {
        profile->groups[i] = sp_wire_read_str(reader);
    }
}

/* A token that is not stored as text is restored after the strings of the groups. */
static void read_token(struct sp_wire_reader *reader, uint8_t form, struct sp_session *session)
{
    struct sp_str packed = sp_wire_read_str(reader);
    session->grant = (struct sp_refresh_grant){.token = packed};
    if (session->texts_len + SP_PACKED_TOKEN_TEXT_MAX > sizeof session->texts || reader->failed) {
        sp_wire_fail(reader);
        return;
    }
    struct sp_buf text;
    sp_buf_init_fixed(&text, session->texts + session->texts_len, SP_PACKED_TOKEN_TEXT_MAX);
    enum sp_packed_token_form token_form = (enum sp_packed_token_form)(form & FORM_TOKEN);
    if (sp_packed_token_restore(token_form, packed, &text) != SP_OK) {
        sp_wire_fail(reader);
        return;
    }
    session->grant.token = sp_buf_str(&text);
    session->texts_len += text.len;
}

/* Reads what accompanies the refresh token: only what differs from the session. At this point everything that
 * determines the form is known, so the form can be checked. */
static void read_grant(struct sp_wire_reader *reader, uint8_t form, struct sp_session *session)
{
    struct sp_refresh_grant *grant = &session->grant;
    struct sp_str hash = sp_wire_read_bytes(reader, SP_NONCE_HASH_LEN);
    if (hash.len == SP_NONCE_HASH_LEN) {
        memcpy(grant->nonce_hash, hash.ptr, SP_NONCE_HASH_LEN);
    }
    bool has_time = (form & FORM_AUTH_TIME) != 0;
    bool has_sid = (form & FORM_SID) != 0;
    grant->issued_s = sp_wire_read_time(reader);
    grant->auth_time_s = has_time ? sp_wire_read_time(reader) : session->auth_time_s;
    grant->sid = has_sid ? sp_wire_read_str(reader) : session->profile.sid;
    if (grant->issued_s == 0 || (has_time && grant->auth_time_s == session->auth_time_s) ||
        (has_sid && sp_str_equal(grant->sid, session->profile.sid)) ||
        are_differences_shorter(&session->profile) != ((form & FORM_GROUPS) != 0)) {
        sp_wire_fail(reader);
    }
}

enum sp_error sp_session_decode(struct sp_str payload, struct sp_session *out)
{
    if (payload.len > SP_SESSION_PAYLOAD_MAX) {
        return SP_ERR_FORMAT;
    }
    struct sp_wire_reader reader = sp_wire_reader_of(payload);
    uint8_t version = sp_wire_read_u8(&reader);
    if (version < SP_SESSION_VERSION || version > SP_SESSION_VERSION_RENEWED) {
        return payload.len == 0 ? SP_ERR_FORMAT : SP_ERR_UNSUPPORTED;
    }
    bool is_renewed = version == SP_SESSION_VERSION_RENEWED;
    uint8_t form = is_renewed ? sp_wire_read_u8(&reader) : 0;
    bool has_mark = is_renewed ? (form & FORM_MARK) != 0 : version == SP_SESSION_VERSION_MARKED;
    out->profile.groups_mark = has_mark ? sp_wire_read_number(&reader, SP_PROFILE_GROUPS_MARK_LEN) : 0;
    if ((has_mark && out->profile.groups_mark == 0) || form > FORM_ALL ||
        (form & FORM_TOKEN) >= SP_PACKED_TOKEN_FORM_COUNT) {
        return SP_ERR_FORMAT;
    }
    struct sp_str id = sp_wire_read_bytes(&reader, SP_SESSION_ID_LEN);
    if (id.len == SP_SESSION_ID_LEN) {
        memcpy(out->id, id.ptr, SP_SESSION_ID_LEN);
    }
    out->login_at_s = sp_wire_read_time(&reader);
    out->auth_time_s = sp_wire_read_time(&reader);
    out->issued_s = sp_wire_read_time(&reader);
    out->renew_after_s = sp_wire_read_time(&reader);
    out->renew_by_s = sp_wire_read_time(&reader);
    out->expires_s = sp_wire_read_time(&reader);

    struct sp_profile *profile = &out->profile;
    profile->email_verified = (enum sp_email_verified)sp_wire_read_u8(&reader);
#define READ(claim, member) profile->member = sp_wire_read_str(&reader);
    SP_PROFILE_TEXTS(READ)
#undef READ
    read_groups(&reader, form, out);
    read_claims(&reader, profile);
    if (is_renewed) {
        read_token(&reader, form, out);
    } else {
        out->grant = (struct sp_refresh_grant){.token = sp_wire_read_str(&reader)};
    }
    out->id_token_packed = sp_wire_read_str(&reader);
    if (is_renewed) {
        read_grant(&reader, form, out);
    }
    return sp_wire_done(&reader) && check(out) == SP_OK ? SP_OK : SP_ERR_FORMAT;
}

/* ---- phases ----------------------------------------------------------------------------------------- */

enum sp_session_phase sp_session_phase(const struct sp_session *session, int64_t now_s)
{
    if (now_s >= session->expires_s) {
        return SP_SESSION_OVER;
    }
    if (session->renew_after_s == 0) {
        return SP_SESSION_CURRENT;
    }
    if (now_s >= session->renew_by_s) {
        return session->grant.issued_s != 0 ? SP_SESSION_OVERDUE : SP_SESSION_OVER;
    }
    return now_s >= session->renew_after_s ? SP_SESSION_DUE : SP_SESSION_CURRENT;
}

void sp_session_label(const uint8_t id[SP_SESSION_ID_LEN], char out[SP_SESSION_ID_LABEL_LEN])
{
    sp_hex_encode(id, SP_SESSION_ID_LABEL_LEN / 2, out);
}
