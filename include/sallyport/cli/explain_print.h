/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_PRINT_H
#define SP_CLI_EXPLAIN_PRINT_H

/*
 * The answer of `sallyport explain` as lines for people. They are made of the object that `--json` prints.
 * What comes from files, the command line and the API server is written so that no terminal takes it for a
 * command (base/quote.h).
 */

#include "policy/verdict.h"

#include <jansson.h>

void sp_explain_print(const json_t *answer, const struct sp_verdict *verdict, const struct sp_who *who,
                      struct sp_buf *out);

#endif
