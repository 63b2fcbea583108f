/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CREDENTIALS_H
#define SP_IO_CREDENTIALS_H

/*
 * The current data of the bindings (policy/bindings.h): the token of each account, and the proxy keys. They
 * are read from files into one immutable object, which is replaced as a whole, like a snapshot. Tokens that
 * come from the API server are added to a copy of it (io/account_tokens.h).
 *
 * The main thread watches the files (io/watched_files.h). A changed file is read again. If it cannot be used,
 * its old content remains: an old token is used until it expires, and an old key stays valid.
 */

#include "config/reports.h"
#include "io/watched_files.h"
#include "policy/bindings.h"

#include <stdatomic.h>

#define SP_CREDENTIAL_TOKEN_MAX 16384 /* bytes of a token file */

_Static_assert(2 * SP_BINDINGS_MAX <= SP_WATCHED_FILES_MAX, "all files are watched");

/* The credential of one binding. */
struct sp_credential {
    struct sp_buf authorization; /* value of the header field; empty: there is no token */
    int64_t expires_s;           /* according to the token, which is not verified; 0: unknown */
    bool is_asked_for;           /* the token is from the API server; the worker removes it when it expires */
    struct sp_proxy_keys keys;
};

/* The credentials of all bindings, in the order of the bindings. */
struct sp_credentials {
    atomic_uint refs;
    size_t items_n;
    struct sp_credential *items;
};

/* From any thread. */
struct sp_credentials *sp_credentials_ref(struct sp_credentials *credentials);

/* From any thread. Accepts NULL. Releasing the last reference wipes it. */
void sp_credentials_unref(struct sp_credentials *credentials);

/* A new object with the same content. NULL if out of memory. */
struct sp_credentials *sp_credentials_copy(const struct sp_credentials *credentials)
    __attribute__((warn_unused_result));

/* Replaces the token in an object that no other thread has. An empty token only removes the old one.
 * SP_ERR_LIMIT: it is too long. */
enum sp_error sp_credential_set_token(struct sp_credential *credential, struct sp_str token,
                                      int64_t expires_s) __attribute__((warn_unused_result));

/*
 * Reads all files of the bindings, and reports errors. For a file that cannot be used, `out` gets the content
 * from `before`.
 *
 *   before  NULL: at startup, when a file that cannot be used is an error
 *   files   gets each of them, to watch it; NULL: they are not watched
 *
 *   SP_ERR_CONFIG, SP_ERR_MEMORY
 */
enum sp_error sp_credentials_read(const struct sp_binding *bindings, size_t bindings_n,
                                  const struct sp_credentials *before, struct sp_watched_files *files,
                                  int64_t now_s, struct sp_reports *reports, struct sp_credentials **out)
    __attribute__((warn_unused_result));

/* The files while the program runs, for one thread. */
struct sp_credential_files;

/* Borrows the bindings, and takes a reference to the content read at startup. NULL if out of memory. */
struct sp_credential_files *sp_credential_files_new(const struct sp_binding *bindings, size_t bindings_n,
                                                    struct sp_credentials *current)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_credential_files_free(struct sp_credential_files *files);

/*
 * Checks the files. Returns a new reference to their content, or NULL if it has not changed. `reports` gets
 * each error once.
 */
struct sp_credentials *sp_credential_files_look(struct sp_credential_files *files, int64_t now_s,
                                                struct sp_reports *reports)
    __attribute__((warn_unused_result));

#endif
