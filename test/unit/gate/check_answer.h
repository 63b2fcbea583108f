/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_CHECK_ANSWER_H
#define SP_TEST_UNIT_GATE_CHECK_ANSWER_H

/*
 * Checks that hold for every answer and every log line: status and reason match, no field contains a line
 * break, the fields that keep an answer out of caches and frames are present, every Location is absolute, a
 * body is small, a page contains no markup except ours, and a problem document parses.
 */

#include "gate/dialect.h"

#include "../suite.h"

#include <jansson.h>
#include <string.h>

/* ck_assert_msg writes to a file even if the assertion holds; this macro does so only if it fails. */
#define CHECK(condition, ...)                                                                                \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            ck_abort_msg(__VA_ARGS__);                                                                       \
        }                                                                                                    \
    } while (0)

/* ---- fields ---------------------------------------------------------------------------------------- */

static inline size_t count_fields(const struct sp_answer *answer, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < answer->fields_n; i++) {
        n += strcasecmp(answer->fields[i].name, name) == 0;
    }
    return n;
}

/* Counted from 0; an empty view if there are fewer. */
static inline struct sp_str nth_field(const struct sp_answer *answer, const char *name, size_t n)
{
    for (size_t i = 0; i < answer->fields_n; i++) {
        if (strcasecmp(answer->fields[i].name, name) == 0 && n-- == 0) {
            return answer->fields[i].value;
        }
    }
    return SP_STR_NONE;
}

