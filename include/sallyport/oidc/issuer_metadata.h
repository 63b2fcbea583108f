/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_ISSUER_METADATA_H
#define SP_OIDC_ISSUER_METADATA_H

/*
 * What the issuer publishes about itself: the document at `ISSUER/.well-known/openid-configuration` (OpenID
 * Connect Discovery 1.0, sections 3 and 4; RFC 8414), or at the client's discovery URL. It is read once, into
 * an immutable value with its own memory.
 *
 * Its `issuer` must equal the configured one byte for byte, or one issuer's document could vouch for another
 * (RFC 9207 calls the attack a mix-up). Every URL in it must be https, without user information or a
 * fragment. Plain http is allowed only for an issuer on loopback, and only to loopback. Endpoints may be on
 * other hosts, as with large issuers. The endpoints that sallyport itself calls (all except the authorization
 * and the end_session endpoint) may also be http at the one origin that the client's route allows. URLs for
 * browsers may not, wherever the document came from.
 *
 * A document is refused at once, rather than at the first login, if it contradicts the authorization code
 * flow with S256, the client's authentication method, or the use of UserInfo. If such a document is otherwise
 * well-formed, it counts as contradicting the configuration. A fault in something that is not used does not
 * cause a refusal: an invalid optional endpoint counts as absent. Any other fault is a warning. All of them
 * are reported at once, each as a finding that names the member.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "http/url.h"
#include "oidc/client.h"

#define SP_ISSUER_METADATA_DISCOVERY_PATH "/.well-known/openid-configuration"

#define SP_ISSUER_METADATA_DOCUMENT_MAX (256 * 1024) /* bytes */
#define SP_ISSUER_METADATA_URL_MAX      2048         /* bytes of any URL in it, and of the issuer */
#define SP_ISSUER_METADATA_LIST_MAX     256          /* elements of a list that is read */

#define SP_ISSUER_METADATA_FINDINGS_MAX 12

/* Immutable. Owns its strings. */
struct sp_issuer_metadata {
    char *issuer;
    char *authorization_endpoint;
    char *token_endpoint;
    char *jwks_uri;
    char *userinfo_endpoint;    /* NULL if absent or unusable */
    char *end_session_endpoint; /* NULL if absent or unusable */
    char *revocation_endpoint;  /* NULL if absent or unusable; read only if refresh tokens are kept */
    char *default_scopes;       /* those of `openid email profile groups` that the issuer lists; all of them
                                   if it lists none */
    bool response_iss_promised; /* authorization_response_iss_parameter_supported (RFC 9207, section 3) */
};

enum sp_issuer_metadata_weight {
    SP_ISSUER_METADATA_REFUSED, /* the document cannot be used */
    SP_ISSUER_METADATA_WARNED,
    SP_ISSUER_METADATA_ADVISED, /* it depends on the issuer: check --issuer reports it, the log does not */
};

struct sp_issuer_metadata_finding {
    const char *setting; /* a literal: the setting that the document contradicts, or `pkce`; NULL: none */
    enum sp_issuer_metadata_weight weight;
    char text[SP_DIAG_TEXT_MAX];
};

/* In the order in which they were found. Findings that do not fit are dropped. */
struct sp_issuer_metadata_findings {
    struct sp_issuer_metadata_finding items[SP_ISSUER_METADATA_FINDINGS_MAX];
    size_t n;
};

/*
 * Whether `issuer` is valid: an https URL (or http on loopback) without a query, fragment or user information
 * (Discovery, section 2). SP_ERR_FORMAT, SP_ERR_LIMIT; `diag` describes the fault in words that follow the
 * quoted URL.
 */
enum sp_error sp_issuer_metadata_check_issuer(struct sp_str issuer, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/*
 * Parses a URL that is requested, or compared byte for byte, exactly as it is written. Its scheme must be
 * `http` or `https` in lower case. Views point into `text`.
 */
bool sp_issuer_metadata_parse_url(struct sp_str text, struct sp_url *out) __attribute__((warn_unused_result));

/* Appends the document's URL: the client's discovery URL, or else the issuer's URL without a trailing slash,
 * followed by the well-known path (section 4). */
void sp_issuer_metadata_append_discovery_url(struct sp_str issuer, const struct sp_client *client,
                                             struct sp_buf *out);

/*
 * Parses the document into new issuer metadata (sp_issuer_metadata_free).
 *
 *   issuer    as configured
 *   client    its authentication method (for a public client, any supported method may be listed), its
 *             scopes, the parameters it adds to the authorization request, and whether it uses UserInfo and
 *             refresh tokens
 *   findings  must start empty; NULL: not wanted
 *
 *   SP_ERR_MISMATCH     the document belongs to another issuer
 *   SP_ERR_CONFIG       the token endpoint does not accept the client's authentication method, or there is no
 *                       UserInfo
 *   SP_ERR_UNSUPPORTED  PKCE without S256
 *   SP_ERR_MISSING, SP_ERR_FORMAT, SP_ERR_DUPLICATE, SP_ERR_LIMIT, SP_ERR_MEMORY
 */
enum sp_error sp_issuer_metadata_parse(struct sp_str document, struct sp_str issuer,
                                       const struct sp_client *client, struct sp_issuer_metadata **out,
                                       struct sp_issuer_metadata_findings *findings)
    __attribute__((warn_unused_result));

/* Why the document was refused: the first finding that refuses it, or NULL. */
const struct sp_issuer_metadata_finding *sp_issuer_metadata_refusal(
    const struct sp_issuer_metadata_findings *findings);

/* The scopes to request: those of the configuration or, if it has none, those that the issuer lists. */
struct sp_str sp_issuer_metadata_scopes(const struct sp_issuer_metadata *metadata,
                                        const struct sp_client *client);

/*
 * Whether signing out of a session also revokes its refresh token at the issuer (RFC 7009). True if nothing
 * else would end the token there, because the issuer has no logout, or has one that does not end tokens with
 * `offline_access`. In any other case, a revocation would silently end the user's sessions at other hosts.
 */
bool sp_issuer_metadata_revokes_at_logout(const struct sp_issuer_metadata *metadata,
                                          const struct sp_client *client);

/* Accepts NULL. */
void sp_issuer_metadata_free(struct sp_issuer_metadata *metadata);

#endif
