/* SPDX-License-Identifier: Apache-2.0 */

#include "io/watched_files.h"

#include "../folder.h"

#include <fcntl.h>
#include <time.h>

static void done(struct sp_watched_files **files)
{
    sp_watched_files_free(*files);
}

#define FILES __attribute__((cleanup(done))) struct sp_watched_files *

/* A time long after everything that is written here. */
static int64_t later_s(void)
{
    return (int64_t)time(NULL) + 10 * SP_WATCHED_FILES_FRESH_S;
}

static struct sp_watched_files *watch(const char *path)
{
    struct sp_watched_files *files = sp_watched_files_new();
    ck_assert_int_eq(sp_watched_files_add(files, path, later_s()), SP_OK);
    return files;
}

static void check_once(struct sp_watched_files *files)
{
    ck_assert(!sp_watched_files_look(files)); /* it may still be written */
    ck_assert(sp_watched_files_look(files));
    ck_assert(!sp_watched_files_look(files));
}

SP_TEST(a_file_that_stays_as_it_is_is_not_read_again)
{
    IN_FOLDER;
    write_file("token", "one", 0600);
    FILES files = watch("token");
    for (int i = 0; i < 3; i++) {
        ck_assert(!sp_watched_files_look(files));
    }
}
SP_TEST_END

SP_TEST(each_way_of_replacing_a_file_is_seen_once)
{
    IN_FOLDER;
    write_file("token", "one", 0600);
    FILES files = watch("token");
    write_file("token", "longer", 0600);
    check_once(files);
    write_file("new", "renews", 0600); /* of the same length */
    ck_assert_int_eq(rename("new", "token"), 0);
    check_once(files);
    const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    ck_assert_int_eq(utimensat(AT_FDCWD, "token", old, 0), 0);
    check_once(files);
    ck_assert_int_eq(chmod("token", 0640), 0);
    check_once(files);
    ck_assert_int_eq(unlink("token"), 0);
    check_once(files);
    write_file("token", "back", 0600);
    check_once(files);
}
SP_TEST_END

SP_TEST(a_link_that_the_kubelet_turns_is_another_file)
{
    IN_FOLDER;
    ck_assert_int_eq(mkdir("..1", 0700), 0);
    ck_assert_int_eq(mkdir("..2", 0700), 0);
    write_file("..1/token", "one", 0600);
    write_file("..2/token", "two", 0600);
    ck_assert_int_eq(symlink("..1", "..data"), 0);
    ck_assert_int_eq(symlink("..data/token", "token"), 0);
    FILES files = watch("token");
    ck_assert(!sp_watched_files_look(files));
    ck_assert_int_eq(symlink("..2", "..data_tmp"), 0);
    ck_assert_int_eq(rename("..data_tmp", "..data"), 0);
    check_once(files);
}
SP_TEST_END

SP_TEST(ac_74_what_is_no_file_is_looked_at_all_the_same)
{
    IN_FOLDER;
    write_file("token", "one", 0600);
    FILES files = watch("token");
    ck_assert_int_eq(unlink("token"), 0);
    ck_assert_int_eq(mkfifo("token", 0600), 0);
    check_once(files);
    ck_assert_int_eq(unlink("token"), 0);
    ck_assert_int_eq(mkdir("token", 0700), 0);
    check_once(files);
    ck_assert_int_eq(rmdir("token"), 0);
    ck_assert_int_eq(symlink("token", "token"), 0);
    check_once(files);
    ck_assert_int_eq(unlink("token"), 0);
    ck_assert(!sp_watched_files_look(files));
    write_file("token", "x", 0600);
    ck_assert_int_eq(truncate("token", INT64_C(1) << 40), 0);
    check_once(files);
}
SP_TEST_END

SP_TEST(a_file_written_just_before_it_was_added_is_read_once_more)
{
    IN_FOLDER;
    write_file("token", "one", 0600);
    struct stat status;
    ck_assert_int_eq(stat("token", &status), 0);
    for (int64_t age_s = 0; age_s <= SP_WATCHED_FILES_FRESH_S; age_s++) {
        FILES files = sp_watched_files_new();
        ck_assert_int_eq(sp_watched_files_add(files, "token", status.st_ctim.tv_sec + age_s), SP_OK);
        ck_assert_int_eq(sp_watched_files_look(files), age_s < SP_WATCHED_FILES_FRESH_S);
        ck_assert(!sp_watched_files_look(files));
    }
}
SP_TEST_END

SP_TEST(files_that_are_written_one_after_the_other_are_read_when_all_rest)
{
    IN_FOLDER;
    write_file("certificate", "one", 0600);
    write_file("key", "one", 0600);
    FILES files = watch("certificate");
    ck_assert_int_eq(sp_watched_files_add(files, "key", later_s()), SP_OK);
    write_file("certificate", "longer", 0600);
    ck_assert(!sp_watched_files_look(files));
    write_file("key", "longer", 0600);
    check_once(files);
}
SP_TEST_END

SP_TEST(files_that_never_rest_are_read_all_the_same)
{
    IN_FOLDER;
    write_file("token", "", 0600);
    FILES files = watch("token");
    for (unsigned i = 1; i <= 3 * SP_WATCHED_FILES_RESTLESS_N; i++) {
        ck_assert_int_eq(truncate("token", i), 0);
        ck_assert_int_eq(sp_watched_files_look(files), i % SP_WATCHED_FILES_RESTLESS_N == 0);
    }
}
SP_TEST_END

SP_TEST(there_may_be_so_many_files)
{
    FILES files = sp_watched_files_new();
    for (int i = 0; i < SP_WATCHED_FILES_MAX; i++) {
        ck_assert_int_eq(sp_watched_files_add(files, "/nowhere", later_s()), SP_OK);
    }
    ck_assert_int_eq(sp_watched_files_add(files, "/nowhere", later_s()), SP_ERR_TOO_MANY);
    ck_assert(!sp_watched_files_look(files));
    sp_watched_files_free(NULL);
}
SP_TEST_END

SP_SUITE("io/watched_files", a_file_that_stays_as_it_is_is_not_read_again,
         each_way_of_replacing_a_file_is_seen_once, a_link_that_the_kubelet_turns_is_another_file,
         ac_74_what_is_no_file_is_looked_at_all_the_same,
         a_file_written_just_before_it_was_added_is_read_once_more,
         files_that_are_written_one_after_the_other_are_read_when_all_rest,
         files_that_never_rest_are_read_all_the_same, there_may_be_so_many_files)
