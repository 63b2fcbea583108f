/* SPDX-License-Identifier: Apache-2.0 */
#include "io/log.h"

#include "../suite.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- standard output ------------------------------------------------------------------------------- */

/* Standard output during a test: a file in memory, or the writing end of a pipe. */
struct output {
    int saved_fd;
    int read_fd;
};

static void output_to(struct output *output, int fd)
{
    fflush(stdout);
    output->saved_fd = dup(STDOUT_FILENO);
    ck_assert_int_ge(dup2(fd, STDOUT_FILENO), 0);
}

static struct output output_to_memory(void)
{
    struct output output = {.read_fd = memfd_create("log", MFD_CLOEXEC)};
    output_to(&output, output.read_fd);
    return output;
}

static struct output output_to_pipe(void)
{
    int fds[2];
    struct output output;
    ck_assert_int_eq(pipe(fds), 0);
    output.read_fd = fds[0];
    output_to(&output, fds[1]);
    close(fds[1]);
    return output;
}

static void output_done(struct output *output)
{
    dup2(output->saved_fd, STDOUT_FILENO);
    close(output->saved_fd);
    if (output->read_fd >= 0) {
        close(output->read_fd);
    }
}

#define OUTPUT __attribute__((cleanup(output_done))) struct output

/* Everything that was written so far. */
static const char *written(const struct output *output)
{
    static char text[4 * 1024 * 1024];
    ssize_t n = pread(output->read_fd, text, sizeof text - 1, 0);
    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    return text;
}

