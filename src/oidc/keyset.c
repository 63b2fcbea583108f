/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/keyset.h"

#include "jose/json.h"

#define WHAT          "the key set" /* the name in messages */
#define KID_SHOWN_MAX 64            /* bytes of a key id in a message */

#include <stdio.h>
#include <stdlib.h>

static void free_keyset(struct sp_keyset **keyset)
{
    sp_keyset_free(*keyset);
}

static enum sp_error get_keys(const json_t *document, const json_t **out, struct sp_diag *diag)
{
    const json_t *keys = json_object_get(document, "keys");
    if (!json_is_array(keys)) {
        return sp_diag_set(diag, keys == NULL ? SP_ERR_MISSING : SP_ERR_FORMAT,
                           WHAT ": \"keys\" is missing or not an array");
    }
    if (json_array_size(keys) > SP_KEYSET_KEYS_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, WHAT ": more than %d keys", SP_KEYSET_KEYS_MAX);
    }
    *out = keys;
    return SP_OK;
}

/* Records why the key at `index` is skipped, truncated to fit. */
static void note_skipped(struct sp_keyset *keyset, size_t index, const json_t *value, const char *why)
{
    struct sp_str kid;
    size_t len = strlen(keyset->skipped.text);
    bool is_named = json_is_object(value) && sp_json_get_string(value, "kid", &kid) == SP_OK;
    keyset->skipped_n++;
    snprintf(keyset->skipped.text + len, sizeof keyset->skipped.text - len, "%skey %zu%s%.*s%s: %s",
             len > 0 ? "; " : "", index + 1, is_named ? " \"" : "",
             is_named && kid.len <= KID_SHOWN_MAX ? (int)kid.len : (is_named ? KID_SHOWN_MAX : 0),
             is_named ? kid.ptr : "", is_named ? "\"" : "", why);
}

static enum sp_error read_keys(const json_t *keys, struct sp_keyset *keyset)
{
    size_t n = json_array_size(keys);
    keyset->keys = calloc(n > 0 ? n : 1, sizeof *keyset->keys);
    if (keyset->keys == NULL) {
        return SP_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        struct sp_diag why = {0};
        const json_t *value = json_array_get(keys, i);
        enum sp_error error = sp_jwk_parse(value, &keyset->keys[keyset->keys_n], &why);
        if (error == SP_OK) {
            keyset->keys_n++;
        } else if (error == SP_ERR_MEMORY) {
            return error;
        } else {
            note_skipped(keyset, i, value, why.text);
        }
    }
    return SP_OK;
}

enum sp_error sp_keyset_parse(struct sp_str document, struct sp_keyset **out, struct sp_diag *diag)
{
    SP_JSON_SCOPED json_t *object = NULL;
    enum sp_error error = sp_json_parse_object(document, SP_KEYSET_DOCUMENT_MAX, WHAT, &object, diag);
    if (error != SP_OK) {
        return error;
    }
    const json_t *keys = NULL;
    error = get_keys(object, &keys, diag);
    if (error != SP_OK) {
        return error;
    }
    __attribute__((cleanup(free_keyset))) struct sp_keyset *keyset = calloc(1, sizeof *keyset);
    if (keyset == NULL) {
        return SP_ERR_MEMORY;
    }
    error = read_keys(keys, keyset);
    if (error != SP_OK) {
        return error;
    }
    if (keyset->keys_n == 0) {
        return sp_diag_set(diag, SP_ERR_KEY, WHAT ": none of its %zu keys can verify a signature here%s%s",
                           keyset->skipped_n, keyset->skipped_n > 0 ? ": " : "", keyset->skipped.text);
    }
    *out = keyset;
    keyset = NULL;
    return SP_OK;
}

void sp_keyset_free(struct sp_keyset *keyset)
{
    if (keyset == NULL) {
        return;
    }
    for (size_t i = 0; i < keyset->keys_n; i++) {
        sp_jwk_done(&keyset->keys[i]);
    }
    free(keyset->keys);
    free(keyset);
}

/* True if this key may have signed the token, judging by the key ids: they are equal, or one is absent. */
static bool may_be_named(const struct sp_jwk *key, struct sp_str kid)
{
    return kid.ptr == NULL || key->kid == NULL || sp_str_equal(sp_str_from_c(key->kid), kid);
}

static bool is_named(const struct sp_jwk *key, struct sp_str kid)
{
    return kid.ptr != NULL && key->kid != NULL && sp_str_equal(sp_str_from_c(key->kid), kid);
}

static enum sp_error explain_no_key(const struct sp_keyset *keyset, struct sp_str kid, const char *what,
                                    struct sp_diag *diag)
{
    for (size_t i = 0; i < keyset->keys_n; i++) {
        if (is_named(&keyset->keys[i], kid)) {
            return sp_diag_set(diag, SP_ERR_KEY, "%s: the issuer's key of that id does not fit its algorithm",
                               what);
        }
    }
    return sp_diag_set(diag, SP_ERR_KEY, "%s: the issuer's key set has no key for it", what);
}

enum sp_error sp_keyset_verify(const struct sp_keyset *keyset, const struct sp_jws *jws, const char *what,
                               struct sp_str *payload, struct sp_diag *diag)
{
    size_t tried_n = 0;
    /* The keys with the token's own `kid` come first, so that any number of keys without one cannot displace
     * them. */
    for (size_t i = 0; i < 2 * keyset->keys_n && tried_n < SP_KEYSET_TRIED_MAX; i++) {
        const struct sp_jwk *key = &keyset->keys[i % keyset->keys_n];
        bool is_turn = is_named(key, jws->kid) == (i < keyset->keys_n);
        if (!is_turn || !may_be_named(key, jws->kid) || !sp_jwk_serves(key, jws->algorithm)) {
            continue;
        }
        tried_n++;
        if (sp_jws_verify(jws, key, payload) == SP_OK) {
            return SP_OK;
        }
    }
    if (tried_n == 0) {
        return explain_no_key(keyset, jws->kid, what, diag);
    }
    return sp_diag_set(diag, SP_ERR_SIGNATURE, "%s: the signature was not made with the issuer's key", what);
}
