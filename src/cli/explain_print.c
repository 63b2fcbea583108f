/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_print.h"

#include "base/quote.h"
#include "cli/explain_rbac.h"

#define text_of(object, member) sp_str_from_c(json_string_value(json_object_get((object), (member))))

static void append_line_of_rule(const json_t *rule, struct sp_buf *out)
{
    sp_buf_printf(out, "rule %lld, line %lld, %s: %s",
                  (long long)json_integer_value(json_object_get(rule, "rule")),
                  (long long)json_integer_value(json_object_get(rule, "line")), text_of(rule, "action").ptr,
                  text_of(rule, "result").ptr);
    if (json_object_get(rule, "condition") != NULL) {
        sp_buf_printf(out, ": %s: ", text_of(rule, "condition").ptr);
        sp_quote_append_line(text_of(rule, "has"), out);
    }
    if (json_object_get(rule, "wants") != NULL) {
        sp_buf_append_c(out, "; the rule requires ");
        sp_quote_append_line(text_of(rule, "wants"), out);
    }
    if (json_object_get(rule, "looked_for") != NULL) {
        sp_buf_append_c(out, ", and RBAC refuses");
    }
    sp_buf_append_char(out, '\n');
    sp_explain_rbac_append(rule, out);
}

static void append_verdict(const struct sp_verdict *verdict, const json_t *answer, struct sp_buf *out)
{
    sp_buf_append_c(out, sp_verdict_name(verdict->kind));
    if (verdict->reason != SP_REASON_NONE) {
        long long status = (long long)json_integer_value(json_object_get(answer, "status"));
        sp_buf_printf(out, ", %lld %s", status, sp_reason_name(verdict->reason));
    }
    if (verdict->kind == SP_VERDICT_ALLOW && verdict->rule == 0) {
        sp_buf_append_c(out,
                        ": one of sallyport's own pages, let through to the pages listener (direct_pages)");
    } else if (verdict->kind == SP_VERDICT_PAGE) {
        sp_buf_append_c(out, ": one of sallyport's own pages, to which no rule applies");
    } else if (verdict->kind == SP_VERDICT_LOGIN) {
        sp_buf_printf(out, ": rule %zu may let in a user who signs in", verdict->rule);
    } else if (verdict->rule > 0) {
        sp_buf_printf(out, ": rule %zu decides", verdict->rule);
    } else if (verdict->reason == SP_REASON_POLICY_DENIED) {
        sp_buf_append_c(out, ": no rule matches");
    } else {
        sp_buf_printf(out, ": %s", sp_reason_title(verdict->reason));
    }
    sp_buf_append_char(out, '\n');
}

void sp_explain_print(const json_t *answer, const struct sp_verdict *verdict, const struct sp_who *who,
                      struct sp_buf *out)
{
    const json_t *rules = json_object_get(answer, "rules");
    const json_t *item;
    size_t i;
    sp_quote_append_line(text_of(answer, "method"), out);
    sp_buf_append_char(out, ' ');
    sp_quote_append_line(text_of(answer, "url"), out);
    sp_buf_printf(out, "\npolicy %s, headers %s\n", text_of(answer, "policy").ptr,
                  text_of(answer, "header_set").ptr);
    sp_buf_append_c(out, who->identity != NULL ? "user " : "the user is unknown");
    if (who->identity != NULL) {
        sp_quote_append_line(who->identity->user, out);
    } else if (!who->may_sign_in) {
        sp_buf_printf(out, ": %s", sp_reason_name(who->reason));
    }
    sp_buf_append_c(out, "\n\n");
    json_array_foreach (rules, i, item) {
        append_line_of_rule(item, out);
        sp_buf_append_c(out, i + 1 == json_array_size(rules) ? "\n" : "");
    }
    append_verdict(verdict, answer, out);
    json_array_foreach (json_object_get(answer, "headers"), i, item) {
        sp_buf_append_c(out, i == 0 ? "\n" : "");
        sp_quote_append_line(text_of(item, "name"), out);
        sp_buf_append_c(out, ": ");
        sp_quote_append_line(text_of(item, "value"), out);
        sp_buf_append_char(out, '\n');
    }
    json_array_foreach (json_object_get(answer, "notes"), i, item) {
        sp_buf_append_c(out, i == 0 ? "\n" : "");
        sp_buf_append_c(out, "note: ");
        sp_quote_append_line(sp_str_from_c(json_string_value(item)), out);
        sp_buf_append_char(out, '\n');
    }
}
