/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_SNAPSHOT_H
#define SP_GATE_SNAPSHOT_H

/*
 * Everything from which answers are computed at one moment: the configuration, the keys, what is derived from
 * them, the issuer's documents, and the RBAC index. A snapshot is never modified once another thread has it.
 * Every user holds a reference. Each loop has one pointer to the current snapshot, which one message replaces
 * (server/loop.h), and work that began with the old one may hold it for as long as needed. Releasing the last
 * reference frees it.
 */

#include "config/config.h"
#include "io/credentials.h"
#include "io/issuer.h"
#include "io/tls_identity.h"
#include "oidc/client.h"
#include "policy/identity.h"
#include "policy/request.h"
#include "session/cookies.h"
#include "session/keyring.h"
#include "session/sealer.h"

struct sp_snapshot {
    atomic_uint refs;
    uint64_t serial; /* unique, except that copies with other documents, RBAC index or credentials share it */
    struct sp_issuer_documents *documents; /* NULL: the issuer could not be reached yet */
    struct sp_rbac_index *rbac;            /* NULL: not used, not complete yet, or too old */
    struct sp_credentials *credentials;    /* of the bindings; NULL: there are none */
    struct sp_tls_identity *tls;           /* of the auth listener; NULL: plain HTTP */
    struct sp_snapshot *owner;             /* owns the members below if this is a copy; NULL: it is not */
    const struct sp_config *config;
    struct sp_keyring *keys;
    struct sp_cookies cookies;
    struct sp_client client;
    struct sp_buf client_secret;
    struct sp_buf issuer_ca; /* in PEM; empty: the system's authorities */
    struct sp_identity_settings identity;
    struct sp_origin_rules origins;
    struct sp_prefixes prefixes;
};

/* The content of the files that the configuration names; strings are copied. */
struct sp_snapshot_files {
    struct sp_keyring *keys;
    struct sp_str client_secret; /* empty: a public client */
    struct sp_str issuer_ca;     /* empty: the system's authorities */
};

/*
 * Takes `config` and the keys, even on failure. The snapshot has no documents and no RBAC index yet.
 * SP_ERR_MEMORY, SP_ERR_LIMIT.
 */
enum sp_error sp_snapshot_new(struct sp_config *config, const struct sp_snapshot_files *files,
                              struct sp_diag *diag, struct sp_snapshot **out)
    __attribute__((warn_unused_result));

/* A copy with these documents, to which it holds a reference. NULL if out of memory. */
struct sp_snapshot *sp_snapshot_with_documents(struct sp_snapshot *snapshot,
                                               struct sp_issuer_documents *documents)
    __attribute__((warn_unused_result));

/* A sealer for `scope`, without a cache. Borrows the snapshot. */
struct sp_sealer sp_snapshot_sealer(const struct sp_snapshot *snapshot, struct sp_str scope, int64_t now_s,
                                    const struct sp_random *random);

/* A copy with this index, to which it holds a reference. NULL if out of memory. */
struct sp_snapshot *sp_snapshot_with_rbac(struct sp_snapshot *snapshot, struct sp_rbac_index *rbac)
    __attribute__((warn_unused_result));

/* A copy with these credentials, to which it holds a reference. NULL if out of memory. */
struct sp_snapshot *sp_snapshot_with_credentials(struct sp_snapshot *snapshot,
                                                 struct sp_credentials *credentials)
    __attribute__((warn_unused_result));

/* The client for work that began with this snapshot: a reference to the snapshot keeps everything that it
 * points to. */
const struct sp_client *sp_snapshot_client(const struct sp_snapshot *snapshot);

/* From any thread. */
struct sp_snapshot *sp_snapshot_ref(struct sp_snapshot *snapshot);

/* From any thread. Accepts NULL. */
void sp_snapshot_unref(struct sp_snapshot *snapshot);

#endif
