/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/traefik.h"

#include "http/form.h"

/* False for a name that is repeated, empty or longer than its storage. */
static bool take_name(struct sp_str raw, struct sp_buf text, struct sp_str *out)
{
    if (out->ptr != NULL || sp_form_decode(raw, &text) != SP_OK || text.len == 0) {
        return false;
    }
    *out = sp_buf_str(&text);
    return true;
}

enum sp_reason sp_traefik_read(const struct sp_head *head, struct sp_str options,
                               struct sp_proxy_question *out)
{
    struct sp_form_pair pair;
    while (out->misfit.ptr == NULL && sp_form_next(&options, &pair)) {
        bool fits = false;
        if (sp_str_equal(pair.name, SP_STR("policy"))) {
            fits = take_name(pair.value, SP_BUF_ON(out->policy_storage), &out->policy);
        } else if (sp_str_equal(pair.name, SP_STR("headers"))) {
            fits = take_name(pair.value, SP_BUF_ON(out->headers_storage), &out->headers);
        } else if (sp_str_equal(pair.name, SP_STR("prefix")) && !out->has_prefix) {
            fits = sp_str_equal(pair.value, SP_STR("1"));
            out->has_prefix = fits;
        }
        if (!fits) {
            out->misfit = pair.name;
        }
    }
    return sp_forwarded_read(head, &out->forwarded);
}