static json_t *parse(const char *line)
{
    json_error_t error;
    json_t *object = json_loadb(line, strcspn(line, "\n"), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    ck_assert_msg(json_is_object(object), "%s: %.300s", error.text, line);
    return object;
}

static const char *member(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "(none)";
}

/* ---- one line -------------------------------------------------------------------------------------- */

SP_TEST(a_line_is_one_json_object)
{
    OUTPUT output = output_to_memory();
    struct sp_log_line line;
    ck_assert(sp_log_begin(&line, SP_LOG_INFO, "decision"));
    sp_log_text(&line, "path", SP_STR("/a"));
    sp_log_text(&line, "absent", SP_STR(""));
    sp_log_number(&line, "status", 403);
    sp_log_end(&line);
    const char *text = written(&output);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    json_t *object = parse(text);
    ck_assert_str_eq(member(object, "level"), "info");
    ck_assert_str_eq(member(object, "event"), "decision");
    ck_assert_str_eq(member(object, "path"), "/a");
    ck_assert_int_eq(json_integer_value(json_object_get(object, "status")), 403);
    ck_assert_uint_eq(json_object_size(object), 5);
    const char *time = member(object, "time");
    ck_assert_uint_eq(strlen(time), 24);
    ck_assert(time[10] == 'T' && time[19] == '.' && time[23] == 'Z');
    json_decref(object);
}
SP_TEST_END

/* The list of a line with these strings, and whether the line has `cut`. */
static json_t *listed(const char *const *values, size_t values_n, bool *cut)
{
    OUTPUT output = output_to_memory();
    struct sp_log_line line;
    ck_assert(sp_log_begin(&line, SP_LOG_INFO, "decision"));
    sp_log_texts(&line, "names", values, values_n);
    sp_log_end(&line);
    json_t *object = parse(written(&output));
    json_t *list = json_incref(json_object_get(object, "names"));
    *cut = json_is_true(json_object_get(object, "cut"));
    json_decref(object);
    return list;
}

SP_TEST(a_list_holds_what_fits_and_is_absent_when_empty)
{
    bool cut;
    char longest[SP_LOG_VALUE_MAX + 1];
    memset(longest, 'a', sizeof longest);
    longest[SP_LOG_VALUE_MAX] = '\0';
    const char *const two[] = {"a", "b\"\n"};
    const char *const more[] = {longest + 1, "c", "d"};
    json_t *list = listed(two, 2, &cut);
    ck_assert(!cut && json_array_size(list) == 2);
    ck_assert_str_eq(json_string_value(json_array_get(list, 1)), "b\"\n");
    json_decref(list);
    list = listed(more, 2, &cut);
    ck_assert(!cut && json_array_size(list) == 2);
    json_decref(list);
    list = listed(more, 3, &cut);
    ck_assert(cut && json_array_size(list) == 2);
    json_decref(list);
    ck_assert_ptr_null(listed(two, 0, &cut));
}
SP_TEST_END

SP_TEST(levels_below_the_chosen_one_are_left_out)
{
    OUTPUT output = output_to_memory();
    struct sp_log_line line;
    ck_assert(!sp_log_begin(&line, SP_LOG_DEBUG, "x")); /* info by default */
    ck_assert_int_eq(sp_log_start(SP_LOG_WARN, SP_LOG_JSON), 0);
    ck_assert(!sp_log_begin(&line, SP_LOG_INFO, "x"));
    ck_assert(sp_log_begin(&line, SP_LOG_WARN, "x"));
    ck_assert(sp_log_begin(&line, SP_LOG_ERROR, "x"));
    sp_log_event(SP_LOG_INFO, "x", "k", SP_STR("v"));
    sp_log_flush(1000);
    ck_assert_str_eq(written(&output), "");
}
SP_TEST_END

static json_t *told_of(enum sp_log_user how, struct sp_str person)
{
    OUTPUT output = output_to_memory();
    SP_KEYRING_SCOPED struct sp_keyring *ring = NULL;
    ck_assert_int_eq(sp_random_init(), 0);
    ck_assert_int_eq(
        sp_keyring_parse(SP_STR("old y6BrVzb69n5UsHtWHq6UOV53TFF6fZEKVDaeEmPM-9Q"), 0, NULL, &ring), SP_OK);
    struct sp_log_line line;
    char pseudonym[SP_PSEUDONYM_LEN];
    sp_log_name_people(how, ring);
    ck_assert(sp_log_begin(&line, SP_LOG_INFO, "decision"));
    sp_log_person(&line, "user", person);
    sp_log_text(&line, "detail", sp_log_person_in_text(person, pseudonym));
    sp_log_end(&line);
    return parse(written(&output));
}

SP_TEST(people_are_named_as_the_setting_says)
{
    static const struct sp_str ada = SP_STR("ada@example.com");
    json_t *plain = told_of(SP_LOG_USER_PLAIN, ada);
    json_t *hash = told_of(SP_LOG_USER_HASH, ada);
    json_t *none = told_of(SP_LOG_USER_NONE, ada);
    ck_assert_str_eq(member(plain, "user"), ada.ptr);
    ck_assert_str_eq(member(plain, "detail"), ada.ptr);
    ck_assert_uint_eq(strlen(member(hash, "user")), SP_PSEUDONYM_LEN);
    ck_assert_uint_eq(strspn(member(hash, "user"), "0123456789abcdef"), SP_PSEUDONYM_LEN);
    ck_assert_str_eq(member(hash, "detail"), member(hash, "user"));
    ck_assert_ptr_null(json_object_get(none, "user"));
    ck_assert_str_eq(member(none, "detail"), "(not logged)");
    json_decref(plain);
    json_decref(hash);
    json_decref(none);
}
SP_TEST_END

SP_TEST(a_name_that_is_empty_is_left_out_in_every_way)
{
    static const enum sp_log_user ways[] = {SP_LOG_USER_PLAIN, SP_LOG_USER_HASH, SP_LOG_USER_NONE};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        json_t *line = told_of(ways[i], SP_STR_NONE);
        ck_assert_ptr_null(json_object_get(line, "user"));
        json_decref(line);
    }
}
SP_TEST_END

SP_TEST(text_of_strangers_breaks_no_line)
{
    static const struct sp_str values[] = {
        SP_STR("a\nb"),         SP_STR("\r\n{\"level\":\"info\"}"),
        SP_STR("\"},{\""),      SP_STR("\\"),
        SP_STR("\0\x01\x7f"),   SP_STR("\xff\xc0\x80"),
        SP_STR("\xe2\x80\xa8"), SP_STR("\x1b[31m"),
    };
    OUTPUT output = output_to_memory();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        sp_log_event(SP_LOG_WARN, "decision", "value", values[i]);
    }
    const char *text = written(&output);
    size_t n = 0;
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1, n++) {
        json_t *object = parse(at);
        ck_assert_uint_eq(json_object_size(object), 4);
        json_decref(object);
    }
    ck_assert_uint_eq(n, sizeof values / sizeof values[0]);
    ck_assert_ptr_null(strchr(text, '\x1b'));
}
SP_TEST_END

