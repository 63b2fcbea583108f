/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CREDENTIALS_H
#define SP_IO_CREDENTIALS_H

/*
 * What bindings (policy/bindings.h) go by at the moment: the token of each account, and the proxy keys. They
 * are read out of files, all into one immutable object, which is swapped whole like a snapshot. The tokens
 * that the API server is asked for are put into a copy of it (io/account_tokens.h).
 *
 * The main thread looks at the files (io/watched_files.h). What is another file is read anew; what cannot be
 * used leaves what there was: an old token serves until it ends, and an old key goes on to be good.
 */

#include "config/reports.h"
#include "io/watched_files.h"
#include "policy/bindings.h"

#include <stdatomic.h>

#define SP_CREDENTIAL_TOKEN_MAX 16384 /* bytes of a file with a token */

_Static_assert(2 * SP_BINDINGS_MAX <= SP_WATCHED_FILES_MAX, "all files are looked at");

/* Of one binding. */
struct sp_credential {
    struct sp_buf authorization; /* value of the header; empty: none was read */
    int64_t expires_s;           /* as the token says, which nobody has verified; 0: it does not say */
    bool is_asked_for;           /* of the API server, and taken away at its end: no clock is compared */
    struct sp_proxy_keys keys;
};

/* Of all, in the order of the bindings. */
struct sp_credentials {
    atomic_uint refs;
    size_t items_n;
    struct sp_credential *items;
};

/* From any thread. */
struct sp_credentials *sp_credentials_ref(struct sp_credentials *credentials);

/* From any thread. Accepts NULL. The last one wipes. */
void sp_credentials_unref(struct sp_credentials *credentials);

/* A new object that says the same. NULL without memory. */
struct sp_credentials *sp_credentials_copy(const struct sp_credentials *credentials)
    __attribute__((warn_unused_result));

/* Replaces the token of an object that no other thread has; empty: there is none. SP_ERR_LIMIT */
enum sp_error sp_credential_set_token(struct sp_credential *credential, struct sp_str token,
                                      int64_t expires_s) __attribute__((warn_unused_result));

/*
 * Reads all files of the bindings. What is wrong is reported; of what cannot be used, `out` has what `before`
 * has.
 *
 *   before  NULL: this is the start, and what cannot be used is an error
 *   files   begins to look at each of them; NULL: nobody will
 *
 *   SP_ERR_CONFIG, SP_ERR_MEMORY
 */
enum sp_error sp_credentials_read(const struct sp_binding *bindings, size_t bindings_n,
                                  const struct sp_credentials *before, struct sp_watched_files *files,
                                  int64_t now_s, struct sp_reports *reports, struct sp_credentials **out)
    __attribute__((warn_unused_result));

/* The files while the program runs, for one thread. */
struct sp_credential_files;

/* Borrows the bindings, and takes a reference to what was read at the start. NULL without memory. */
struct sp_credential_files *sp_credential_files_new(const struct sp_binding *bindings, size_t bindings_n,
                                                    struct sp_credentials *current)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_credential_files_free(struct sp_credential_files *files);

/*
 * Looks at the files. A new reference to what is in them, or NULL when that is nothing new. What is wrong
 * with one is in `reports`, once.
 */
struct sp_credentials *sp_credential_files_look(struct sp_credential_files *files, int64_t now_s,
                                                struct sp_reports *reports)
    __attribute__((warn_unused_result));

#endif
