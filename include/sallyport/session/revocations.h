/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REVOCATIONS_H
#define SP_SESSION_REVOCATIONS_H

/*
 * The sessions that were ended before their time, by their user, by the issuer or by an operator. One table
 * for the process; every decision looks into it after the cookie was opened.
 *
 * An entry names what it ends, as a keyed hash of eight bytes, and a time: what began at or before it is
 * over. It is kept as long as that could live. There are five kinds:
 *
 *   SESSION  one session, by its id
 *   LABEL    the sessions whose ids begin with the eight characters that logs and `me` show
 *   USER     all sessions of a `sub`
 *   SID      the sessions of a `sid` of the issuer
 *   USER_SID the sessions of a `sid`, of one `sub`
 *
 * Nothing is forgotten. More than SP_REVOCATIONS_USER_MAX entries of one user become one USER entry with the
 * newest of their times. Where the table is full, those with the oldest times are dropped, and from then on
 * no session holds that began at or before the newest of these (`not_before`).
 *
 * Any number of threads look up without a lock while one writes; those who write take turns. A slot is
 * emptied and used again in place: who looks for an entry that is taken away at that moment finds it or not,
 * and where it was dropped, `not_before` had risen before. A table that grows is published as a whole, and
 * the smaller one stays to the end, since somebody may still look into it; all of those together take less
 * than the last.
 *
 * Two values have one hash by chance once in 2^64. The key is random, so nobody can look for such a pair.
 */

#include "base/random.h"
#include "session/session.h"

#define SP_REVOCATIONS_MAX_N    65536
#define SP_REVOCATIONS_USER_MAX 32 /* entries that end something of one user and are no USER entry */

enum sp_revocation_kind {
    SP_REVOCATION_SESSION,
    SP_REVOCATION_LABEL,
    SP_REVOCATION_USER,
    SP_REVOCATION_SID,
    SP_REVOCATION_USER_SID,
    SP_REVOCATION_KIND_COUNT,
};

/* What is to end. Texts are borrowed for the call; those that the kind does not name are not read, but for
 * the `sub` of a SESSION, by which the entries of one user are counted. A LABEL and a SID may be of several
 * users. */
struct sp_revocation {
    enum sp_revocation_kind kind;
    uint8_t id[SP_SESSION_ID_LEN];
    char label[SP_SESSION_ID_LABEL_LEN];
    struct sp_str sub; /* empty: not known */
    struct sp_str sid;
    int64_t began_by_s; /* sessions with a login at or before it */
    int64_t until_s;    /* none of these lives longer */
    int64_t lifetime_s; /* the longest that any session may live: for an entry that stands for several */
};

struct sp_revocations;

/* One without entries; at most `max_n` (SP_REVOCATIONS_MAX_N). NULL without memory. */
struct sp_revocations *sp_revocations_new(size_t max_n, const struct sp_random *random)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_revocations_free(struct sp_revocations *table);

/* What became of a revocation. In all cases, what it names is over. */
enum sp_revoked {
    SP_REVOKED_ADDED,
    SP_REVOKED_KNOWN,  /* an entry of the same has that time or a later one; it lives as long as both */
    SP_REVOKED_JOINED, /* the entries of its user became one that ends all their sessions up to the newest */
    SP_REVOKED_FULL,   /* added, and `not_before` rose */
};

const char *sp_revoked_name(enum sp_revoked revoked);

/* From any thread. */
enum sp_revoked sp_revocations_add(struct sp_revocations *table, const struct sp_revocation *revocation,
                                   int64_t now_s);

/* No session that began at or before `time_s` holds. Never goes back: SP_REVOKED_KNOWN. From any thread. */
enum sp_revoked sp_revocations_raise(struct sp_revocations *table, int64_t time_s);

/* Whether the session was ended. From any thread, at any time. */
bool sp_revocations_end(const struct sp_revocations *table, const struct sp_session *session);

/* The same of a login that began at `began_s` and is about to become this session: what ended sessions after
 * that ends it, too. */
bool sp_revocations_end_login(const struct sp_revocations *table, const struct sp_session *session,
                              int64_t began_s);

/*
 * The same of a bearer token (oidc/bearer_token.h) that was issued then: what ends the sessions of its user,
 * or those of its `sid`, ends it, too. A token that the issuer gives afterwards counts, as a login does.
 */
bool sp_revocations_end_token(const struct sp_revocations *table, const struct sp_profile *profile,
                              int64_t issued_s);

/* Entries; for the metric. */
size_t sp_revocations_count(const struct sp_revocations *table);

/* See sp_revocations_raise; 0: never. */
int64_t sp_revocations_not_before_s(const struct sp_revocations *table);

/* ---- keeping it across a restart (session/revocations_text.h) ------------------------------------------ */

#define SP_REVOCATIONS_SECRET_LEN 80

/* An entry as it is kept, without what it was made of. */
struct sp_revocations_entry {
    enum sp_revocation_kind kind;
    uint64_t key;
    uint64_t user; /* 0: not known */
    int64_t began_by_s;
    int64_t until_s;
};

/* All that a table is. */
struct sp_revocations_state {
    uint8_t secret[SP_REVOCATIONS_SECRET_LEN]; /* what the entries are hashed with */
    int64_t not_before_s;
    size_t entries_n;
    struct sp_revocations_entry *entries; /* owned */
};

/* How often it was changed: another number than before is a reason to keep it again. */
uint64_t sp_revocations_changes(const struct sp_revocations *table);

/* Copies everything, for sp_revocations_state_done. SP_ERR_MEMORY. From any thread. */
enum sp_error sp_revocations_save(struct sp_revocations *table, struct sp_revocations_state *out)
    __attribute__((warn_unused_result));

/*
 * Makes a table without entries that one. Before anybody else has it. What has lived its time out is left
 * out.
 *
 *   SP_ERR_LIMIT  more entries than the table holds
 */
enum sp_error sp_revocations_restore(struct sp_revocations *table, const struct sp_revocations_state *state,
                                     int64_t now_s) __attribute__((warn_unused_result));

/* Wipes the secret; the entries say nothing without it. */
void sp_revocations_state_done(struct sp_revocations_state *state);

#endif