/* For a terminal U+009B is ESC [; the others end a line, reverse its direction, or hide text. */
SP_TEST(ac_91_no_value_reaches_a_terminal_with_what_it_would_not_show)
{
    OUTPUT output = output_to_memory();
    struct sp_str value = SP_STR("/\xc2\x9b"
                                 "31m\xc2\x85\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa9\xd8\x9c\xef\xbb\xbf");
    sp_log_event(SP_LOG_WARN, "decision", "path", value);
    ck_assert_int_eq(sp_log_start(SP_LOG_INFO, SP_LOG_TEXT), 0);
    sp_log_event(SP_LOG_WARN, "decision", "path", value);
    sp_log_flush(1000);
    const char *first = written(&output);
    const char *second = strchr(first, '\n') + 1;
    for (const char *at = first; *at != '\0'; at++) {
        ck_assert((unsigned char)*at < 0x80);
    }
    json_t *object = parse(first);
    ck_assert_str_eq(member(object, "path"), value.ptr);
    ck_assert_ptr_nonnull(strstr(second, "path=\"/\\u009b31m\\u0085\\u2028\\u202e\\u2069\\u061c\\ufeff\"\n"));
    json_decref(object);
}
SP_TEST_END

SP_TEST(the_text_form_has_keys_and_quoted_values)
{
    OUTPUT output = output_to_memory();
    ck_assert_int_eq(sp_log_start(SP_LOG_INFO, SP_LOG_TEXT), 0);
    struct sp_log_line line;
    ck_assert(sp_log_begin(&line, SP_LOG_INFO, "start"));
    sp_log_text(&line, "detail", SP_STR("a \"b\"\nc"));
    sp_log_number(&line, "n", 18446744073709551615u);
    sp_log_end(&line);
    sp_log_flush(1000);
    const char *text = written(&output);
    ck_assert_int_eq(strncmp(text, "time=\"", 6), 0);
    ck_assert_ptr_nonnull(strstr(text, "\" level=\"info\" event=\"start\" detail=\"a \\\"b\\\"\\nc\" "
                                       "n=18446744073709551615\n"));
}
SP_TEST_END

SP_TEST(a_long_value_is_cut_and_the_line_says_so)
{
    static char value[SP_LOG_VALUE_MAX + 1];
    OUTPUT output = output_to_memory();
    memset(value, 'x', sizeof value);
    sp_log_event(SP_LOG_INFO, "decision", "path", (struct sp_str){value, SP_LOG_VALUE_MAX});
    sp_log_event(SP_LOG_INFO, "decision", "path", (struct sp_str){value, SP_LOG_VALUE_MAX + 1});
    const char *text = written(&output);
    json_t *whole = parse(text);
    json_t *cut = parse(strchr(text, '\n') + 1);
    ck_assert_uint_eq(strlen(member(whole, "path")), SP_LOG_VALUE_MAX);
    ck_assert_ptr_null(json_object_get(whole, "cut"));
    ck_assert_uint_eq(strlen(member(cut, "path")), SP_LOG_VALUE_MAX);
    ck_assert(json_is_true(json_object_get(cut, "cut")));
    json_decref(whole);
    json_decref(cut);
}
SP_TEST_END

SP_TEST(a_line_has_a_limit_and_stays_well_formed)
{
    static char value[SP_LOG_VALUE_MAX];
    OUTPUT output = output_to_memory();
    memset(value, '\x01', sizeof value); /* six bytes each */
    for (size_t len = 600; len < 700; len++) {
        struct sp_log_line line;
        ck_assert(sp_log_begin(&line, SP_LOG_INFO, "decision"));
        sp_log_text(&line, "a", (struct sp_str){value, len});
        sp_log_text(&line, "b", (struct sp_str){value, 30});
        sp_log_number(&line, "status", 7);
        sp_log_end(&line);
    }
    size_t cut_n = 0;
    for (const char *at = written(&output); *at != '\0'; at += strcspn(at, "\n") + 1) {
        ck_assert_uint_le(strcspn(at, "\n") + 1, SP_LOG_LINE_MAX);
        json_t *object = parse(at);
        bool has_all = json_object_size(object) == 6;
        cut_n += json_is_true(json_object_get(object, "cut"));
        ck_assert(has_all || json_is_true(json_object_get(object, "cut")));
        json_decref(object);
    }
    ck_assert_uint_gt(cut_n, 10);
    ck_assert_uint_lt(cut_n, 100);
}
SP_TEST_END

