/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wording.h"

#include "base/buf.h"
#include "base/quote.h"

#define BEGINNING_MIN 4 /* minimum length of a word that may stand for a longer name */

const char *sp_quote(struct sp_str value, struct sp_quoted *out)
{
    struct sp_buf buf = SP_BUF_ON(out->text);
    size_t i = 0;
    while (i < value.len && i < SP_QUOTE_SHOWN_MAX) {
        struct sp_str rest = sp_str_skip(value, i);
        bool is_special = rest.ptr[0] == '"' || rest.ptr[0] == '\\';
        size_t len = is_special ? 0 : sp_quote_shown_len(rest);
        if (len > 0) {
            sp_buf_append(&buf, (struct sp_str){rest.ptr, len});
        } else {
            sp_buf_printf(&buf, "\\x%02x", (unsigned char)rest.ptr[0]);
        }
        i += len > 0 ? len : 1;
    }
    if (i < value.len) {
        sp_buf_append_c(&buf, "…");
    }
    const char *text = sp_buf_c_str(&buf);
    return text != NULL ? text : "";
}

struct sp_nearest sp_nearest_of(struct sp_str word)
{
    return (struct sp_nearest){.word = word, .best = SP_STR_NONE, .distance = SIZE_MAX};
}

void sp_nearest_offer(struct sp_nearest *nearest, struct sp_str name)
{
    size_t limit = nearest->word.len / 3 > 2 ? nearest->word.len / 3 : 2;
    size_t distance = sp_str_distance(nearest->word, name);
    if (nearest->word.len >= BEGINNING_MIN && sp_str_starts_with(name, nearest->word)) {
        distance = 1;
    }
    /* "issuer_url" for "issuer": the word is the name with something added. It loses to a closer name. */
    if (distance > limit && name.len >= BEGINNING_MIN &&
        (sp_str_starts_with(nearest->word, name) || sp_str_ends_with(nearest->word, name))) {
        distance = limit;
    }
    /* A distance as long as the word itself means nothing: two edits turn any two characters into any
     * others. */
    if (distance > limit || distance >= nearest->word.len || distance >= nearest->distance) {
        return;
    }
    nearest->best = name;
    nearest->distance = distance;
}

const char *sp_nearest_text(const struct sp_nearest *nearest, struct sp_quoted *out)
{
    struct sp_buf buf = SP_BUF_ON(out->text);
    if (nearest->best.len > 0) {
        sp_buf_printf(&buf, ": did you mean \"%s\"?", SP_QUOTE(nearest->best));
    }
    const char *text = sp_buf_c_str(&buf);
    return text != NULL ? text : "";
}
