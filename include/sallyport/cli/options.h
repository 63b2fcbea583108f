/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_OPTIONS_H
#define SP_CLI_OPTIONS_H

/*
 * Parses the command line of one command with getopt_long: options with two dashes, values as `--config FILE`
 * or `--config=FILE`. Its table contains everything that `--help` prints, so that every option is documented.
 */

#include <stdbool.h>
#include <stddef.h>

#define SP_OPTIONS_MAX_N       20
#define SP_OPTION_VALUES_MAX_N 256

/* The values of an option that may be given several times. */
struct sp_option_values {
    const char *items[SP_OPTION_VALUES_MAX_N];
    size_t items_n;
};

/* One of at most SP_OPTIONS_MAX_N options. */
struct sp_option {
    const char *name;                /* without dashes; NULL ends the list */
    const char *help;                /* its help line; if it has a value, it begins with the placeholder */
    const char **value;              /* if not NULL, the option takes a value */
    bool *given;                     /* if not NULL, it is a flag */
    struct sp_option_values *values; /* if not NULL, it takes a value and may be repeated */
};

/* How a command is used. */
struct sp_usage {
    const char *line;        /* sallyport keygen [--add] FILE */
    const char *summary;     /* what it does: complete lines, without the last line feed */
    const char *statuses[3]; /* when it exits with 0, 1 and 2; NULL: never */
};

#define SP_OPTIONS_READ (-1)

/*
 * Reads options and exactly `operands_n` operands. Returns SP_OPTIONS_READ or an exit status: 0 after
 * printing the help for `--help` or `-h` in any position, and 2 after printing to standard error what is
 * wrong and how the command is used.
 */
int sp_options_read(int argc, char **argv, const struct sp_option *options, const struct sp_usage *usage,
                    size_t operands_n, const char **operands) __attribute__((warn_unused_result));

#endif
