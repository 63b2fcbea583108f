/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs a fuzz target without libFuzzer: on an empty input, and on every file of the given folders, whole and
 * truncated at some lengths. One line of TAP for each file. The target may use standard output for itself.
 */

#include "fuzz.h"

#include <dirent.h>
#include <unistd.h>

#define INPUT_MAX 262144
#define CUTS_N    64

static int out_fd;
static int tests_n;

/* In its own allocation, so that a sanitizer detects a read past the end. */
static void run(const char *bytes, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void run_cut(const char *bytes, size_t len)
{
    for (size_t i = 0; i < CUTS_N && i < len; i++) {
        run(bytes, i * len / CUTS_N);
    }
    run(bytes, len);
}

static void run_file(const char *folder, const char *name)
{
    static char bytes[INPUT_MAX];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    fprintf(stderr, "# %s\n", path);
    run_cut(bytes, len);
    dprintf(out_fd, "ok %d - %s\n", ++tests_n, name);
}

static void run_folder(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    ck_assert_msg(n >= 0, "cannot open %s", folder);
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            run_file(folder, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    out_fd = dup(STDOUT_FILENO);
    run("", 0);
    for (int i = 1; i < argc; i++) {
        run_folder(argv[i]);
    }
    dprintf(out_fd, "1..%d\n", tests_n);
    return tests_n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