/* ---- the queue ------------------------------------------------------------------------------------- */

static void write_line(size_t number)
{
    struct sp_log_line line;
    char filler[256];
    memset(filler, 'f', sizeof filler);
    ck_assert(sp_log_begin(&line, SP_LOG_INFO, "decision"));
    sp_log_number(&line, "number", number);
    sp_log_text(&line, "filler", (struct sp_str){filler, sizeof filler});
    sp_log_end(&line);
}

SP_TEST(a_reader_who_does_not_read_holds_up_nobody_and_loses_lines)
{
    OUTPUT output = output_to_pipe();
    ck_assert_int_eq(sp_log_start(SP_LOG_INFO, SP_LOG_JSON), 0);
    size_t n = 3 * SP_LOG_QUEUE_MAX / 256;
    for (size_t i = 0; i < n; i++) {
        write_line(i);
    }
    uint64_t dropped = sp_log_dropped();
    ck_assert_uint_gt(dropped, n / 3);
    sp_log_flush(50); /* nothing can be written, but it returns */
    /* what is read then is complete, in order, and everything that was not dropped */
    static char text[2 * SP_LOG_QUEUE_MAX];
    size_t len = 0;
    size_t lines_n = 0;
    while (lines_n < n - dropped) {
        ssize_t got = read(output.read_fd, text + len, sizeof text - 1 - len);
        ck_assert_int_gt(got, 0);
        for (ssize_t i = 0; i < got; i++) {
            lines_n += text[len + (size_t)i] == '\n';
        }
        len += (size_t)got;
    }
    text[len] = '\0';
    json_int_t before = -1;
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        json_t *object = parse(at);
        json_int_t number = json_integer_value(json_object_get(object, "number"));
        ck_assert_int_gt(number, before);
        before = number;
        json_decref(object);
    }
    ck_assert_uint_eq(lines_n, n - dropped);
    ck_assert_uint_eq(sp_log_dropped(), dropped);
}
SP_TEST_END

SP_TEST(an_output_that_is_closed_loses_lines_and_nothing_else)
{
    OUTPUT output = output_to_pipe();
    signal(SIGPIPE, SIG_IGN);
    close(output.read_fd);
    output.read_fd = -1;
    sp_log_event(SP_LOG_INFO, "start", "k", SP_STR("v"));
    ck_assert_uint_eq(sp_log_dropped(), 1);
    ck_assert_int_eq(sp_log_start(SP_LOG_INFO, SP_LOG_JSON), 0);
    write_line(1);
    sp_log_flush(1000);
    ck_assert_uint_eq(sp_log_dropped(), 2);
    close(STDOUT_FILENO);
    write_line(2);
    sp_log_flush(1000);
    ck_assert_uint_eq(sp_log_dropped(), 3);
}
SP_TEST_END

static void *write_many(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < 500; i++) {
        write_line(i);
    }
    return NULL;
}

SP_TEST(lines_of_several_threads_never_mix)
{
    OUTPUT output = output_to_memory();
    pthread_t threads[4];
    ck_assert_int_eq(sp_log_start(SP_LOG_INFO, SP_LOG_JSON), 0);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    sp_log_flush(10000);
    size_t n = 0;
    for (const char *at = written(&output); *at != '\0'; at += strcspn(at, "\n") + 1, n++) {
        json_decref(parse(at));
    }
    ck_assert_uint_eq(n, 2000);
    ck_assert_uint_eq(sp_log_dropped(), 0);
}
SP_TEST_END

SP_SUITE("io/log", a_line_is_one_json_object, a_list_holds_what_fits_and_is_absent_when_empty,
         levels_below_the_chosen_one_are_left_out, people_are_named_as_the_setting_says,
         a_name_that_is_empty_is_left_out_in_every_way, text_of_strangers_breaks_no_line,
         ac_91_no_value_reaches_a_terminal_with_what_it_would_not_show,
         the_text_form_has_keys_and_quoted_values, a_long_value_is_cut_and_the_line_says_so,
         a_line_has_a_limit_and_stays_well_formed, a_reader_who_does_not_read_holds_up_nobody_and_loses_lines,
         an_output_that_is_closed_loses_lines_and_nothing_else, lines_of_several_threads_never_mix)
