/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_BEARER_RIG_H
#define SP_TEST_UNIT_GATE_BEARER_RIG_H

/* A fixture whose issuer has one key, and tokens signed with it. */

#include "fixture.h"

#define SETTINGS "bearer_audiences: cluster-a\n"

struct bearer_rig {
    struct fixture *f;
    struct signer signer;
    struct sp_keyset *keyset;
};

static inline struct bearer_rig rig_new(const char *settings)
{
    struct bearer_rig rig = {.f = fixture_new(settings), .signer = signer_new("ES256")};
    rig.keyset = issuer_keyset(&rig.signer, "k");
    rig.f->documents.keyset = rig.keyset;
    return rig;
}

static inline void rig_done(struct bearer_rig *rig)
{
    fixture_free(&rig->f);
    sp_keyset_free(rig->keyset);
    signer_done(&rig->signer);
}

#define RIG __attribute__((cleanup(rig_done))) struct bearer_rig

/* A token for this cluster with additional members, each preceded by a comma. */
static inline const char *token_of(const struct bearer_rig *rig, const char *members)
{
    SIGNER_TEXT token = issuer_id_token(&rig->signer, "k", text("{\"aud\":\"cluster-a\"%s}", members));
    return text("%s", token);
}

static inline const char *line_of(const char *token)
{
    return text("Authorization: Bearer %s\r\n", token);
}

static inline const char *header(const struct bearer_rig *rig, const char *members)
{
    return line_of(token_of(rig, members));
}

static inline uint64_t counted(const struct bearer_rig *rig, enum sp_bearer_result result)
{
    return atomic_load(&rig->f->context.metrics->bearer_tokens[result]);
}

#endif
