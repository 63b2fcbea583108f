/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_EXCHANGE_H
#define SP_HTTP_EXCHANGE_H

/*
 * One request to another server and its answer, as values: the rooms above decide what is asked, and
 * io/http_client sends it. Every request carries `Accept: application/json`; one with a body is a POST of
 * application/x-www-form-urlencoded, or of JSON. No redirect is followed: a 3xx is an answer like any other.
 *
 * The body of an answer comes whole, at the end, or as a stream: what a 200 carries is handed on in pieces as
 * it arrives, cut anywhere and not decoded, for as long as the server goes on. A stream has no deadline and
 * no ceiling; it ends when nothing has come for too long. Any other status has its body whole.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "http/host.h"

#include <stdint.h>

#define SP_EXCHANGE_ANSWER_MAX (256 * 1024) /* the usual `answer_max` */

/* One piece of a stream, borrowed for the call. False: no more is wanted, which ends the exchange with
 * SP_ERR_LIMIT. */
typedef bool sp_exchange_piece_fn(void *context, struct sp_str piece);

/*
 * How the servers of one party are reached where their names alone do not lead to them. Neither who a server
 * must prove to be nor what it is told changes: TLS name, certificate and Host are those of the URL. All
 * borrowed; who makes it has made sure that the operator wants the http that it allows.
 */
struct sp_exchange_route {
    struct sp_str ca;             /* whose certificates are trusted, in PEM; empty: those of the system */
    struct sp_str certificate;    /* of this client, with its chain, in PEM; empty: none */
    struct sp_str key;            /* of the certificate, in PEM */
    bool is_direct;               /* never by a proxy */
    struct sp_origin origin;      /* connections to it go to `address`, by no proxy; null: none do */
    const char *address;          /* `host:port` */
    struct sp_origin http_origin; /* http is allowed there, as it is on loopback; null: nowhere else */
};

/* Owns its buffers, which hold secrets and are wiped; the rest is borrowed. */
struct sp_exchange_request {
    const char *url;
    const struct sp_exchange_route *route; /* NULL: by the URL alone */
    struct sp_buf body;                    /* empty: a GET */
    bool is_json;                          /* the body; else it is a form */
    struct sp_buf authorization;           /* value of the header; empty: none */
    size_t answer_max;                     /* bytes of a whole body that are accepted, after decoding */
    sp_exchange_piece_fn *piece;           /* of a stream; NULL: the body comes whole */
    int64_t silence_max_ms;                /* of a stream: how long nothing may come, to the second */
};

#define SP_EXCHANGE_REQUEST_NONE ((struct sp_exchange_request){0})

void sp_exchange_request_done(struct sp_exchange_request *request);

/* Borrowed for the call it is given to. */
struct sp_exchange_response {
    enum sp_error error; /* SP_OK: there was an answer, whatever its status */
    const char *text;    /* of the error, for the log */
    bool is_untrusted;   /* the error is that the server's certificate is not accepted */
    unsigned status;
    struct sp_str content_type; /* the field's value; empty: none */
    struct sp_str body;         /* empty after a stream */
};

/* What an answer is worth before its body is read. */
enum sp_exchange_outcome {
    SP_EXCHANGE_UNAVAILABLE = 0, /* no answer, 5xx, or 429: later it may work */
    SP_EXCHANGE_REFUSED,         /* 4xx: the server said no */
    SP_EXCHANGE_UNEXPECTED,      /* 1xx, 3xx, or a 2xx that is not 200: not the protocol */
    SP_EXCHANGE_OK,              /* 200 */
};

enum sp_exchange_outcome sp_exchange_classify(const struct sp_exchange_response *response);

/* Whether the answer has this media type, with or without parameters (RFC 9110, section 8.3.1). */
bool sp_exchange_has_type(const struct sp_exchange_response *response, struct sp_str type);

#endif
