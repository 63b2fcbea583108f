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

/* Long after anything that was written here. */
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
    ck_assert(sp_watched_files_look(files, later_s()));
    ck_assert(!sp_watched_files_look(files, later_s()));
}

SP_TEST(a_file_that_stays_as_it_is_is_not_read_again)
{
    IN_FOLDER;
    write_file("token", "one", 0600);
    FILES files = watch("token");
    for (int i = 0; i < 3; i++) {
        ck_assert(!sp_watched_files_look(files, later_s()));
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
    ck_assert(!sp_watched_files_look(files, later_s()));
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
    ck_assert(!sp_watched_files_look(files, later_s()));
    write_file("token", "x", 0600);
    ck_assert_int_eq(truncate("token", INT64_C(1) << 40), 0);
    check_once(files);
}
SP_TEST_END

SP_TEST(a_file_just_written_is_read_again_after_that)
{
    IN_FOLDER;
    write_file("token", "one", 0600);
    struct stat status;
    ck_assert_int_eq(stat("token", &status), 0);
    int64_t written_s = status.st_ctim.tv_sec;
    FILES files = sp_watched_files_new();
    ck_assert_int_eq(sp_watched_files_add(files, "token", written_s), SP_OK);
    ck_assert(sp_watched_files_look(files, written_s + 1));
    ck_assert(sp_watched_files_look(files, written_s + SP_WATCHED_FILES_FRESH_S));
    ck_assert(!sp_watched_files_look(files, written_s + SP_WATCHED_FILES_FRESH_S));
}
SP_TEST_END

SP_TEST(there_may_be_so_many_files)
{
    FILES files = sp_watched_files_new();
    for (int i = 0; i < SP_WATCHED_FILES_MAX; i++) {
        ck_assert_int_eq(sp_watched_files_add(files, "/nowhere", later_s()), SP_OK);
    }
    ck_assert_int_eq(sp_watched_files_add(files, "/nowhere", later_s()), SP_ERR_TOO_MANY);
    ck_assert(!sp_watched_files_look(files, later_s()));
    sp_watched_files_free(NULL);
}
SP_TEST_END

SP_SUITE("io/watched_files", a_file_that_stays_as_it_is_is_not_read_again,
         each_way_of_replacing_a_file_is_seen_once, a_link_that_the_kubelet_turns_is_another_file,
         ac_74_what_is_no_file_is_looked_at_all_the_same, a_file_just_written_is_read_again_after_that,
         there_may_be_so_many_files)
