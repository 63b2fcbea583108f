/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_TEXTS_H
#define SP_POLICY_TEXTS_H

/* Lists of strings, as in settings and conditions. They are short, so a search compares all of them. */

#include "base/error.h"
#include "base/str.h"

struct sp_texts {
    char **items; /* owned */
    size_t items_n;
};

bool sp_texts_contain(const struct sp_texts *texts, struct sp_str text);

/* Ignores ASCII case. */
bool sp_texts_contain_ci(const struct sp_texts *texts, struct sp_str text);

/* Appends a copy. SP_ERR_MEMORY. The caller limits the number of strings. */
enum sp_error sp_texts_add(struct sp_texts *texts, struct sp_str text) __attribute__((warn_unused_result));

void sp_texts_done(struct sp_texts *texts);

#endif
