/* SPDX-License-Identifier: Apache-2.0 */
#include "io/process_usage.h"

#include "../suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* proc(5): pid, name, state, then numbers; 20 is the threads, 23 the bytes, 24 the resident pages. */
#define STAT "42 (sallyport) S 1 1 1 0 -1 4194304 9 0 0 0 5 6 0 0 20 0 7 0 99 8192 3 18446744073709551615 1"

static struct sp_process_usage parse(const char *text)
{
    struct sp_process_usage usage = {.threads_n = -1, .virtual_bytes = -1, .resident_bytes = -1};
    sp_process_usage_parse_stat(sp_str_from_c(text), 4096, &usage);
    return usage;
}

SP_TEST(memory_and_threads_are_found_behind_any_name)
{
    static const char *const names[] = {"sallyport", "a b) S 1 (c", ")", "", "((((((((((((((("};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "42 (%s%s\n", names[i], strchr(STAT, ')'));
        struct sp_process_usage usage = parse(text);
        ck_assert_int_eq(usage.threads_n, 7);
        ck_assert_int_eq(usage.virtual_bytes, 8192);
        ck_assert_int_eq(usage.resident_bytes, 3 * 4096);
    }
}
SP_TEST_END

SP_TEST(a_text_that_is_cut_tells_nothing)
{
    size_t whole = (size_t)(strstr(STAT, " 3 1844") + 2 - STAT);
    for (size_t len = 0; len < whole; len++) {
        struct sp_process_usage usage = {.threads_n = -1, .virtual_bytes = -1, .resident_bytes = -1};
        sp_process_usage_parse_stat((struct sp_str){STAT, len}, 4096, &usage);
        ck_assert_int_eq(usage.threads_n, -1);
        ck_assert_int_eq(usage.resident_bytes, -1);
    }
}
SP_TEST_END

SP_TEST(numbers_that_do_not_fit_tell_nothing)
{
    ck_assert_int_eq(
        parse("1 (x) S 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 7 0 0 8192 99999999999999999999").threads_n, -1);
    ck_assert_int_eq(
        parse("1 (x) S 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 7 0 0 8192 9223372036854775807").threads_n, -1);
}
SP_TEST_END

SP_TEST(what_is_read_is_of_this_process)
{
    struct sp_process_usage usage = sp_process_usage_read();
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(usage.max_fds_n, (int64_t)limit.rlim_cur);
    if (getenv("TEST_EMULATED") == NULL) { /* QEMU writes zero into these fields of /proc/self/stat */
        ck_assert_int_ge(usage.threads_n, 1);
        ck_assert_int_gt(usage.resident_bytes, 64 * 1024);
        ck_assert_int_gt(usage.virtual_bytes, usage.resident_bytes);
    }
    ck_assert_int_ge(usage.cpu_us, 0);
    int fds[] = {dup(1), dup(1), dup(1)};
    ck_assert_int_eq(sp_process_usage_read().open_fds_n, usage.open_fds_n + 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_ge(fds[i], 0);
        close(fds[i]);
    }
    ck_assert_int_eq(sp_process_usage_read().open_fds_n, usage.open_fds_n);
}
SP_TEST_END

SP_SUITE("io/process_usage", memory_and_threads_are_found_behind_any_name, a_text_that_is_cut_tells_nothing,
         numbers_that_do_not_fit_tell_nothing, what_is_read_is_of_this_process)
