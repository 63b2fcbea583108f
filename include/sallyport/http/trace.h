/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_TRACE_H
#define SP_HTTP_TRACE_H

/*
 * The trace that a request belongs to, as the header `traceparent` says (W3C Trace Context, section 3.2):
 *
 *   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *   version, trace id, parent id, flags; lower-case hexadecimal
 *
 * Version ff is none, and ids of nothing but zeros are none. Version 00 ends there; a later one may go on behind a
 * further hyphen, and is read as far as this. Pure.
 */

#include "base/str.h"

/* The trace id, a view of 32 characters into `traceparent`; empty where the header is not well-formed. */
struct sp_str sp_trace_id(struct sp_str traceparent);

#endif
