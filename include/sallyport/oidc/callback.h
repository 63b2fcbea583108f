/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_CALLBACK_H
#define SP_OIDC_CALLBACK_H

/*
 * What the issuer sent the browser back with (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207): a query with
 * `state` and either `code` or `error`. Anybody can make up such a URL, so nothing in it is believed: it is
 * taken apart strictly here, `state` proves itself elsewhere, and neither error_description nor error_uri
 * leaves this file.
 *
 * Each parameter once at most (RFC 6749, section 3.1): of two codes, the one that is checked may not be the
 * one that is redeemed. Others (`session_state`, `scope`, …) are ignored, as section 4.1.2 asks.
 *
 * `state` is read by itself: it says where the user wanted to be, and who is signed in already gets there
 * whatever else the query holds. A fault of the rest leaves nothing that could be redeemed.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "oidc/issuer_error.h"
#include "oidc/issuer_metadata.h"

#define SP_CALLBACK_QUERY_MAX 16384 /* bytes of the raw query */
#define SP_CALLBACK_STATE_MAX 4096  /* bytes, decoded, as the two below */
#define SP_CALLBACK_CODE_MAX  4096
#define SP_CALLBACK_ISS_MAX   SP_ISSUER_METADATA_URL_MAX

enum sp_callback_kind {
    SP_CALLBACK_NONE = 0, /* `fault` says what is wrong beside the state */
    SP_CALLBACK_CODE,     /* `code` can be redeemed */
    SP_CALLBACK_ERROR,    /* `error` says why not */
};

/* Owns what its views point to; holds the code, so it is wiped (sp_callback_done). */
struct sp_callback {
    enum sp_callback_kind kind;
    enum sp_error fault;
    struct sp_str state; /* never empty */
    struct sp_str code;
    struct sp_str iss; /* null pointer: not given */
    enum sp_issuer_error error;
    struct sp_buf storage;
};

#define SP_CALLBACK_NULL   ((struct sp_callback){0})
#define SP_CALLBACK_SCOPED __attribute__((cleanup(sp_callback_done)))

/*
 * Takes the raw query apart, without its `?`. These are errors of the state, or of the query as a whole:
 *
 *   SP_ERR_MISSING    no state
 *   SP_ERR_DUPLICATE  two
 *   SP_ERR_FORMAT     a broken escape, or bytes that no state has
 *   SP_ERR_LIMIT      too long, or too many parameters
 *   SP_ERR_MEMORY
 *
 * The same of the rest, neither code nor error, and code and error together are a `fault`.
 */
enum sp_error sp_callback_parse(struct sp_str query, struct sp_callback *out)
    __attribute__((warn_unused_result));

void sp_callback_done(struct sp_callback *callback);

/*
 * The rule of RFC 9207, section 2.4, for codes and errors alike, before anything else is done with them:
 * SP_ERR_MISSING where the issuer promises `iss` and it is not there, SP_ERR_MISMATCH where it is another.
 */
enum sp_error sp_callback_check_issuer(const struct sp_callback *callback,
                                       const struct sp_issuer_metadata *metadata)
    __attribute__((warn_unused_result));

#endif
