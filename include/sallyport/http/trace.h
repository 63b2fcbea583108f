/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_TRACE_H
#define SP_HTTP_TRACE_H

/*
 * The trace that a request belongs to, from the header `traceparent` (W3C Trace Context, section 3.2):
 *
 *   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *   version, trace id, parent id, flags; lower-case hexadecimal
 *
 * Version ff is invalid, and so are ids of only zeros. Version 00 ends after the flags. A later version may
 * continue after another hyphen; that part is ignored. Pure.
 */

#include "base/str.h"

/* The trace id, a view of 32 characters into `traceparent`; empty if the header is malformed. */
struct sp_str sp_trace_id(struct sp_str traceparent);

#endif
