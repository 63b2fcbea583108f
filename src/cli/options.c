/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/str.h"
#include "base/wording.h"

#include <getopt.h>
#include <stdio.h>

/* Return values of getopt_long for a word that is not an option, and for our first option, which is larger
 * than any character. */
#define OPERAND      1
#define FIRST_OPTION 256

static bool refuse(const struct sp_usage *usage, const char *problem, const char *word)
{
    fprintf(stderr, "sallyport: %s %s\nusage: %s\n", problem, word, usage->line);
    return false;
}

static bool refuse_option(const struct sp_option *options, const struct sp_usage *usage, const char *word)
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
    fprintf(stderr, "\nusage: %s\n", usage->line);
    return false;
}

static bool takes_value(const struct sp_option *option)
{
    return option->value != NULL || option->values != NULL;
}

/* The placeholder in the help of an option with a value, up to the first space. */
static struct sp_str value_word(const struct sp_option *option)
{
    struct sp_str help = sp_str_from_c(option->help);
    return takes_value(option) ? sp_str_cut(&help, ' ') : SP_STR_NONE;
}

static void print_help(const struct sp_option *options, const struct sp_usage *usage)
{
    size_t width = strlen("help");
    for (const struct sp_option *option = options; option->name != NULL; option++) {
        size_t len = strlen(option->name) + 1 + value_word(option).len;
        width = len > width ? len : width;
    }
    printf("usage: %s\n\n%s\n\n", usage->line, usage->summary);
    for (const struct sp_option *option = options; option->name != NULL; option++) {
        struct sp_str word = value_word(option);
        size_t room = width - strlen(option->name) - 1;
        printf("  --%s %-*.*s  %s\n", option->name, (int)room, SP_STR_ARGS(word),
               option->help + word.len + (word.len > 0));
    }
    printf("  --%-*s  prints this\n\nExit status:\n", (int)width, "help");
    for (int status = 0; status < 3; status++) {
        if (usage->statuses[status] != NULL) {
            printf("  %d  %s\n", status, usage->statuses[status]);
        }
    }
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            return true;
        }
    }
    return false;
}

/* False after reporting what is wrong. */
static bool read_words(int argc, char **argv, const struct sp_option *options, const struct sp_usage *usage,
                       size_t operands_n, const char **operands)
{
    struct option known[SP_OPTIONS_MAX_N + 1] = {0};
    for (int i = 0; options[i].name != NULL; i++) {
        int has_value = takes_value(&options[i]) ? required_argument : no_argument;
        known[i] = (struct option){options[i].name, has_value, NULL, FIRST_OPTION + i};
    }
    size_t n = 0;
    bool fine = true;
    bool has[SP_OPTIONS_MAX_N] = {false};
    opterr = 0;
    while (fine && optind < argc) {
        const char *word = argv[optind];
        int found = getopt_long(argc, argv, "-:", known, NULL);
        const struct sp_option *option = found >= FIRST_OPTION ? &options[found - FIRST_OPTION] : NULL;
        bool is_empty = option != NULL && takes_value(option) && optarg[0] == '\0';
        bool is_again = option != NULL && option->value != NULL && has[found - FIRST_OPTION];
        if (option != NULL) {
            has[found - FIRST_OPTION] = true;
        }
        if (found == ':' || is_empty) {
            fine = refuse(usage, "a value is missing after", word);
        } else if (option != NULL && option->values != NULL) {
            if (option->values->items_n == SP_OPTION_VALUES_MAX_N) {
                fine = refuse(usage, "too many values, starting with this", optarg);
            } else {
                option->values->items[option->values->items_n++] = optarg;
            }
        } else if (is_again) { /* one of the two would be ignored */
            fine = refuse(usage, "more than one of", word);
        } else if (option != NULL && option->value != NULL) {
            *option->value = optarg;
        } else if (option != NULL) {
            *option->given = true;
        } else if (found == OPERAND && word[0] != '-' && n < operands_n) {
            operands[n++] = word;
        } else if (found == OPERAND) {
            fine = refuse(usage, "unexpected argument", word);
        } else if (optopt >= FIRST_OPTION) {
            fine = refuse(usage, "no value is allowed for", word);
        } else {
            fine = refuse_option(options, usage, word);
        }
    }
    return fine && (n == operands_n || refuse(usage, "an argument is missing after", argv[0]));
}

int sp_options_read(int argc, char **argv, const struct sp_option *options, const struct sp_usage *usage,
                    size_t operands_n, const char **operands)
{
    if (asks_for_help(argc, argv)) {
        print_help(options, usage);
        return 0;
    }
    return read_words(argc, argv, options, usage, operands_n, operands) ? SP_OPTIONS_READ : 2;
}
