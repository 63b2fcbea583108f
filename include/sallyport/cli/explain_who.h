/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_WHO_H
#define SP_CLI_EXPLAIN_WHO_H

/*
 * The user for `sallyport explain`, given in one of three ways: by command-line options, by an ID token in a
 * file, whose signature is not verified here, or by the document of the page `me`. Options are turned into
 * claims of a token. Claims become a session by the same functions as at a login, and the session becomes an
 * identity as in a request. A token for one of `bearer_audiences` is treated as a bearer token. `me`
 * describes an existing session, but not all of it.
 *
 * The user name and groups in options and `me` are those that rules see, with their prefixes.
 */

#include "cli/options.h"
#include "gate/snapshot.h"
#include "oidc/claims.h"
#include "policy/verdict.h"
#include "session/session.h"

#include <jansson.h>

#define SP_EXPLAIN_NOTES_MAX_N 8
#define SP_EXPLAIN_NOTE_MAX    640 /* bytes with the NUL */

/* The options that describe the user. NULL or empty: not given. */
struct sp_explain_told {
    const char *user;
    const char *email;
    struct sp_option_values groups;
    struct sp_option_values claims; /* NAME=VALUE */
    const char *token;              /* path of a file */
    const char *me;                 /* path of a file */
};

/* Views point into the configuration, the command line and the owned members. */
struct sp_explain_who {
    struct sp_who who; /* as the rules receive it */
    bool is_by_token;  /* the user is given by a token from the issuer */
    bool is_bearer;    /* programs may send this token; no session is made from it */
    bool is_too_long;  /* the token is too long for a bearer token */
    bool passes;       /* the token is from an issuer in passthrough_issuers; it identifies nobody */
    struct sp_identity identity;
    struct sp_session session; /* including the profile */
    struct sp_claims claims;   /* owned: from the token, or made from the options */
    json_t *document;          /* owned: the document of `me` */
    struct sp_buf user;        /* owned: the name with its prefix */
    size_t notes_n;
    char notes[SP_EXPLAIN_NOTES_MAX_N][SP_EXPLAIN_NOTE_MAX]; /* shown with the result */
};

/*
 * Fills `out`; always call sp_explain_who_done. If no user is given, the request is anonymous. `diag`
 * describes a fault in the input.
 *
 * If a login would refuse the user, the result is a reason and no identity.
 *
 *   SP_ERR_CONFIG  the user is given in two ways, or the configuration cannot make an identity from the input
 *   SP_ERR_IO      a file cannot be read
 *   SP_ERR_FORMAT  not an ID token, or not a document of `me`
 *   SP_ERR_LIMIT   more groups or claims than a session holds
 */
enum sp_error sp_explain_who_init(struct sp_explain_who *out, const struct sp_explain_told *told,
                                  const struct sp_snapshot *snapshot, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* False if the document of `me` does not contain the claim that has this name in a token. */
bool sp_explain_who_knows(const struct sp_explain_who *who, const char *claim);

void sp_explain_who_done(struct sp_explain_who *who);

#endif
