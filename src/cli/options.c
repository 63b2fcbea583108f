/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/str.h"
#include "base/wording.h"

#include <getopt.h>
#include <stdio.h>

/* What getopt_long returns: for a word that is no option, and for the first of ours, above all characters. */
#define OPERAND      1
#define FIRST_OPTION 256

static bool refuse(const char *usage, const char *problem, const char *word)
{
    fprintf(stderr, "sallyport: %s %s\nusage: %s\n", problem, word, usage);
    return false;
}

static bool refuse_option(const struct sp_option *options, const char *usage, const char *word)
{
    struct sp_str name = sp_str_from_c(word);
    name.len = sp_str_find(name, '=');
    struct sp_nearest nearest = sp_nearest_of(sp_str_skip(name, strspn(word, "-")));
    for (; options->name != NULL; options++) {
        sp_nearest_offer(&nearest, sp_str_from_c(options->name));
    }
    fprintf(stderr, "sallyport: unknown option %s", word);
    if (nearest.best.len > 0) {
        fprintf(stderr, ": did you mean --%s?", nearest.best.ptr);
    }
    fprintf(stderr, "\nusage: %s\n", usage);
    return false;
}

static bool takes_value(const struct sp_option *option)
{
    return option->value != NULL || option->values != NULL;
}

bool sp_options_read(int argc, char **argv, const struct sp_option *options, const char *usage,
                     size_t operands_n, const char **operands)
{
    struct option known[SP_OPTIONS_MAX_N + 1] = {0};
    for (int i = 0; options[i].name != NULL; i++) {
        int has_value = takes_value(&options[i]) ? required_argument : no_argument;
        known[i] = (struct option){options[i].name, has_value, NULL, FIRST_OPTION + i};
    }
    size_t n = 0;
    bool fine = true;
    opterr = 0;
    while (fine && optind < argc) {
        const char *word = argv[optind];
        int found = getopt_long(argc, argv, "-:", known, NULL);
        const struct sp_option *option = found >= FIRST_OPTION ? &options[found - FIRST_OPTION] : NULL;
        bool is_empty = option != NULL && takes_value(option) && optarg[0] == '\0';
        if (found == ':' || is_empty) {
            fine = refuse(usage, "a value is missing after", word);
        } else if (option != NULL && option->values != NULL) {
            if (option->values->items_n == SP_OPTION_VALUES_MAX_N) {
                fine = refuse(usage, "too many values, beginning with this", optarg);
            } else {
                option->values->items[option->values->items_n++] = optarg;
            }
        } else if (option != NULL && option->value != NULL) {
            *option->value = optarg;
        } else if (option != NULL) {
            *option->given = true;
        } else if (found == OPERAND && word[0] != '-' && n < operands_n) {
            operands[n++] = word;
        } else if (found == OPERAND) {
            fine = refuse(usage, "unexpected argument", word);
        } else if (optopt >= FIRST_OPTION) {
            fine = refuse(usage, "no value belongs to", word);
        } else {
            fine = refuse_option(options, usage, word);
        }
    }
    return fine && (n == operands_n || refuse(usage, "an argument is missing after", argv[0]));
}
