/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ANSWER_H
#define SP_GATE_ANSWER_H

/*
 * An answer under construction: status, header fields and body. It has its own storage on the stack, and
 * allocates nothing; unused space costs nothing. The transport copies the answer once it is complete. An
 * answer that does not fit fails, and is sent as 503 `overloaded`: never a partial answer, never an allow.
 *
 * A body that may be longer is on the heap. The code that sends the answer takes ownership of it;
 * sp_answer_done frees a body that was not taken.
 */

#include "base/buf.h"
#include "base/reason.h"

#define SP_ANSWER_FIELDS_MAX 1280  /* a field for each of 1,000 groups, and all other fields */
#define SP_ANSWER_TEXT_MAX   65536 /* bytes of all values and the body */
#define SP_ANSWER_PAGE_MAX   4096  /* bytes of a body that every proxy relays */

struct sp_answer_field {
    const char *name; /* NUL-terminated; outlives the answer */
    struct sp_str value;
};

struct sp_answer {
    unsigned status; /* 0 until it is set; an answer with 0 is sent as a failure */
    bool close;      /* close the connection afterwards */
    size_t fields_n;
    struct sp_str body;
    struct sp_buf long_body; /* owned; at most one of this and `body` is not empty */
    struct sp_buf text;
    struct sp_answer_field fields[SP_ANSWER_FIELDS_MAX];
    char storage[SP_ANSWER_TEXT_MAX];
};

/* Empties the answer; must be called first. */
void sp_answer_init(struct sp_answer *answer);

/* Wipes and frees the long body. */
void sp_answer_done(struct sp_answer *answer);

/* Adds a field; the value is copied. A value with a CR, LF or NUL fails the answer (response splitting). */
void sp_answer_add(struct sp_answer *answer, const char *name, struct sp_str value);

/* A field: its name, and the position of its value in a string. */
struct sp_answer_part {
    const char *name;
    size_t at;
    size_t len;
};

/* Adds fields whose values, all in `text`, come from an earlier answer and so contain no line breaks. */
void sp_answer_add_parts(struct sp_answer *answer, const struct sp_answer_part *parts, size_t parts_n,
                         struct sp_str text);

/* Builds a value or the body in place: begin, append to `answer->text`, then end. */
size_t sp_answer_begin_value(const struct sp_answer *answer);
void sp_answer_end_value(struct sp_answer *answer, const char *name, size_t begin);

/* Ends a Set-Cookie field, or drops it if writing its value failed with `error`. Returns `error`. */
enum sp_error sp_answer_end_cookie(struct sp_answer *answer, size_t begin, enum sp_error error);

void sp_answer_end_body(struct sp_answer *answer, size_t begin);

/* False if something did not fit. */
bool sp_answer_is_whole(const struct sp_answer *answer);

#endif
