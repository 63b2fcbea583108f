/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_HTML_H
#define SP_GATE_HTML_H

/*
 * The pages that people see, all in one simple design: what happened, what to do now, and the request id that
 * is in the log. There are no scripts, no images and no external resources. The only style sheet is inline,
 * and the policy names it by its hash. The texts come from fixed tables; strings from the user (an address, a
 * name) are escaped. Each page is shorter than SP_ANSWER_PAGE_MAX, so that a proxy with a small limit relays
 * it whole. The page of kubeconfigs is larger, but it is never the answer to a subrequest.
 */

#include "base/buf.h"
#include "base/reason.h"
#include "base/time.h"
#include "config/config.h"

/* The hash of the style sheet for `style-src`: SHA-256 in base64. A test compares it with the style of a
 * page. */
extern const char sp_html_style_hash[];

/* Where the button of a page leads; the zero value is no button. */
enum sp_html_link {
    SP_HTML_LINK_NONE,
    SP_HTML_LINK_HERE,    /* in this window */
    SP_HTML_LINK_TOP,     /* in the top window, outside a frame */
    SP_HTML_LINK_NEW_TAB, /* in a new tab, so that a form on this page is not lost */
    SP_HTML_LINK_POST,    /* posts a form without fields */
};

/* The texts of a page that does not use those of a reason. */
struct sp_html_texts {
    const char *title;
    const char *text;
    const char *advice;
};

struct sp_html_page {
    const struct sp_config *config; /* has the site name and the support link; NULL: neither is shown */
    const char *title;
    const char *text;     /* what happened; plain text */
    const char *advice;   /* what to do now; plain text, may be NULL */
    struct sp_str detail; /* additional sentences, which may quote the request; may be empty */
    struct sp_str user;   /* the user's name; empty: not shown */
    bool user_is_cut;     /* the name is longer than shown */
    enum sp_html_link link;
    struct sp_str href;
    const char *label;
    struct sp_str second_href; /* a plain second link; empty: none */
    const char *second_label;
    struct sp_str request_id;
    enum sp_reason reason;
};

void sp_html_append_page(const struct sp_html_page *page, struct sp_buf *out);

/* Components for a page with its own content: a head with `site_name`, and a foot with `support_url`. */
void sp_html_append_head(const struct sp_config *config, const char *title, struct sp_buf *out);
void sp_html_append_name(struct sp_str name, struct sp_buf *out);

/* Lines to copy as a whole: one click selects all of them, without a script. */
void sp_html_append_code(struct sp_str text, struct sp_buf *out);

/* Formats a time for people: 2026-11-24 11:00 UTC. */
struct sp_str sp_html_format_time(int64_t time_s, char storage[SP_TIME_TEXT_LEN + 1]);
void sp_html_append_foot(const struct sp_config *config, struct sp_str request_id, enum sp_reason reason,
                         struct sp_buf *out);

/* The text and advice for a reason. If it is known who can fix the cause, the advice is for them. */
const char *sp_html_text(enum sp_reason reason);
const char *sp_html_advice(enum sp_reason reason, enum sp_mender mender);

#endif
