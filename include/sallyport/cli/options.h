/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_OPTIONS_H
#define SP_CLI_OPTIONS_H

/*
 * The command line of one command, read once by getopt_long: options with two dashes, values as `--config
 * FILE` or `--config=FILE`.
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
    const char **value;              /* the option takes a value; or NULL */
    bool *given;                     /* it is a switch; or NULL */
    struct sp_option_values *values; /* it takes a value each time; or NULL */
};

/*
 * Reads options and exactly `operands_n` operands. False for anything else, after a line on standard error
 * that says what is wrong and how the command is used.
 */
bool sp_options_read(int argc, char **argv, const struct sp_option *options, const char *usage,
                     size_t operands_n, const char **operands);

#endif
