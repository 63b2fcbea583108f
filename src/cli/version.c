/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/version.h"

#include "cli/options.h"
#include "server/libraries.h"

#include <stdio.h>

int sp_command_version(int argc, char **argv)
{
    const struct sp_option options[] = {{.name = NULL}};
    if (!sp_options_read(argc, argv, options, "sallyport version", 0, NULL)) {
        return 2;
    }
    SP_BUF_ON_STACK(text, 512);
    sp_buf_append_c(&text, "sallyport " SP_VERSION "\n");
    sp_libraries_append(&text);
    fputs(sp_buf_c_str(&text), stdout);
    return 0;
}
