/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/texts.h"

#include <stdlib.h>

bool sp_texts_contain(const struct sp_texts *texts, struct sp_str text)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        if (sp_str_equal(sp_str_from_c(texts->items[i]), text)) {
            return true;
        }
    }
    return false;
}

bool sp_texts_contain_ci(const struct sp_texts *texts, struct sp_str text)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        if (sp_str_equal_ci(sp_str_from_c(texts->items[i]), text)) {
            return true;
        }
    }
    return false;
}

enum sp_error sp_texts_add(struct sp_texts *texts, struct sp_str text)
{
    char **items = reallocarray(texts->items, texts->items_n + 1, sizeof *items);
    if (items == NULL) {
        return SP_ERR_MEMORY;
    }
    texts->items = items;
    char *copy = sp_str_dup(text);
    if (copy == NULL) {
        return SP_ERR_MEMORY;
    }
    items[texts->items_n++] = copy;
    return SP_OK;
}

void sp_texts_done(struct sp_texts *texts)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        free(texts->items[i]);
    }
    free(texts->items);
    *texts = (struct sp_texts){0};
}
