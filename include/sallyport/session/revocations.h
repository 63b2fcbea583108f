/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REVOCATIONS_H
#define SP_SESSION_REVOCATIONS_H

/*
 * The sessions that were ended early, by the user, the issuer or an operator. The process has one table, and
 * every decision checks it after the cookie has been opened.
 *
 * An entry names what it ends, as a keyed hash of eight bytes, and a time: everything that began at or before
 * that time is revoked. The entry is kept for as long as such a session could live. There are five kinds:
 *
 *   SESSION  one session, by its id
 *   LABEL    the sessions whose ids begin with the eight characters that logs and `me` show
 *   USER     all sessions of a `sub`
 *   SID      the sessions of a `sid` of the issuer
 *   USER_SID the sessions of a `sid` that belong to one `sub`
 *
 * No revocation is ever lost. More than SP_REVOCATIONS_USER_MAX entries of one user are merged into one USER
 * entry with the newest of their times. If the table is full, the entries with the oldest times are dropped,
 * and from then on every session that began at or before the newest of these times is invalid (`not_before`).
 *
 * Any number of threads look up entries without a lock while one writes; writers take turns. A slot is
 * emptied and reused in place. A lookup that races with the removal of its entry may find it or not; if the
 * entry was dropped, `not_before` was raised first. A table that grows is published as a whole. The smaller
 * one is kept to the end, because a reader may still use it; all smaller ones together take less memory than
 * the last.
 *
 * The chance that two values share a hash is 1 in 2^64. The key is random, so nobody can search for such a
 * pair.
 */

#include "base/random.h"
#include "session/session.h"

#define SP_REVOCATIONS_MAX_N    65536
#define SP_REVOCATIONS_USER_MAX 32 /* limit on one user's entries that are not USER entries */

enum sp_revocation_kind {
    SP_REVOCATION_SESSION,
    SP_REVOCATION_LABEL,
    SP_REVOCATION_USER,
    SP_REVOCATION_SID,
    SP_REVOCATION_USER_SID,
    SP_REVOCATION_KIND_COUNT,
};

/* What to revoke. Strings are borrowed for the call. Those that the kind does not use are not read, except
 * the `sub` of a SESSION, which is needed to count the entries of one user. A LABEL and a SID may cover
 * several users. */
struct sp_revocation {
    enum sp_revocation_kind kind;
    uint8_t id[SP_SESSION_ID_LEN];
    char label[SP_SESSION_ID_LABEL_LEN];
    struct sp_str sub; /* empty: unknown */
    struct sp_str sid;
    int64_t began_by_s; /* covers sessions whose login was at or before this time */
    int64_t until_s;    /* none of these sessions lives longer */
    int64_t lifetime_s; /* the longest lifetime of any session; used for an entry that replaces several */
};

struct sp_revocations;

/* Returns a new, empty table for at most `max_n` entries (SP_REVOCATIONS_MAX_N); NULL if out of memory. */
struct sp_revocations *sp_revocations_new(size_t max_n, const struct sp_random *random)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_revocations_free(struct sp_revocations *table);

/* The result of a revocation. In every case, the sessions that it names are revoked. */
enum sp_revoked {
    SP_REVOKED_ADDED,
    SP_REVOKED_KNOWN,  /* an equal entry with that time or a later one exists; it now lasts for the longer of
                          the two lifetimes */
    SP_REVOKED_JOINED, /* merged into one entry that ends all sessions of the user up to the newest time */
    SP_REVOKED_FULL,   /* added, after `not_before` was raised to make room */
};

const char *sp_revoked_name(enum sp_revoked revoked);

/* From any thread. */
enum sp_revoked sp_revocations_add(struct sp_revocations *table, const struct sp_revocation *revocation,
                                   int64_t now_s);

/* Revokes every session that began at or before `time_s`. If `not_before` is already that late, nothing
 * changes, and the result is SP_REVOKED_KNOWN. From any thread. */
enum sp_revoked sp_revocations_raise(struct sp_revocations *table, int64_t time_s);

/* True if the session was revoked. From any thread, at any time. */
bool sp_revocations_end(const struct sp_revocations *table, const struct sp_session *session);

/* Like sp_revocations_end, but for a login that began at `began_s` and is about to become this session.
 * Revocations with a later time cover it too. */
bool sp_revocations_end_login(const struct sp_revocations *table, const struct sp_session *session,
                              int64_t began_s);

/*
 * Like sp_revocations_end, but for a bearer token (oidc/bearer_token.h) with this issue time. Revoking the
 * sessions of its user, or those of its `sid`, revokes it too. A token that the user gets later is valid,
 * like a new login.
 */
bool sp_revocations_end_token(const struct sp_revocations *table, const struct sp_profile *profile,
                              int64_t issued_s);

/* Number of entries, for the metric. */
size_t sp_revocations_count(const struct sp_revocations *table);

/* Sessions that began at or before this time are revoked, by sp_revocations_raise or because the table was
 * full. 0 if there is no such time. */
int64_t sp_revocations_not_before_s(const struct sp_revocations *table);

/* ---- persistence (session/revocations_text.h) ------------------------------------------------------ */

#define SP_REVOCATIONS_SECRET_LEN 80

/* An entry as stored, without the values it was computed from. */
struct sp_revocations_entry {
    enum sp_revocation_kind kind;
    uint64_t key;
    uint64_t user; /* 0: unknown */
    int64_t began_by_s;
    int64_t until_s;
};

/* The complete state of a table. */
struct sp_revocations_state {
    uint8_t secret[SP_REVOCATIONS_SECRET_LEN]; /* the key of the entries' hashes */
    int64_t not_before_s;
    size_t entries_n;
    struct sp_revocations_entry *entries; /* owned */
};

/* Number of changes so far. If it differs from the number at the last save, the table must be saved again. */
uint64_t sp_revocations_changes(const struct sp_revocations *table);

/* Copies everything (sp_revocations_state_done). SP_ERR_MEMORY. From any thread. */
enum sp_error sp_revocations_save(struct sp_revocations *table, struct sp_revocations_state *out)
    __attribute__((warn_unused_result));

/*
 * Fills an empty table from `state`. Call it before any other thread uses the table. Expired entries are left
 * out.
 *
 *   SP_ERR_LIMIT  more entries than the table can hold
 */
enum sp_error sp_revocations_restore(struct sp_revocations *table, const struct sp_revocations_state *state,
                                     int64_t now_s) __attribute__((warn_unused_result));

/* Wipes the secret and frees the entries, which reveal nothing without it. */
void sp_revocations_state_done(struct sp_revocations_state *state);

#endif
