/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_BEARERS_H
#define SP_SESSION_BEARERS_H

/*
 * The bearer tokens that one thread verified lately (oidc/bearer_token.h): programs send the same one with
 * every request, and to verify a signature is most of what an allowed one costs.
 *
 * A token is found only by the whole of it, header and signature included, byte for byte: one that differs in
 * a bit is another token. Its end, which is the signature's, says which could be meant. It is found until it
 * expires, by the clock alone, whatever skew is allowed for. With it stay what it says of the person, and a
 * note of what an upper layer derived from that. Only what was verified is remembered. Whether it was revoked
 * is asked anew of every request, by whoever finds it; when keys or configuration are others, whoever knows
 * of that clears all. Tokens are wiped when they are forgotten.
 *
 * Bounded: SP_BEARERS_MAX_N tokens, which take SP_BEARERS_TEXTS_MAX bytes together with their texts. A
 * further one replaces those that were not asked for lately. No clock. One thread has one; nothing is shared.
 */

#include "session/cache.h"

#define SP_BEARERS_MAX_N     128
#define SP_BEARERS_TEXTS_MAX (1024 * 1024)
#define SP_BEARER_LABEL_LEN  8 /* characters of a hash that are shown: found in a log, not used */

/* The beginning of a hash of the token, without NUL. */
void sp_bearer_label(struct sp_str token, char out[SP_BEARER_LABEL_LEN]);

/* A token that was verified. Views of the profile are borrowed; of one that is remembered, from what holds
 * it. */
struct sp_bearer {
    char label[SP_BEARER_LABEL_LEN];
    int64_t issued_s;
    int64_t expires_s;
    struct sp_cache_note note;
    struct sp_profile profile;
};

struct sp_bearers;

/* One that holds nothing (sp_bearers_free); NULL without memory. */
struct sp_bearers *sp_bearers_new(void) __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_bearers_free(struct sp_bearers *bearers);

/* What is remembered of the token, unless it is unknown or has expired: then NULL. It stays where it is until
 * the next call of any of these. */
struct sp_bearer *sp_bearers_find(struct sp_bearers *bearers, struct sp_str token, int64_t now_s)
    __attribute__((warn_unused_result));

/*
 * Remembers a token that sp_bearers_find does not know. Returns the copy, with its label and without a note,
 * which stays as above; NULL without memory. Texts are copied.
 *
 *   found_until_s  its end, or 0: it is never found
 */
struct sp_bearer *sp_bearers_keep(struct sp_bearers *bearers, struct sp_str token,
                                  const struct sp_profile *profile, int64_t issued_s, int64_t expires_s,
                                  int64_t found_until_s) __attribute__((warn_unused_result));

/* Forgets what was neither found nor kept since the last call; to be called now and then. */
void sp_bearers_age(struct sp_bearers *bearers);

/* Forgets everything. */
void sp_bearers_clear(struct sp_bearers *bearers);

size_t sp_bearers_count(const struct sp_bearers *bearers);

#endif
