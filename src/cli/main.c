/* SPDX-License-Identifier: Apache-2.0 */

/* One program with one subcommand per task; without one it serves. */

#include "base/random.h"
#include "base/str.h"
#include "base/wording.h"
#include "cli/check.h"
#include "cli/explain.h"
#include "cli/healthcheck.h"
#include "cli/keygen.h"
#include "cli/pseudonym.h"
#include "cli/revoke.h"
#include "cli/serve.h"
#include "cli/version.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

static const struct command commands[] = {
    {"serve", sp_command_serve, "[--config FILE]  runs (the default)"},
    {"check", sp_command_check,
     "[--config FILE] [--issuer] [--dex-client [--with-secret]] [--print]  errors and warnings of a "
     "configuration"},
    {"explain", sp_command_explain,
     "--url URL [--user U] [--json] ...  which rule decides about a request, and why the others do not"},
    {"keygen", sp_command_keygen,
     "[--add] [--if-missing] [--client-secret FILE] FILE  makes a key file, or adds a key to it"},
    {"revoke", sp_command_revoke,
     "--sub S | --sid S | --session LABEL | --all-before TIME  ends sessions in all running processes"},
    {"pseudonym", sp_command_pseudonym,
     "[--config FILE] NAME  what the log shows in place of a name with log_user: hash"},
    {"healthcheck", sp_command_healthcheck, "[--config FILE]  checks whether the running process is alive"},
    {"version", sp_command_version, "this version and its libraries"},
};

#define COMMANDS_N (sizeof commands / sizeof commands[0])

static void print_usage(FILE *out)
{
    fputs("usage: sallyport [COMMAND] [OPTIONS]\n\n", out);
    for (size_t i = 0; i < COMMANDS_N; i++) {
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\nThe configuration is --config, SALLYPORT_CONFIG or /etc/sallyport/sallyport.yaml.\nsallyport "
          "COMMAND --help shows all options and exit statuses of a command.\n",
          out);
}

/* Memory holds keys and tokens, so nothing of it may reach the disk in a core dump. Leak checkers attach with
 * ptrace, which PR_SET_DUMPABLE forbids. */
static void keep_memory_private(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef SP_SANITIZED
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* If a standard descriptor is closed, the next socket or key file would get its number, and output for the
 * log or the terminal would be written there. */
static int hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            return -1;
        }
    }
    return 0;
}

static int run_command(int argc, char **argv)
{
    const char *name = strcmp(argv[0], "--version") == 0 ? "version" : argv[0];
    struct sp_nearest nearest = sp_nearest_of(sp_str_from_c(name));
    for (size_t i = 0; i < COMMANDS_N; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc, argv);
        }
        sp_nearest_offer(&nearest, sp_str_from_c(commands[i].name));
    }
    sp_nearest_offer(&nearest, SP_STR("help"));
    fprintf(stderr, "sallyport: unknown command \"%s\"%s\n", SP_QUOTE(sp_str_from_c(name)),
            SP_NEAREST_TEXT(&nearest));
    print_usage(stderr);
    return 2;
}

static int run(int argc, char **argv)
{
    const char *first = argc >= 2 ? argv[1] : "";
    bool asks_for_help =
        strcmp(first, "help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "--help") == 0;
    if (asks_for_help && argc >= 3) { /* help for one command */
        static char help[] = "--help";
        char *words[] = {argv[2], help, NULL};
        return run_command(2, words);
    }
    if (asks_for_help) {
        print_usage(stdout);
        return 0;
    }
    bool names_command = first[0] != '\0' && (first[0] != '-' || strcmp(first, "--version") == 0);
    return names_command ? run_command(argc - 1, argv + 1) : sp_command_serve(argc, argv);
}

int main(int argc, char **argv)
{
    keep_memory_private();
    if (hold_standard_descriptors() != 0) {
        return 1;
    }
    if (sp_random_init() != 0) {
        fputs("sallyport: libsodium cannot start\n", stderr);
        return 1;
    }
    return run(argc, argv);
}
