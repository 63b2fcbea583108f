/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_ERROR_H
#define SP_BASE_ERROR_H

/*
 * What can go wrong anywhere in the program: one enum and one table of names. "No" is not an error: a refused
 * request gets a verdict with a reason (base/reason.h). Errors from other code (errno, CURLcode, OpenSSL's
 * queue) are turned into one of these in the file that made the call.
 *
 * Details for people go into a diagnostic that the caller owns. It never contains a secret.
 */

#include <stdint.h>

/* code, stable name, text for the operator */
#define SP_ERROR_TABLE(X)                                                                                    \
    X(SP_OK, "ok", "no error")                                                                               \
    X(SP_ERR_FORMAT, "format", "not in the expected format")                                                 \
    X(SP_ERR_LIMIT, "limit", "larger than the limit")                                                        \
    X(SP_ERR_TOO_MANY, "too_many", "too many items")                                                         \
    X(SP_ERR_MEMORY, "memory", "out of memory")                                                              \
    X(SP_ERR_MISSING, "missing", "a required part is missing")                                               \
    X(SP_ERR_DUPLICATE, "duplicate", "a part that must be unique appears twice")                             \
    X(SP_ERR_MISMATCH, "mismatch", "a value differs from the expected one")                                  \
    X(SP_ERR_SIGNATURE, "signature", "not authentic")                                                        \
    X(SP_ERR_EXPIRED, "expired", "authentic, but expired or not yet valid")                                  \
    X(SP_ERR_ALGORITHM, "algorithm", "the algorithm is not accepted")                                        \
    X(SP_ERR_KEY, "key", "no suitable key")                                                                  \
    X(SP_ERR_UNSUPPORTED, "unsupported", "the feature is not supported")                                     \
    X(SP_ERR_IO, "io", "input or output failed")                                                             \
    X(SP_ERR_TIMEOUT, "timeout", "no response in time")                                                      \
    X(SP_ERR_STATUS, "status", "the server responded with an error status")                                  \
    X(SP_ERR_CONFIG, "config", "the configuration is invalid")

enum sp_error {
#define X(code, name, text) code,
    SP_ERROR_TABLE(X)
#undef X
};

/* The stable name, for logs and metrics. */
const char *sp_error_name(enum sp_error error);

/* A short English text for the operator. */
const char *sp_error_text(enum sp_error error);

#define SP_DIAG_TEXT_MAX 512 /* bytes with the NUL */

struct sp_diag {
    char text[SP_DIAG_TEXT_MAX];
    uint32_t line;   /* counted from 1; 0 if no line is at fault */
    uint32_t column; /* counted from 1 */
};

/* Writes the text, truncated to fit; a null `diag` is ignored. Returns `error`, for use in a return
 * statement. */
enum sp_error sp_diag_set(struct sp_diag *diag, enum sp_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
