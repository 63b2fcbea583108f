/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include "../folder.h"

#include <dirent.h>
#include <limits.h>

static struct sp_buf content;
static struct sp_file_info info;
static struct sp_diag diag;

/* Reads with that limit. */
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

/* In the folder of the test. */
static size_t count_entries(void)
{
    size_t n = 0;
    DIR *entries = opendir(folder);
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(entries);
    return n;
}

/* ---- reading --------------------------------------------------------------------------------------- */

SP_TEST(a_file_is_read_whole)
{
    IN_FOLDER;
    write_file("a", "one\ntwo", 0600);
    ck_assert_int_eq(read_file("a", 100), SP_OK);
    ck_assert_str_view(sp_buf_str(&content), "one\ntwo");
    ck_assert(!info.readable_by_all);
    ck_assert(!info.can_be_closed);
    write_file("empty", "", 0644);
    ck_assert_int_eq(read_file("empty", 100), SP_OK);
    ck_assert_uint_eq(content.len, 0);
    ck_assert(info.readable_by_all);
    ck_assert(info.can_be_closed);
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

SP_TEST(a_byte_order_mark_is_no_part_of_a_file)
{
    IN_FOLDER;
    write_file("a", "\xef\xbb\xbfone", 0600);
    ck_assert_int_eq(read_file("a", 3), SP_OK);
    ck_assert_str_view(sp_buf_str(&content), "one");
    write_file("a", "\xef\xbb\xbf\xef\xbb\xbfx", 0600); /* the second is a character of the content */
    ck_assert_int_eq(read_file("a", 100), SP_OK);
    ck_assert_str_view(sp_buf_str(&content), "\xef\xbb\xbfx");
    write_file("a", "\xef\xbb\xbf", 0600);
    ck_assert_int_eq(read_file("a", 100), SP_OK);
    ck_assert_uint_eq(content.len, 0);
    write_file("a", "\xef\xbb", 0600);
    ck_assert_int_eq(read_file("a", 100), SP_OK);
    ck_assert_uint_eq(content.len, 2);
    write_file("a", "\xff\xfeo", 0600);
    ck_assert_int_eq(read_file("a", 100), SP_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(diag.text, "a is in UTF-16"));
    write_file("a", "\xfe\xffo", 0600);
    ck_assert_int_eq(read_file("a", 100), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(ac_43_chmod_helps_only_where_this_user_owns_the_file_and_may_write_beside_it)
{
    IN_FOLDER;
    ck_assert_int_eq(mkdir("..data", 0755), 0);
    write_file("..data/keys", "k", 0644);
    ck_assert_int_eq(symlink("..data/keys", "keys"), 0);
    ck_assert_int_eq(read_file("keys", 100), SP_OK);
    ck_assert(info.readable_by_all && info.can_be_closed);
    if (geteuid() != 0) {
        ck_assert_int_eq(chmod("..data", 0555), 0); /* of the file that it leads to */
        ck_assert_int_eq(read_file("keys", 100), SP_OK);
        ck_assert(info.readable_by_all && !info.can_be_closed);
        ck_assert_int_eq(chmod("..data", 0755), 0);
        return;
    }
    ck_assert_int_eq(chown("..data/keys", 65534, 0), 0);
    ck_assert_int_eq(read_file("keys", 100), SP_OK);
    ck_assert(info.readable_by_all && !info.can_be_closed);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(seteuid(65534), 0); /* owns the file, but the folder is root's */
    ck_assert_int_eq(read_file("keys", 100), SP_OK);
    ck_assert(info.readable_by_all && !info.can_be_closed);
    ck_assert_int_eq(seteuid(0), 0);
}
SP_TEST_END

SP_TEST(what_is_no_file_is_an_error_that_names_it)
{
    static const char *const names[] = {"missing", "folder", "dangling", "fifo", "/dev/null", ""};
    IN_FOLDER;
    ck_assert_int_eq(mkdir("folder", 0755), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0); /* nothing writes: reading must not wait */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(read_file(names[i], 100), SP_ERR_IO);
        ck_assert_ptr_nonnull(strstr(diag.text, names[i]));
        ck_assert_int_eq(info.is_missing, i == 0 || names[i][0] == '\0');
        ck_assert(!info.is_forbidden);
    }
}
SP_TEST_END

SP_TEST(a_file_that_is_forbidden_is_told_with_whose_it_is)
{
    IN_FOLDER;
    ck_assert_int_eq(mkdir("closed", 0700), 0);
    write_file("closed/keys", "k", 0600);
    write_file("keys", "k", geteuid() == 0 ? 0600 : 0200);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(seteuid(65534), 0);
    } else {
        ck_assert_int_eq(chmod("closed", 0000), 0);
    }
    ck_assert_int_eq(read_file("keys", 100), SP_ERR_IO);
    ck_assert_ptr_nonnull(strstr(diag.text, "it belongs to user "));
    ck_assert(info.is_forbidden && !info.is_missing);
    ck_assert_int_eq(read_file("closed/keys", 100), SP_ERR_IO);
    ck_assert_str_eq(diag.text, "cannot open closed/keys: Permission denied");
    ck_assert(info.is_forbidden && !info.is_missing);
    if (geteuid() == 65534) {
        ck_assert_int_eq(seteuid(0), 0);
    } else {
        ck_assert_int_eq(chmod("closed", 0700), 0);
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
    ck_assert_uint_eq(count_entries(), 2); /* keys and link */
    ck_assert_int_eq(mkdir("folder", 0555), 0);
    ck_assert_int_eq(sp_file_create_secret("folder", SP_STR("x"), &diag), SP_ERR_DUPLICATE);
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
    IN_FOLDER;
    ck_assert_int_eq(mkdir("folder", 0755), 0);
    ck_assert_int_eq(sp_file_replace_secret("folder", SP_STR("x"), &diag), SP_ERR_IO);
    ck_assert_uint_eq(count_entries(), 1);
    static char name[PATH_MAX + 1];
    memset(name, 'x', PATH_MAX);
    ck_assert_int_eq(sp_file_replace_secret(name, SP_STR("x"), &diag), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_folder_is_listed_in_order_without_hidden_names)
{
    IN_FOLDER;
    struct sp_file_names names = {0};
    ck_assert_int_eq(sp_file_list(".", 0, &names, &diag), SP_OK);
    ck_assert_uint_eq(names.items_n, 0);
    write_file("b", "", 0600);
    write_file("a", "", 0600);
    write_file(".hidden", "", 0600);
    ck_assert_int_eq(sp_file_list(".", 2, &names, &diag), SP_OK);
    ck_assert_uint_eq(names.items_n, 2);
    ck_assert_str_eq(names.items[0], "a");
    ck_assert_str_eq(names.items[1], "b");
    sp_file_names_done(&names);
    ck_assert_int_eq(sp_file_list(".", 1, &names, &diag), SP_ERR_LIMIT);
    ck_assert_int_eq(sp_file_list("none", 1, &names, &diag), SP_ERR_IO);
    ck_assert_str_eq(diag.text, "cannot open none: No such file or directory");
    ck_assert_ptr_null(names.items);
    sp_file_names_done(&names);
}
SP_TEST_END

SP_SUITE("io/file", a_folder_is_listed_in_order_without_hidden_names, a_file_is_read_whole,
         a_file_has_a_limit, a_byte_order_mark_is_no_part_of_a_file,
         ac_43_chmod_helps_only_where_this_user_owns_the_file_and_may_write_beside_it,
         a_file_that_is_forbidden_is_told_with_whose_it_is, what_is_no_file_is_an_error_that_names_it,
         a_secret_is_created_for_its_owner_alone_and_never_replaces_a_file, a_secret_is_replaced_in_one_step,
         a_replacement_is_for_whom_the_old_file_was, a_link_stays_one_when_the_file_behind_it_is_replaced,
         a_replacement_that_fails_leaves_nothing_behind)
