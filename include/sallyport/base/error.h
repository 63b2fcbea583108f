/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_ERROR_H
#define SP_BASE_ERROR_H

/*
 * What can go wrong, for the whole program: one enum, one table of names. "No" is not an error: a request
 * that is refused gets a verdict with a reason (base/reason.h). Errors of foreign code (errno, CURLcode,
 * OpenSSL's queue) become one of these in the file that called it.
 *
 * Detail for a person goes into a diagnostic that the caller owns; it never holds a secret.
 */

#include <stdint.h>

/* code, stable name, text for the operator */
#define SP_ERROR_TABLE(X)                                                                                    \
    X(SP_OK, "ok", "no error")                                                                               \
    X(SP_ERR_FORMAT, "format", "not of the expected form")                                                   \
    X(SP_ERR_LIMIT, "limit", "larger than the limit")                                                        \
    X(SP_ERR_TOO_MANY, "too_many", "more of them than can be kept")                                          \
    X(SP_ERR_MEMORY, "memory", "out of memory")                                                              \
    X(SP_ERR_MISSING, "missing", "a required part is not there")                                             \
    X(SP_ERR_DUPLICATE, "duplicate", "a part that must be single appears twice")                             \
    X(SP_ERR_MISMATCH, "mismatch", "a value is not the one that was expected")                               \
    X(SP_ERR_SIGNATURE, "signature", "not authentic")                                                        \
    X(SP_ERR_EXPIRED, "expired", "authentic, but its time is over or has not come")                          \
    X(SP_ERR_ALGORITHM, "algorithm", "an algorithm that is not accepted")                                    \
    X(SP_ERR_KEY, "key", "no suitable key")                                                                  \
    X(SP_ERR_UNSUPPORTED, "unsupported", "a feature that is not supported")                                  \
    X(SP_ERR_IO, "io", "input or output failed")                                                             \
    X(SP_ERR_TIMEOUT, "timeout", "no answer in time")                                                        \
    X(SP_ERR_STATUS, "status", "the other side answered with an error status")                               \
    X(SP_ERR_CONFIG, "config", "the configuration is wrong")

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
    uint32_t line;   /* from 1; 0: nowhere in particular */
    uint32_t column; /* from 1 */
};

/* Writes the text, cut to fit; a null `diag` is ignored. Returns `error`, for use in a return statement. */
enum sp_error sp_diag_set(struct sp_diag *diag, enum sp_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
