/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_ISSUER_METADATA_H
#define SP_OIDC_ISSUER_METADATA_H

/*
 * What the issuer says about itself: the document at `ISSUER/.well-known/openid-configuration` (OpenID
 * Connect Discovery 1.0, sections 3 and 4; RFC 8414), or where the client says. It is read once into an
 * immutable value with its own memory.
 *
 * Its `issuer` must be the configured one byte for byte, or a document of one issuer would vouch for
 * another (RFC 9207 calls the attack a mix-up). Every URL in it is https without user information and
 * fragment; plain http is for an issuer on loopback, and only to loopback. Endpoints may be on other hosts:
 * large issuers do that. What sallyport itself calls (all but the authorization and the end_session endpoint)
 * may besides be http at the one origin that the client's route allows; what browsers get may not, wherever the document was read.
 *
 * A document that speaks against the authorization code flow with S256, against the way in which this client
 * proves who it is, or against asking UserInfo, is refused at once, rather than at the first login. Where it
 * is otherwise well-formed it contradicts the configuration. What nobody uses refuses nothing: an optional
 * endpoint that is wrong is one that is not there. What else may go wrong is a warning. All of it is said at
 * once, each a finding that names the member.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "http/url.h"
#include "oidc/client.h"

#define SP_ISSUER_METADATA_DISCOVERY_PATH "/.well-known/openid-configuration"

#define SP_ISSUER_METADATA_DOCUMENT_MAX (256 * 1024) /* bytes */
#define SP_ISSUER_METADATA_URL_MAX      2048         /* bytes of any URL in it, and of the issuer */
#define SP_ISSUER_METADATA_LIST_MAX     256          /* elements of a list that is looked into */

#define SP_ISSUER_METADATA_FINDINGS_MAX 12

/* Immutable; owns its texts. */
struct sp_issuer_metadata {
    char *issuer;
    char *authorization_endpoint;
    char *token_endpoint;
    char *jwks_uri;
    char *userinfo_endpoint;    /* NULL: none that can be used */
    char *end_session_endpoint; /* the same */
    char *revocation_endpoint;  /* the same; read only where refresh tokens are kept */
    char *default_scopes;       /* of `openid email profile groups` those that the issuer lists; all of them
                                   where it lists none */
    bool response_iss_promised; /* authorization_response_iss_parameter_supported (RFC 9207, section 3) */
};

enum sp_issuer_metadata_weight {
    SP_ISSUER_METADATA_REFUSED, /* the document cannot be used */
    SP_ISSUER_METADATA_WARNED,
};

struct sp_issuer_metadata_finding {
    const char *setting; /* that the document contradicts: its name, or `pkce`; NULL: none. A literal */
    enum sp_issuer_metadata_weight weight;
    char text[SP_DIAG_TEXT_MAX];
};

/* In the order in which they were found; what is more than fits is left out. */
struct sp_issuer_metadata_findings {
    struct sp_issuer_metadata_finding items[SP_ISSUER_METADATA_FINDINGS_MAX];
    size_t n;
};

/*
 * Whether `issuer` can be one: an https URL (or http on loopback) without query, fragment and user
 * information (Discovery, section 2). SP_ERR_FORMAT, SP_ERR_LIMIT; `diag` says what it is not, to follow its
 * name.
 */
enum sp_error sp_issuer_metadata_check_issuer(struct sp_str issuer, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/*
 * A URL that is called, and compared byte by byte, as it is written: http or https, in lower case. Views
 * point into `text`.
 */
bool sp_issuer_metadata_parse_url(struct sp_str text, struct sp_url *out) __attribute__((warn_unused_result));

/* Appends the document's URL: the client's, or the issuer's, whose last slash goes before the path is added
 * (section 4). */
void sp_issuer_metadata_append_discovery_url(struct sp_str issuer, const struct sp_client *client,
                                             struct sp_buf *out);

/*
 * Makes issuer metadata (sp_issuer_metadata_free) out of the document.
 *
 *   issuer    as it is configured
 *   client    how it proves who it is (a public client needs none of the methods that are listed), its
 *             scopes, what it adds to the authorization request, and whether UserInfo is used
 *   findings  begins empty; NULL: not wanted
 *
 *   SP_ERR_MISMATCH     the issuer is another
 *   SP_ERR_CONFIG       the token endpoint does not take the client's authentication, or there is no UserInfo
 *   SP_ERR_UNSUPPORTED  PKCE without S256
 *   SP_ERR_MISSING, SP_ERR_FORMAT, SP_ERR_DUPLICATE, SP_ERR_LIMIT, SP_ERR_MEMORY
 */
enum sp_error sp_issuer_metadata_parse(struct sp_str document, struct sp_str issuer,
                                       const struct sp_client *client, struct sp_issuer_metadata **out,
                                       struct sp_issuer_metadata_findings *findings)
    __attribute__((warn_unused_result));

/* Why it was refused: the first such finding, or NULL. */
const struct sp_issuer_metadata_finding *sp_issuer_metadata_refusal(
    const struct sp_issuer_metadata_findings *findings);

/* What to ask for: the scopes of the configuration, or where it has none, those that the issuer lists. */
struct sp_str sp_issuer_metadata_scopes(const struct sp_issuer_metadata *metadata,
                                        const struct sp_client *client);

/*
 * Whether a refresh token is revoked at the issuer when its session is signed out of (RFC 7009): where nothing
 * else ends it there, since the issuer has no logout, or one that does not end what `offline_access` was asked
 * for. Elsewhere it would silently end the user's sessions at other hosts.
 */
bool sp_issuer_metadata_revokes_at_logout(const struct sp_issuer_metadata *metadata,
                                          const struct sp_client *client);

/* Accepts NULL. */
void sp_issuer_metadata_free(struct sp_issuer_metadata *metadata);

#endif
