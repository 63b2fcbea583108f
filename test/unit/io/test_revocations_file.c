/* SPDX-License-Identifier: Apache-2.0 */
#include "io/revocations_file.h"

#include "../folder.h"

#include <sys/stat.h>

#define NOW_S  INT64_C(1795518000)
#define LIFE_S 43200

static struct sp_revocations *new_table(void)
{
    ck_assert_int_eq(sp_random_init(), 0);
    struct sp_revocations *table = sp_revocations_new(SP_REVOCATIONS_MAX_N, &sp_random_system);
    ck_assert_ptr_nonnull(table);
    return table;
}

static void end_user(struct sp_revocations *table, const char *sub)
{
    const struct sp_revocation revocation = {.kind = SP_REVOCATION_USER,
                                             .sub = sp_str_from_c(sub),
                                             .began_by_s = NOW_S,
                                             .until_s = NOW_S + LIFE_S};
    ck_assert_int_eq(sp_revocations_add(table, &revocation, NOW_S), SP_REVOKED_ADDED);
}

static bool ends_user(const struct sp_revocations *table, const char *sub)
{
    const struct sp_session session = {.login_at_s = NOW_S, .profile.sub = sp_str_from_c(sub)};
    return sp_revocations_end(table, &session);
}

SP_TEST(what_was_revoked_is_revoked_after_a_restart)
{
    IN_FOLDER;
    struct sp_diag diag = {0};
    struct sp_revocations_file file = {.path = "revocations"};
    struct sp_revocations *table = new_table();
    ck_assert_int_eq(sp_revocations_file_read(file.path, NOW_S, table, &diag), SP_OK); /* it does not exist */
    sp_revocations_file_keep(&file, table);
    ck_assert_int_ne(access(file.path, F_OK), 0); /* and there is nothing to store */
    end_user(table, "ada");
    sp_revocations_file_keep(&file, table);
    end_user(table, "bob");
    sp_revocations_file_keep(&file, table);
    sp_revocations_free(table);

    table = new_table();
    ck_assert_int_eq(sp_revocations_file_read(file.path, NOW_S, NULL, &diag), SP_OK);
    ck_assert_int_eq(sp_revocations_file_read(file.path, NOW_S, table, &diag), SP_OK);
    ck_assert(ends_user(table, "ada") && ends_user(table, "bob") && !ends_user(table, "cleo"));
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(only_its_owner_can_read_the_file)
{
    IN_FOLDER;
    struct sp_revocations_file file = {.path = "revocations"};
    struct sp_revocations *table = new_table();
    struct stat status;
    end_user(table, "ada");
    sp_revocations_file_keep(&file, table);
    ck_assert_int_eq(stat(file.path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(a_file_that_says_something_else_is_an_error_and_stays)
{
    IN_FOLDER;
    struct sp_diag diag = {0};
    struct sp_revocations *table = new_table();
    write_file("revocations", "sallyport-revocations 1 00\n", 0600);
    ck_assert_int_eq(sp_revocations_file_read("revocations", NOW_S, table, &diag), SP_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(diag.text, "remove the file"));
    ck_assert_int_eq(sp_revocations_file_read(".", NOW_S, table, &diag), SP_ERR_IO);
    ck_assert_int_eq(sp_revocations_file_read("nowhere/file", NOW_S, table, &diag), SP_ERR_IO);
    ck_assert_ptr_nonnull(strstr(diag.text, "in the folder nowhere: "));
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(a_file_that_cannot_be_written_is_tried_again)
{
    IN_FOLDER;
    struct sp_revocations_file file = {.path = "nowhere/revocations"};
    struct sp_revocations *table = new_table();
    end_user(table, "ada");
    sp_revocations_file_keep(&file, table);
    ck_assert(file.is_failing);
    ck_assert_int_eq(mkdir("nowhere", 0700), 0);
    sp_revocations_file_keep(&file, table);
    ck_assert(!file.is_failing);
    ck_assert_int_eq(access(file.path, F_OK), 0);
    sp_revocations_free(table);
    ck_assert_int_eq(unlink(file.path), 0);
    ck_assert_int_eq(rmdir("nowhere"), 0);
}
SP_TEST_END

SP_SUITE("revocations_file", what_was_revoked_is_revoked_after_a_restart, only_its_owner_can_read_the_file,
         a_file_that_says_something_else_is_an_error_and_stays, a_file_that_cannot_be_written_is_tried_again)
