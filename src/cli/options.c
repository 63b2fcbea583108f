/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/str.h"
#include "base/wording.h"

#include <stdio.h>

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

static const struct sp_option *find(const struct sp_option *options, struct sp_str name)
{
    while (options->name != NULL && !sp_str_equal(sp_str_from_c(options->name), name)) {
        options++;
    }
    return options->name != NULL ? options : NULL;
}

/* Takes the option at `argv[*i]` and, where it has one, its value. */
static bool take_option(char **argv, int *i, const struct sp_option *options, const char *usage)
{
    const char *word = argv[*i];
    struct sp_str value = sp_str_from_c(word + 2);
    struct sp_str name = sp_str_cut(&value, '=');
    const struct sp_option *option = find(options, name);
    if (option == NULL) {
        return refuse_option(options, usage, word);
    }
    if (option->value == NULL && value.ptr != NULL) {
        return refuse(usage, "no value belongs to", word);
    }
    if (option->value == NULL) {
        *option->given = true;
        return true;
    }
    const char *text = value.ptr;
    if (text == NULL) {
        text = argv[++*i];
    }
    if (text == NULL || text[0] == '\0') {
        return refuse(usage, "a value is missing after", word);
    }
    *option->value = text;
    return true;
}

bool sp_options_read(int argc, char **argv, const struct sp_option *options, const char *usage,
                     size_t operands_n, const char **operands)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(argv, &i, options, usage)) {
                return false;
            }
        } else if (argv[i][0] == '-') {
            return refuse_option(options, usage, argv[i]);
        } else if (n < operands_n) {
            operands[n++] = argv[i];
        } else {
            return refuse(usage, "unexpected argument", argv[i]);
        }
    }
    return n == operands_n || refuse(usage, "an argument is missing after", argv[0]);
}
