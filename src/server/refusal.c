/* SPDX-License-Identifier: Apache-2.0 */
#include "server/refusal.h"

#include "gate/cause.h"
#include "gate/dialect.h"
#include "gate/respond.h"
#include "server/loop.h"

const char *sp_refusal_status_text(unsigned status)
{
    switch (status) {
    case 200:
        return "OK";
    case 300:
        return "Multiple Choices";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 307:
        return "Temporary Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Content Too Large";
    case 421:
        return "Misdirected Request";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

struct sp_str sp_refusal_body_detail(enum sp_listener listener)
{
    _Static_assert(SP_CONNECTION_BODY_MAX == 16384, "the text has the number");
    return listener == SP_LISTENER_AUTH
               ? SP_STR(
                     "This listener accepts no request body: turn off forwardBody in Traefik's middleware.")
               : SP_STR("The body of the request is longer than 16384 bytes.");
}

void sp_refusal_append(const struct sp_service *service, const struct sp_early_refusal *refusal,
                       struct sp_buf *out)
{
    struct sp_transaction t;
    struct sp_context context = sp_loop_context(service->loop);
    sp_transaction_begin(
        &t, &context, service->listener == SP_LISTENER_PAGES ? &sp_dialect_pages : &sp_dialect_unread, NULL);
    if (refusal->detail.len > 0) {
        t.detail = refusal->detail;
    } else {
        sp_cause_explain_fault(&t, refusal->reason, &refusal->fault);
    }
    sp_respond_problem(&t, refusal->reason, refusal->status);
    sp_transaction_finish(&t, 0);
    sp_buf_printf(out, "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Length: %zu\r\n", refusal->status,
                  sp_refusal_status_text(refusal->status), t.answer.body.len);
    for (size_t i = 0; i < t.answer.fields_n; i++) {
        sp_buf_append_c(out, t.answer.fields[i].name);
        sp_buf_append_c(out, ": ");
        sp_buf_append(out, t.answer.fields[i].value);
        sp_buf_append_c(out, "\r\n");
    }
    sp_buf_append_c(out, "\r\n");
    sp_buf_append(out, t.answer.body);
}
