/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/version.h"

#include "cli/options.h"
#include "server/libraries.h"

#include <stdio.h>

int sp_command_version(int argc, char **argv)
{
    const struct sp_option options[] = {{.name = NULL}};
    static const struct sp_usage usage = {
        .line = "sallyport version",
        .summary = "Prints the version, and those of the libraries.",
        .statuses = {"always", NULL, "wrong usage"},
    };
    int read = sp_options_read(argc, argv, options, &usage, 0, NULL);
    if (read != SP_OPTIONS_READ) {
        return read;
    }
    SP_BUF_ON_STACK(text, 512);
    sp_buf_append_c(&text, "sallyport " SP_VERSION "\n");
    sp_libraries_append(&text);
    fputs(sp_buf_c_str(&text), stdout);
    return 0;
}
