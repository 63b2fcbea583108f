/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/bindings.h"

const struct sp_binding *sp_bindings_find(const struct sp_binding *bindings, size_t bindings_n,
                                          enum sp_header_credential credential,
                                          const struct sp_request *request)
{
    const struct sp_binding *found = NULL;
    for (size_t i = 0; i < bindings_n; i++) {
        const struct sp_binding *binding = &bindings[i];
        bool is_longer = found == NULL || binding->path_prefix.text_len > found->path_prefix.text_len;
        if (binding->credential == credential && is_longer &&
            sp_str_equal(sp_str_from_c(binding->host), sp_host_str(&request->origin.host)) &&
            sp_path_pattern_match(&binding->path_prefix, request->target.path, request->target.marks,
                                  SP_ACTION_ALLOW)) {
            found = binding;
        }
    }
    return found;
}

static bool is_key(struct sp_str text)
{
    bool is_plain = text.len >= SP_PROXY_KEY_LEN_MIN && text.len <= SP_PROXY_KEY_LEN_MAX;
    for (size_t i = 0; i < text.len && is_plain; i++) {
        is_plain = sp_ascii_is_alnum(text.ptr[i]) || text.ptr[i] == '-' || text.ptr[i] == '_';
    }
    return is_plain;
}

enum sp_error sp_proxy_keys_parse(struct sp_str text, struct sp_diag *diag, struct sp_proxy_keys *out)
{
    struct sp_proxy_keys keys = {.items_n = 0};
    for (uint32_t line = 1; text.len > 0; line++) {
        struct sp_str key = sp_str_cut(&text, '\n');
        key.len -= key.len > 0 && key.ptr[key.len - 1] == '\r';
        diag->line = line;
        if (!is_key(key)) {
            return sp_diag_set(diag, SP_ERR_FORMAT,
                               "is not a key: write %d to %d characters of base64url alone on a line, such "
                               "as from openssl rand -hex 32",
                               SP_PROXY_KEY_LEN_MIN, SP_PROXY_KEY_LEN_MAX);
        }
        if (keys.items_n == SP_PROXY_KEYS_MAX_N) {
            return sp_diag_set(diag, SP_ERR_LIMIT,
                               "has more than %d keys: one in use, and the next or the previous one",
                               SP_PROXY_KEYS_MAX_N);
        }
        keys.items[keys.items_n].len = key.len;
        memcpy(keys.items[keys.items_n].text, key.ptr, key.len);
        keys.items_n++;
    }
    diag->line = 0;
    if (keys.items_n == 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "is empty: write a key, such as from openssl rand -hex 32");
    }
    *out = keys;
    return SP_OK;
}

bool sp_proxy_keys_hold(const struct sp_proxy_keys *keys, struct sp_str key)
{
    bool holds = false;
    for (size_t i = 0; i < keys->items_n; i++) {
        struct sp_str one = {keys->items[i].text, keys->items[i].len};
        holds = sp_str_equal_secret(one, key) || holds;
    }
    return holds;
}
