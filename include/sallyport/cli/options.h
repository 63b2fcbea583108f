/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_OPTIONS_H
#define SP_CLI_OPTIONS_H

/*
 * The command line of one command, read once by getopt_long: options with two dashes, values as `--config
 * FILE` or `--config=FILE`. Its table says all that `--help` prints, so that no option is without a line.
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

/* One of at most SP_OPTIONS_MAX_N. */
struct sp_option {
    const char *name;                /* without dashes; NULL ends the list */
    const char *help;                /* a line of it, after the word for the value and a space */
    const char **value;              /* the option takes a value; or NULL */
    bool *given;                     /* it is a switch; or NULL */
    struct sp_option_values *values; /* it takes a value each time; or NULL */
};

/* How a command is used. */
struct sp_usage {
    const char *line;        /* sallyport keygen [--add] FILE */
    const char *summary;     /* what it does: whole lines, without the last end of line */
    const char *statuses[3]; /* when it ends with 0, 1 and 2; NULL: it does not */
};

#define SP_OPTIONS_READ (-1)

/*
 * Reads options and exactly `operands_n` operands. SP_OPTIONS_READ; else the status to end with: 0 after
 * printing what `--help` or `-h` asks for, wherever it stands, and 2 after a line on standard error that says
 * what is wrong, and how the command is used.
 */
int sp_options_read(int argc, char **argv, const struct sp_option *options, const struct sp_usage *usage,
                    size_t operands_n, const char **operands) __attribute__((warn_unused_result));

#endif
