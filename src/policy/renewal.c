/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/renewal.h"

/* True for a fetch, an XMLHttpRequest or an EventSource, but not for an image, a script or a style. */
static bool is_script_fetch(const struct sp_request *request)
{
    struct sp_str destination = sp_head_single(request->head, SP_HEADER_SEC_FETCH_DEST);
    return sp_str_equal(request->method, SP_STR("GET")) &&
           (destination.len == 0 || sp_str_equal(destination, SP_STR("empty")));
}

bool sp_renewal_suits(const struct sp_request *request, enum sp_renewal_need need)
{
    bool is_overdue = need == SP_RENEWAL_NEED_OVERDUE;
    switch (sp_request_kind(request)) {
    case SP_REQUEST_KIND_NAVIGATION:
        return true;
    case SP_REQUEST_KIND_FRAME:
        return sp_request_is_same_origin(request, request->head);
    case SP_REQUEST_KIND_FETCH:
        return (is_overdue || is_script_fetch(request)) && sp_request_is_same_origin(request, request->head);
    case SP_REQUEST_KIND_FORM:
    case SP_REQUEST_KIND_UNCLEAR:
        return is_overdue && sp_request_is_same_origin(request, request->head);
    case SP_REQUEST_KIND_PREFETCH:
    case SP_REQUEST_KIND_PREFLIGHT:
    case SP_REQUEST_KIND_WEBSOCKET:
    case SP_REQUEST_KIND_GRPC:
        break;
    }
    return false;
}
