/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/end_session.h"

#include "http/form.h"

void sp_end_session_append_url(const struct sp_issuer_metadata *metadata,
                               const struct sp_end_session *request, struct sp_buf *out)
{
    struct sp_str endpoint = sp_str_from_c(metadata->end_session_endpoint);
    sp_buf_append(out, endpoint);
    if (!sp_str_contains(endpoint, '?')) {
        sp_buf_append_char(out, '?');
    }
    sp_form_append_pair(SP_STR("client_id"), request->client_id, out);
    sp_form_append_pair(SP_STR("post_logout_redirect_uri"), request->post_logout_redirect_uri, out);
    sp_form_append_pair(SP_STR("state"), request->state, out);
    if (request->id_token_hint.len > 0) {
        sp_form_append_pair(SP_STR("id_token_hint"), request->id_token_hint, out);
    }
}
