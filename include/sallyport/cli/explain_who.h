/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_WHO_H
#define SP_CLI_EXPLAIN_WHO_H

/*
 * The person of whom `sallyport explain` is asked, told in one of three ways: by the options of the command
 * line, by an ID token in a file, whose signature nobody checks here, or by the document of the page `me`.
 * Options are made claims of a token, and of claims comes a session by the functions of a login, and an
 * identity by those that make that of a session; a token for one of `bearer_audiences` is taken as a bearer
 * token. `me` tells of a session that is there, and not all of it.
 *
 * The user name and the groups of options and `me` are those that rules see, with their prefixes.
 */

#include "cli/options.h"
#include "gate/snapshot.h"
#include "oidc/claims.h"
#include "policy/verdict.h"
#include "session/session.h"

#include <jansson.h>

#define SP_EXPLAIN_NOTES_MAX_N 8
#define SP_EXPLAIN_NOTE_MAX    640 /* bytes with the NUL */

/* How it is told; NULL or empty: not that way. */
struct sp_explain_told {
    const char *user;
    const char *email;
    struct sp_option_values groups;
    struct sp_option_values claims; /* NAME=VALUE */
    const char *token;              /* a file */
    const char *me;                 /* a file */
};

/* Views point into the configuration, the command line and what is owned here. */
struct sp_explain_who {
    struct sp_who who; /* as rules are told */
    bool is_by_token;  /* one of the issuer */
    bool is_bearer;    /* and one that programs may send: it makes no session */
    bool is_too_long;  /* to be read as a bearer token */
    bool passes;       /* the token is of an issuer in passthrough_issuers; nobody is known by it */
    struct sp_identity identity;
    struct sp_session session; /* with the profile */
    struct sp_claims claims;   /* owned: of the token, or made of the options */
    json_t *document;          /* owned: `me` */
    struct sp_buf user;        /* owned: the name with its prefix */
    size_t notes_n;
    char notes[SP_EXPLAIN_NOTES_MAX_N][SP_EXPLAIN_NOTE_MAX]; /* what whoever reads the answer has to know */
};

/*
 * Fills `out`; sp_explain_who_done in any case. Where nobody is told of, it is an anonymous request. `diag`
 * says what is wrong with what is told.
 *
 * Whom a login would refuse has no identity, and the reason.
 *
 *   SP_ERR_CONFIG  two ways at once, or something that the configuration can make no identity of
 *   SP_ERR_IO      a file that cannot be read
 *   SP_ERR_FORMAT  no ID token, or no document of `me`
 *   SP_ERR_LIMIT   more groups or claims than a session holds
 */
enum sp_error sp_explain_who_init(struct sp_explain_who *out, const struct sp_explain_told *told,
                                  const struct sp_snapshot *snapshot, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* False for a claim, by its name in the token, that the document of `me` does not hold. */
bool sp_explain_who_knows(const struct sp_explain_who *who, const char *claim);

void sp_explain_who_done(struct sp_explain_who *who);

#endif
