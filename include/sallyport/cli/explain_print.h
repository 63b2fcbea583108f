/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_PRINT_H
#define SP_CLI_EXPLAIN_PRINT_H

/*
 * The result of `sallyport explain` as lines for people, made from the object that `--json` prints. Strings
 * from files, the command line and the API server are escaped so that a terminal never obeys them
 * (base/quote.h).
 */

#include "policy/verdict.h"

#include <jansson.h>

void sp_explain_print(const json_t *answer, const struct sp_verdict *verdict, const struct sp_who *who,
                      struct sp_buf *out);

#endif
