/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_FOLDER_H
#define SP_TEST_UNIT_FOLDER_H

/* A temporary folder for the test, which is the working directory while the test runs. */

#include "suite.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static inline int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void remove_folder(const int *made)
{
    (void)made;
    if (getuid() == 0 && seteuid(0) != 0) {
        abort();
    }
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#define IN_FOLDER __attribute__((cleanup(remove_folder), unused)) int here = make_folder()

static inline int make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/sallyport-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    umask(0);
    return 0;
}

static inline void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    ck_assert_int_eq(chmod(name, mode), 0);
}

#endif
