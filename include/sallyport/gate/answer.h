/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ANSWER_H
#define SP_GATE_ANSWER_H

/*
 * An answer while it is made: status, header fields and body in storage of its own, without allocation and on
 * the stack, where room that is not used costs nothing. The transport copies it out once it is whole. What
 * does not fit makes the answer fail, and a failed answer is sent as 503 `overloaded`: never a part of one,
 * never an allow.
 *
 * A body that may be longer than that is on the heap. Whoever sends the answer takes it; sp_answer_done
 * frees one that nobody took.
 */

#include "base/buf.h"
#include "base/reason.h"

#define SP_ANSWER_FIELDS_MAX 1280  /* a line for each of 1,000 groups, and what else there is */
#define SP_ANSWER_TEXT_MAX   65536 /* bytes of all values and the body */
#define SP_ANSWER_PAGE_MAX   4096  /* bytes of a body that a proxy relays */

struct sp_answer_field {
    const char *name; /* ends in NUL; lives longer than the answer */
    struct sp_str value;
};

struct sp_answer {
    unsigned status; /* 0: not made yet, and sent as a failure */
    bool close;      /* the connection ends after it */
    size_t fields_n;
    struct sp_str body;
    struct sp_buf long_body; /* owned; where it has bytes, `body` has none */
    struct sp_buf text;
    struct sp_answer_field fields[SP_ANSWER_FIELDS_MAX];
    char storage[SP_ANSWER_TEXT_MAX];
};

/* Empties; must be called before anything else. */
void sp_answer_init(struct sp_answer *answer);

/* Wipes and frees the long body. */
void sp_answer_done(struct sp_answer *answer);

/* Adds a field; the value is copied. A value with a CR, LF or NUL fails the answer (response splitting). */
void sp_answer_add(struct sp_answer *answer, const char *name, struct sp_str value);

/* A field, and where in a text its value is. */
struct sp_answer_part {
    const char *name;
    size_t at;
    size_t len;
};

/* Adds fields whose values, all in `text`, were fields of an answer before: they break no line. */
void sp_answer_add_parts(struct sp_answer *answer, const struct sp_answer_part *parts, size_t parts_n,
                         struct sp_str text);

/* Builds a value or the body in place: begin, append to `answer->text`, then end. */
size_t sp_answer_begin_value(const struct sp_answer *answer);
void sp_answer_end_value(struct sp_answer *answer, const char *name, size_t begin);

/* Ends a Set-Cookie line, none where writing its value has failed with `error`; returns that. */
enum sp_error sp_answer_end_cookie(struct sp_answer *answer, size_t begin, enum sp_error error);

void sp_answer_end_body(struct sp_answer *answer, size_t begin);

/* False when something did not fit. */
bool sp_answer_is_whole(const struct sp_answer *answer);

#endif