static inline void check_field(const struct sp_answer_field *field)
{
    CHECK(
        field->name[strspn(field->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")] ==
            '\0',
        "%s", field->name);
    for (size_t i = 0; i < field->value.len; i++) {
        unsigned char c = (unsigned char)field->value.ptr[i];
        /* Other applications' cookies are passed on unchanged, and a tab is an allowed control character in a
         * value. */
        bool is_tab = c == '\t' && strcmp(field->name, "Cookie") == 0;
        CHECK(is_tab || (c >= 0x20 && c != 0x7f), "%s has the byte %02x", field->name, c);
    }
}

static inline void check_says(const struct sp_answer *answer, const char *name, const char *value)
{
    CHECK(count_fields(answer, name) == 1 && sp_str_equal(nth_field(answer, name, 0), sp_str_from_c(value)),
          "%s is \"%.*s\"", name, SP_STR_ARGS(nth_field(answer, name, 0)));
}

/* ---- pages ----------------------------------------------------------------------------------------- */

/* True if `at` begins with one of the words, and the next byte cannot be part of a name. */
static inline bool begins_with_any(const char *at, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(words[i]);
        if (strncmp(at, words[i], len) == 0 && !sp_ascii_is_alnum(at[len])) {
            return true;
        }
    }
    return false;
}

#define BEGINS_WITH_ANY(at, words) begins_with_any(at, words, sizeof words / sizeof words[0])

static inline bool is_address(const char *name, const char *value)
{
    return (strncmp(name, "href=", 5) != 0 && strncmp(name, "action=", 7) != 0) ||
           strncmp(value, "https://", 8) == 0 || strncmp(value, "http://", 7) == 0 ||
           strncmp(value, "mailto:", 7) == 0;
}

/* From the end of a tag's name: attributes of ours, each `name="value"`. Returns the end of the tag. */
static inline const char *check_attributes(const char *at, const char *page)
{
    static const char *const names[] = {"lang",   "charset", "name",   "content", "class",   "href",
                                        "target", "rel",     "method", "action",  "tabindex"};
    while (*at == ' ') {
        at++;
        if (strncmp(at, "open>", 5) == 0) {
            return at + 4;
        }
        CHECK(BEGINS_WITH_ANY(at, names), "an attribute that is not ours: %.40s\n%s", at, page);
        const char *value = strstr(at, "=\"");
        CHECK(value != NULL, "nothing");
        CHECK(is_address(at, value + 2), "%.40s", at);
        at = strchr(value + 2, '"');
        CHECK(at != NULL, "nothing");
        at++;
    }
    CHECK(*at == '>', "not closed: %.40s\n%s", at, page);
    return at;
}

/* Untrusted texts in a page are escaped: there are no tags and attributes except ours (AC 17). */
static inline void check_html(struct sp_str body)
{
    static const char *const tags[] = {"html",   "meta", "title",  "style", "main", "h1",      "h2",
                                       "p",      "a",    "dl",     "dt",    "dd",   "summary", "footer",
                                       "header", "code", "button", "form",  "bdi",  "pre",     "details"};
    char *page = sp_str_dup(body);
    ck_assert_ptr_nonnull(page);
    ck_assert_uint_eq(strlen(page), body.len);
    ck_assert_int_eq(strncmp(page, "<!doctype html><html", 20), 0);
    for (const char *at = strchr(page + 15, '<'); at != NULL; at = strchr(at, '<')) {
        at += at[1] == '/' ? 2 : 1;
        CHECK(BEGINS_WITH_ANY(at, tags),
              "a tag that is not ours: "
              "%.40s",
              at);
        at = check_attributes(at + strspn(at, "abcdefghijklmnopqrstuvwxyz12"), page);
    }
    free(page);
}

/* The body that is sent: only the answers about kubeconfigs have a long one. */
static inline struct sp_str whole_body(const struct sp_answer *answer)
{
    return answer->long_body.len > 0 ? sp_buf_str(&answer->long_body) : answer->body;
}

static inline void check_page(const struct sp_answer *answer)
{
    struct sp_str policy = nth_field(answer, "Content-Security-Policy", 0);
    ck_assert_uint_eq(count_fields(answer, "Content-Security-Policy"), 1);
    ck_assert(sp_str_starts_with(policy, SP_STR("default-src 'none'; style-src 'sha256-")));
    ck_assert(!sp_str_contains(policy, '*'));
    check_html(whole_body(answer));
}

/* ---- problem documents ----------------------------------------------------------------------------- */

static inline const char *member(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL ? value : "(none)";
}

static inline void check_problem(const struct sp_transaction *t)
{
    const struct sp_answer *answer = &t->answer;
    json_t *problem = json_loadb(answer->body.ptr, answer->body.len, JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_object(problem), "%.*s", SP_STR_ARGS(answer->body));
    ck_assert_str_eq(member(problem, "type"), "about:blank");
    ck_assert_str_eq(member(problem, "title"), sp_reason_title(t->reason));
    ck_assert_str_eq(member(problem, "reason"), sp_reason_name(t->reason));
    ck_assert_int_eq(json_integer_value(json_object_get(problem, "status")), answer->status);
    ck_assert_str_eq(member(problem, "request_id"), t->request_id);
    const char *login = json_string_value(json_object_get(problem, "login"));
    ck_assert_int_eq(login != NULL, answer->status == 401 && !t->bearer_alone);
    ck_assert(login == NULL || strncmp(login, "http", 4) == 0);
    json_decref(problem);
}

/* ---- in the API server's own form ------------------------------------------------------------------- */

/* If a binding of the set `kubernetes` matches, unless a person reads the answer. */
static inline bool is_for_kubectl(const struct sp_transaction *t)
{
    return t->binding != NULL && t->binding->credential == SP_HEADER_CREDENTIAL_ACCOUNT &&
           !sp_request_kind_wants_page(sp_transaction_request_kind(t));
}

static inline void check_status_object(const struct sp_transaction *t)
{
    const struct sp_answer *answer = &t->answer;
    json_t *status = json_loadb(answer->body.ptr, answer->body.len, JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_object(status), "%.*s", SP_STR_ARGS(answer->body));
    ck_assert_str_eq(member(status, "kind"), "Status");
    ck_assert_str_eq(member(status, "apiVersion"), "v1");
    ck_assert_str_eq(member(status, "status"), "Failure");
    ck_assert(json_is_object(json_object_get(status, "metadata")));
    ck_assert_int_eq(json_integer_value(json_object_get(status, "code")), answer->status);
    ck_assert_str_eq(member(status, "message"), member(status, "detail"));
    ck_assert_str_eq(member(status, "title"), sp_reason_title(t->reason));
    ck_assert_str_eq(member(status, "request_id"), t->request_id);
    ck_assert_int_eq(json_object_get(status, "login") != NULL, answer->status == 401 && !t->bearer_alone);
    json_decref(status);
}

/* ---- answers --------------------------------------------------------------------------------------- */

static inline bool has_type(const struct sp_answer *answer, const char *type)
{
    return sp_str_equal(nth_field(answer, "Content-Type", 0), sp_str_from_c(type));
}

static inline void check_location(const struct sp_answer *answer)
{
    bool redirects = answer->status / 100 == 3 && answer->status != 300; /* a 300 is a page with a link */
    ck_assert_uint_eq(count_fields(answer, "Location"), redirects);
    struct sp_str location = nth_field(answer, "Location", 0);
    for (size_t i = 0; i < location.len; i++) {
        CHECK(location.ptr[i] > 0x20 && location.ptr[i] < 0x7f && location.ptr[i] != '\\', "%.*s",
              SP_STR_ARGS(location));
    }
    ck_assert(!redirects || sp_str_starts_with(location, SP_STR("https://")) ||
              sp_str_starts_with(location, SP_STR("http://")));
}

/* Answers that are not a plain allow. */
static inline void check_refusal(const struct sp_transaction *t)
{
    const struct sp_answer *answer = &t->answer;
    ck_assert_uint_eq(strlen(t->request_id), SP_REQUEST_ID_LEN);
    check_says(answer, "X-Sallyport-Reason", sp_reason_name(t->reason));
    check_says(answer, "X-Request-Id", t->request_id);
    check_says(answer, "Cache-Control", "no-store");
    check_says(answer, "Vary", "Cookie");
    check_says(answer, "Referrer-Policy", "no-referrer");
    check_says(answer, "X-Content-Type-Options", "nosniff");
    ck_assert_uint_eq(count_fields(answer, "WWW-Authenticate"), answer->status == 401);
    ck_assert_uint_eq(count_fields(answer, "Retry-After"), answer->status == 503 && !is_for_kubectl(t));
    check_location(answer);
    ck_assert_uint_lt(answer->body.len, SP_ANSWER_PAGE_MAX);
    ck_assert(answer->long_body.len == 0 || (answer->body.len == 0 && t->dialect == &sp_dialect_pages));
}

static inline void check_answer(const struct sp_transaction *t)
{
    const struct sp_answer *answer = &t->answer;
    ck_assert(sp_answer_is_whole(answer));
    for (size_t i = 0; i < answer->fields_n; i++) {
        check_field(&answer->fields[i]);
    }
    if (t->verdict == SP_VERDICT_ALLOW) {
        ck_assert_uint_eq(answer->status, 200);
        ck_assert_int_eq(t->reason, SP_REASON_NONE);
        ck_assert_uint_eq(answer->body.len, 0);
        ck_assert_uint_eq(count_fields(answer, "Set-Cookie"), 0);
        return;
    }
    /* A proxy treats every 2xx as an allow, so only the pages listener may answer 200 (me). */
    ck_assert(answer->status >= 300 || (t->dialect == &sp_dialect_pages && answer->status == 200));
    check_refusal(t);
    if (has_type(answer, "text/html; charset=utf-8")) {
        check_page(answer);
    } else if (has_type(answer, "application/problem+json")) {
        ck_assert(!is_for_kubectl(t));
        check_problem(t);
    } else if (is_for_kubectl(t) && has_type(answer, "application/json")) {
        check_status_object(t);
    } else if (is_for_kubectl(t)) {
        ck_assert(answer->status == 403 && has_type(answer, "text/plain; charset=utf-8"));
    } else if (answer->long_body.len > 0) {
        ck_assert(has_type(answer, "application/yaml"));
    } else {
        ck_assert(answer->body.len == 0 || has_type(answer, "application/json"));
    }
}

/* ---- the log --------------------------------------------------------------------------------------- */

static inline void check_log_line(const char *line, size_t len)
{
    static const char *const events[] = {
        "decision",        "login_started",  "login_completed",        "login_failed",
        "logout",          "revoked",        "credential_withheld",    "bearer_incomplete",
        "session_renewed", "renewal_failed", "token_revocation_failed"};
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_object(object), "%.*s", (int)len, line);
    ck_assert_uint_eq(strlen(member(object, "time")), 24);
    CHECK(BEGINS_WITH_ANY(member(object, "event"), events), "%.*s", (int)len, line);
    ck_assert_ptr_null(strchr(member(object, "path"), '?'));
    json_decref(object);
}

static inline void check_log(const char *log)
{
    for (const char *line = log; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        ck_assert_int_eq(line[len], '\n');
        check_log_line(line, len);
        line += len + 1;
    }
}

#endif
