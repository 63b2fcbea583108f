/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_BEARERS_H
#define SP_SESSION_BEARERS_H

/*
 * The bearer tokens that one thread verified recently (oidc/bearer_token.h). Programs send the same token
 * with every request, and verifying its signature is most of the cost of an allowed request.
 *
 * A token is found only if it matches completely, byte for byte, including header and signature. Its last
 * bytes, which belong to the signature, select the candidates. A token is found until it expires by the
 * clock, ignoring any allowed skew. Its claims about the user are stored with it, and so is a note of what an
 * upper layer derived from them. Only verified tokens are remembered. The caller checks for revocation on
 * every request, and clears the cache when keys or configuration change. Tokens are wiped when they are
 * forgotten.
 *
 * Bounded: SP_BEARERS_MAX_N tokens, which may take SP_BEARERS_TEXTS_MAX bytes including their strings. Beyond
 * that, tokens that were not used recently are evicted. No clock. Each thread has its own; nothing is shared.
 */

#include "session/cache.h"

#define SP_BEARERS_MAX_N     128
#define SP_BEARERS_TEXTS_MAX (1024 * 1024)
#define SP_BEARER_LABEL_LEN  8 /* characters of a hash, shown in logs */

/* Writes the first characters of a hash of the token, without a NUL. */
void sp_bearer_label(struct sp_str token, char out[SP_BEARER_LABEL_LEN]);

/* A verified token. The views of the profile are borrowed; those of a remembered token point into its
 * entry. */
struct sp_bearer {
    char label[SP_BEARER_LABEL_LEN];
    int64_t issued_s;
    int64_t expires_s;
    struct sp_cache_note note;
    struct sp_profile profile;
};

struct sp_bearers;

/* Returns a new, empty cache (sp_bearers_free); NULL if out of memory. */
struct sp_bearers *sp_bearers_new(void) __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_bearers_free(struct sp_bearers *bearers);

/* The remembered token, or NULL if it is unknown or has expired. It stays in place until the next call of any
 * of these functions. */
struct sp_bearer *sp_bearers_find(struct sp_bearers *bearers, struct sp_str token, int64_t now_s)
    __attribute__((warn_unused_result));

/*
 * Remembers a token that sp_bearers_find does not know. Returns the copy, with its label and without a note,
 * which stays in place as with sp_bearers_find; NULL if out of memory. Strings are copied.
 *
 *   found_until_s  when the token expires; 0: it is never found again
 */
struct sp_bearer *sp_bearers_keep(struct sp_bearers *bearers, struct sp_str token,
                                  const struct sp_profile *profile, int64_t issued_s, int64_t expires_s,
                                  int64_t found_until_s) __attribute__((warn_unused_result));

/* Forgets every token that was neither found nor added since the last call. Call it regularly. */
void sp_bearers_age(struct sp_bearers *bearers);

/* Forgets everything. */
void sp_bearers_clear(struct sp_bearers *bearers);

size_t sp_bearers_count(const struct sp_bearers *bearers);

#endif
