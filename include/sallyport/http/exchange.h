/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_EXCHANGE_H
#define SP_HTTP_EXCHANGE_H

/*
 * One request to another server and its response, as values. The rooms above decide what is requested, and
 * io/http_client sends it. Every request carries `Accept: application/json`. A request with a body is a POST
 * of application/x-www-form-urlencoded or of JSON. Redirects are not followed: a 3xx is a response like any
 * other.
 *
 * The body of a response arrives complete, at the end, or as a stream. The body of a 200 is streamed in
 * pieces as they arrive, cut anywhere and not decoded, for as long as the server continues. A stream has no
 * deadline and no ceiling; it ends if nothing arrives for too long. The body of any other status arrives
 * complete.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "http/host.h"

#include <stdint.h>

#define SP_EXCHANGE_ANSWER_MAX (256 * 1024) /* the usual `answer_max` */

/* One piece of a stream, borrowed for the call. Returning false ends the exchange with SP_ERR_LIMIT. */
typedef bool sp_exchange_piece_fn(void *context, struct sp_str piece);

/*
 * How to reach the servers of an issuer or a cluster if their names alone are not enough. It changes neither
 * which identity a server must prove nor what is sent to it: the TLS name, certificate and Host are those of
 * the URL. Everything is borrowed. The code that creates a route that allows http must make sure that the
 * operator allowed it.
 */
struct sp_exchange_route {
    struct sp_str ca;             /* trusted certificate authorities, in PEM; empty: those of the system */
    struct sp_str certificate;    /* client certificate with its chain, in PEM; empty: none */
    struct sp_str key;            /* private key of the certificate, in PEM */
    bool is_direct;               /* never through a proxy */
    struct sp_origin origin;      /* connections to this origin go to `address`, without a proxy; null:
                                     none */
    const char *address;          /* `host:port` */
    struct sp_origin http_origin; /* http is allowed to this origin and to loopback; null: only to loopback */
};

/* Owns its buffers, which hold secrets and are wiped. The rest is borrowed. */
struct sp_exchange_request {
    const char *url;
    const struct sp_exchange_route *route; /* NULL: connect as the URL says */
    struct sp_buf body;                    /* empty: the request is a GET */
    bool is_json;                          /* the body is JSON; otherwise a form */
    struct sp_buf authorization;           /* value of the header; empty: none */
    size_t answer_max;                     /* limit on a complete body, in bytes after decoding */
    sp_exchange_piece_fn *piece;           /* receives a stream piece by piece; NULL: no stream */
    int64_t silence_max_ms;                /* how long a stream may be silent before the exchange ends */
};

#define SP_EXCHANGE_REQUEST_NONE ((struct sp_exchange_request){0})

void sp_exchange_request_done(struct sp_exchange_request *request);

/* Borrowed for the call that receives it. */
struct sp_exchange_response {
    enum sp_error error; /* SP_OK if a response arrived, with any status */
    const char *text;    /* describes the error, for the log */
    bool is_untrusted;   /* the error is an untrusted server certificate */
    unsigned status;
    struct sp_str content_type; /* the field's value; empty: none */
    struct sp_str body;         /* empty after a stream */
};

/* The class of a response, judged before its body is read. */
enum sp_exchange_outcome {
    SP_EXCHANGE_UNAVAILABLE = 0, /* no response, 5xx, or 429: may work later */
    SP_EXCHANGE_REFUSED,         /* 4xx: the server refused */
    SP_EXCHANGE_UNEXPECTED,      /* 1xx, 3xx, or a 2xx other than 200: a violation of the protocol */
    SP_EXCHANGE_OK,              /* 200 */
};

enum sp_exchange_outcome sp_exchange_classify(const struct sp_exchange_response *response);

/* True if the response has this media type, with or without parameters (RFC 9110, section 8.3.1). */
bool sp_exchange_has_type(const struct sp_exchange_response *response, struct sp_str type);

#endif
