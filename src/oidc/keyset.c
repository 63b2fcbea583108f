/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/keyset.h"

#include "jose/json.h"

#define WHAT "the key set" /* as texts for the operator say it */

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

static enum sp_error read_keys(const json_t *keys, struct sp_keyset *keyset)
{
    size_t n = json_array_size(keys);
    keyset->keys = calloc(n > 0 ? n : 1, sizeof *keyset->keys);
    if (keyset->keys == NULL) {
        return SP_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        enum sp_error error = sp_jwk_parse(json_array_get(keys, i), &keyset->keys[keyset->keys_n]);
        if (error == SP_OK) {
            keyset->keys_n++;
        } else if (error == SP_ERR_MEMORY) {
            return error;
        } else {
            keyset->skipped_n++;
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
        return sp_diag_set(diag, SP_ERR_KEY, WHAT ": none of its %zu keys can verify a signature here",
                           keyset->skipped_n);
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

/* A token without kid may be of any key, one with a kid only of those that carry it. */
static bool key_named(const struct sp_jwk *key, struct sp_str kid)
{
    if (kid.ptr == NULL) {
        return true;
    }
    return key->kid != NULL && sp_str_equal(sp_str_from_c(key->kid), kid);
}

enum sp_error sp_keyset_find(const struct sp_keyset *keyset, struct sp_str kid,
                             const struct sp_algorithm *algorithm, const struct sp_jwk **out)
{
    const struct sp_jwk *found = NULL;
    size_t named_n = 0;
    for (size_t i = 0; i < keyset->keys_n; i++) {
        const struct sp_jwk *key = &keyset->keys[i];
        if (!key_named(key, kid)) {
            continue;
        }
        named_n++;
        if (!sp_jwk_serves(key, algorithm)) {
            continue;
        }
        if (found != NULL) {
            return SP_ERR_DUPLICATE;
        }
        found = key;
    }
    if (found == NULL) {
        return kid.ptr != NULL && named_n > 0 ? SP_ERR_MISMATCH : SP_ERR_KEY;
    }
    *out = found;
    return SP_OK;
}
