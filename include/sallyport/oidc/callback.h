/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_CALLBACK_H
#define SP_OIDC_CALLBACK_H

/*
 * The issuer's redirect back to us (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207): a query with `state` and
 * either `code` or `error`. Anyone can make up such a URL, so nothing in it is trusted. It is parsed strictly
 * here, `state` is authenticated elsewhere, and neither error_description nor error_uri leaves this file.
 *
 * Each parameter may appear only once (RFC 6749, section 3.1): of two codes, the one that is checked might
 * not be the one that is redeemed. Other parameters (`session_state`, `scope`, …) are ignored, as section
 * 4.1.2 requires.
 *
 * `state` is read separately. It records the page that the user requested, and a user who is already signed
 * in returns there regardless of the rest of the query. If the rest has a fault, there is no code to redeem.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "oidc/issuer_error.h"
#include "oidc/issuer_metadata.h"

#define SP_CALLBACK_QUERY_MAX 16384 /* bytes of the raw query */
#define SP_CALLBACK_STATE_MAX 4096  /* bytes after decoding, like the next two */
#define SP_CALLBACK_CODE_MAX  4096
#define SP_CALLBACK_ISS_MAX   SP_ISSUER_METADATA_URL_MAX

enum sp_callback_kind {
    SP_CALLBACK_NONE = 0, /* `fault` states what is wrong with the other parameters */
    SP_CALLBACK_CODE,     /* `code` can be redeemed */
    SP_CALLBACK_ERROR,    /* `error` states why there is no code */
};

/* Owns the bytes of its views. It contains the code, so it is wiped (sp_callback_done). */
struct sp_callback {
    enum sp_callback_kind kind;
    enum sp_error fault;
    struct sp_str state; /* never empty */
    struct sp_str code;
    struct sp_str iss; /* null pointer: absent */
    enum sp_issuer_error error;
    struct sp_buf storage;
};

#define SP_CALLBACK_NULL   ((struct sp_callback){0})
#define SP_CALLBACK_SCOPED __attribute__((cleanup(sp_callback_done)))

/*
 * Parses the raw query, without its `?`. These errors concern the state, or the query as a whole:
 *
 *   SP_ERR_MISSING    no state
 *   SP_ERR_DUPLICATE  two states
 *   SP_ERR_FORMAT     a broken escape, or bytes that a state cannot contain
 *   SP_ERR_LIMIT      too long, or too many parameters
 *   SP_ERR_MEMORY
 *
 * The same errors in the other parameters are stored as `fault`, and so is a query with neither code nor
 * error, or with both.
 */
enum sp_error sp_callback_parse(struct sp_str query, struct sp_callback *out)
    __attribute__((warn_unused_result));

void sp_callback_done(struct sp_callback *callback);

/*
 * Applies the rule of RFC 9207, section 2.4, to codes and errors alike. Must be called before anything else.
 * SP_ERR_MISSING if the issuer promises `iss` and it is absent, SP_ERR_MISMATCH if it differs.
 */
enum sp_error sp_callback_check_issuer(const struct sp_callback *callback,
                                       const struct sp_issuer_metadata *metadata)
    __attribute__((warn_unused_result));

#endif
