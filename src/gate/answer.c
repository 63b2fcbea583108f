/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/answer.h"

#include "base/block.h"

void sp_answer_init(struct sp_answer *answer)
{
    answer->status = 0;
    answer->close = false;
    answer->fields_n = 0;
    answer->body = SP_STR_NONE;
    answer->long_body = SP_BUF_NONE;
    answer->text = SP_BUF_ON(answer->storage);
}

void sp_answer_done(struct sp_answer *answer)
{
    sp_buf_done(&answer->long_body);
    answer->long_body = SP_BUF_NONE;
}

static inline sp_block breaks_a_line(sp_block block)
{
    return (sp_block)((block == '\r') | (block == '\n') | (block == '\0'));
}

size_t sp_answer_begin_value(const struct sp_answer *answer)
{
    return answer->text.len;
}

void sp_answer_end_value(struct sp_answer *answer, const char *name, size_t begin)
{
    struct sp_str value = sp_str_skip(sp_buf_str(&answer->text), begin);
    if (answer->fields_n == SP_ANSWER_FIELDS_MAX || sp_block_some(value, breaks_a_line)) {
        answer->text.failed = true;
        return;
    }
    answer->fields[answer->fields_n++] = (struct sp_answer_field){name, value};
}

enum sp_error sp_answer_end_cookie(struct sp_answer *answer, size_t begin, enum sp_error error)
{
    if (error == SP_OK) {
        sp_answer_end_value(answer, "Set-Cookie", begin);
    }
    return error;
}

void sp_answer_add(struct sp_answer *answer, const char *name, struct sp_str value)
{
    size_t begin = sp_answer_begin_value(answer);
    sp_buf_append(&answer->text, value);
    sp_answer_end_value(answer, name, begin);
}

void sp_answer_add_parts(struct sp_answer *answer, const struct sp_answer_part *parts, size_t parts_n,
                         struct sp_str text)
{
    size_t begin = sp_answer_begin_value(answer);
    sp_buf_append(&answer->text, text);
    if (answer->text.failed || parts_n > SP_ANSWER_FIELDS_MAX - answer->fields_n) {
        answer->text.failed = true;
        return;
    }
    for (size_t i = 0; i < parts_n; i++) {
        struct sp_str value = {answer->text.ptr + begin + parts[i].at, parts[i].len};
        answer->fields[answer->fields_n++] = (struct sp_answer_field){parts[i].name, value};
    }
}

void sp_answer_end_body(struct sp_answer *answer, size_t begin)
{
    answer->body = sp_str_skip(sp_buf_str(&answer->text), begin);
}

bool sp_answer_is_whole(const struct sp_answer *answer)
{
    return answer->status != 0 && sp_buf_error(&answer->text) == SP_OK &&
           sp_buf_error(&answer->long_body) == SP_OK;
}
