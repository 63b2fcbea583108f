/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include "../folder.h"

#include <limits.h>

static struct sp_buf content;
static struct sp_file_info info;
static struct sp_diag diag;

/* Reads with that ceiling. */
static enum sp_error read_file(const char *name, size_t max)
{
    sp_buf_done(&content);
    sp_buf_init(&content, max);
    diag.text[0] = '\0';
    return sp_file_read(name, &content, &info, &diag);
}

static mode_t mode_of(const char *name)
{
    struct stat status;
    ck_assert_int_eq(stat(name, &status), 0);
    return status.st_mode & 07777;
}

/* ---- reading --------------------------------------------------------------------------------------- */

SP_TEST(a_file_is_read_whole)
{
    IN_FOLDER;
    write_file("a", "one\ntwo", 0600);
    ck_assert_int_eq(read_file("a", 100), SP_OK);
    ck_assert_str_view(sp_buf_str(&content), "one\ntwo");
    ck_assert(info.is_regular);
    ck_assert(!info.readable_by_all);
    write_file("empty", "", 0644);
    ck_assert_int_eq(read_file("empty", 100), SP_OK);
    ck_assert_uint_eq(content.len, 0);
    ck_assert(info.readable_by_all);
}
SP_TEST_END

SP_TEST(a_file_has_a_limit)
{
    static char text[10001];
    IN_FOLDER;
    memset(text, 'x', 10000);
    write_file("a", text, 0600);
    ck_assert_int_eq(read_file("a", 10000), SP_OK);
    ck_assert_uint_eq(content.len, 10000);
    ck_assert_int_eq(read_file("a", 9999), SP_ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(diag.text, "a is larger than 9999 bytes"));
}
SP_TEST_END

SP_TEST(ac_43_a_mounted_secret_is_told_from_a_file)
{
    IN_FOLDER;
    ck_assert_int_eq(mkdir("..data", 0755), 0);
    write_file("..data/keys", "k", 0644);
    ck_assert_int_eq(symlink("..data/keys", "keys"), 0);
    ck_assert_int_eq(read_file("keys", 100), SP_OK);
    ck_assert(!info.is_regular);
    ck_assert(info.readable_by_all);
}
SP_TEST_END

SP_TEST(what_is_no_file_is_an_error_that_names_it)
{
    static const char *const names[] = {"missing", "folder", "dangling", "fifo", "/dev/null", ""};
    IN_FOLDER;
    ck_assert_int_eq(mkdir("folder", 0755), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0); /* nobody writes: reading must not wait */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(read_file(names[i], 100), SP_ERR_IO);
        ck_assert_ptr_nonnull(strstr(diag.text, names[i]));
    }
}
SP_TEST_END

/* ---- writing --------------------------------------------------------------------------------------- */

SP_TEST(a_secret_is_created_for_its_owner_alone_and_never_replaces_a_file)
{
    IN_FOLDER;
    ck_assert_int_eq(sp_file_create_secret("keys", SP_STR("k\n"), &diag), SP_OK);
    ck_assert_uint_eq(mode_of("keys"), 0600);
    ck_assert_int_eq(read_file("keys", 100), SP_OK);
    ck_assert_str_view(sp_buf_str(&content), "k\n");
    ck_assert_int_eq(sp_file_create_secret("keys", SP_STR("other"), &diag), SP_ERR_DUPLICATE);
    ck_assert_int_eq(symlink("target", "link"), 0);
    ck_assert_int_eq(sp_file_create_secret("link", SP_STR("x"), &diag), SP_ERR_DUPLICATE);
    ck_assert_int_ne(access("target", F_OK), 0);
    ck_assert_int_eq(read_file("keys", 100), SP_OK);
    ck_assert_str_view(sp_buf_str(&content), "k\n");
    ck_assert_int_eq(sp_file_create_secret("no/such/folder", SP_STR("x"), &diag), SP_ERR_IO);
}
SP_TEST_END

SP_TEST(a_secret_is_replaced_in_one_step)
{
    IN_FOLDER;
    write_file("keys", "old", 0600);
    ck_assert_int_eq(sp_file_replace_secret("keys", SP_STR("new"), &diag), SP_OK);
    ck_assert_uint_eq(mode_of("keys"), 0600);
    ck_assert_int_eq(read_file("keys", 100), SP_OK);
    ck_assert_str_view(sp_buf_str(&content), "new");
    ck_assert_int_eq(sp_file_replace_secret("fresh", SP_STR("x"), &diag), SP_OK);
    ck_assert_int_eq(read_file("fresh", 100), SP_OK);
}
SP_TEST_END

SP_TEST(a_replacement_is_for_whom_the_old_file_was)
{
    IN_FOLDER;
    struct stat before;
    struct stat after;
    write_file("keys", "old", 0644);
    if (geteuid() == 0) {
        ck_assert_int_eq(chown("keys", 65534, 65534), 0);
    }
    ck_assert_int_eq(stat("keys", &before), 0);
    ck_assert_int_eq(sp_file_replace_secret("keys", SP_STR("new"), &diag), SP_OK);
    ck_assert_int_eq(stat("keys", &after), 0);
    ck_assert_uint_eq(after.st_uid, before.st_uid);
    ck_assert_uint_eq(after.st_gid, before.st_gid);
    ck_assert_uint_eq(mode_of("keys"), 0640);
}
SP_TEST_END

SP_TEST(a_link_stays_one_when_the_file_behind_it_is_replaced)
{
    IN_FOLDER;
    char target[64];
    write_file("keys", "old", 0600);
    ck_assert_int_eq(symlink("keys", "link"), 0);
    ck_assert_int_eq(sp_file_replace_secret("link", SP_STR("new"), &diag), SP_OK);
    ck_assert_int_eq(readlink("link", target, sizeof target), 4);
    ck_assert_int_eq(read_file("keys", 100), SP_OK);
    ck_assert_str_view(sp_buf_str(&content), "new");
}
SP_TEST_END

SP_TEST(a_replacement_that_fails_leaves_nothing_behind)
{
    char temporary[64];
    IN_FOLDER;
    ck_assert_int_eq(mkdir("folder", 0755), 0);
    ck_assert_int_eq(sp_file_replace_secret("folder", SP_STR("x"), &diag), SP_ERR_IO);
    snprintf(temporary, sizeof temporary, "folder.new-%ld", (long)getpid());
    ck_assert_int_ne(access(temporary, F_OK), 0);
    static char name[PATH_MAX + 1];
    memset(name, 'x', PATH_MAX);
    ck_assert_int_eq(sp_file_replace_secret(name, SP_STR("x"), &diag), SP_ERR_LIMIT);
}
SP_TEST_END

SP_SUITE("io/file", a_file_is_read_whole, a_file_has_a_limit, ac_43_a_mounted_secret_is_told_from_a_file,
         what_is_no_file_is_an_error_that_names_it,
         a_secret_is_created_for_its_owner_alone_and_never_replaces_a_file, a_secret_is_replaced_in_one_step,
         a_replacement_is_for_whom_the_old_file_was, a_link_stays_one_when_the_file_behind_it_is_replaced,
         a_replacement_that_fails_leaves_nothing_behind)
