/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_TRAEFIK_H
#define SP_GATE_TRAEFIK_H

/*
 * The dialect of Traefik's ForwardAuth: a GET of the middleware's address with the browser's headers and
 * Traefik's own X-Forwarded-* headers (http/forwarded.h). 200 lets the request through, with the identity
 * headers that the middleware lists; Traefik passes any other answer to the browser unchanged.
 *
 * The options are the query of the middleware's address: `policy=NAME`, `headers=NAME[,NAME]` and `prefix=1`.
 */

#include "gate/dialect.h"

/* See struct sp_dialect. */
enum sp_reason sp_traefik_read(const struct sp_head *head, struct sp_str options,
                               struct sp_proxy_question *out);

#endif
