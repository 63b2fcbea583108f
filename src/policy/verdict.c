/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict.h"

const char *sp_verdict_name(enum sp_verdict_kind kind)
{
    static const char *const names[SP_VERDICT_KIND_COUNT] = {
        [SP_VERDICT_DENY] = "deny",
        [SP_VERDICT_ALLOW] = "allow",
        [SP_VERDICT_LOGIN] = "login",
        [SP_VERDICT_RENEW] = "renew",
        [SP_VERDICT_UNAVAILABLE] = "unavailable",
        [SP_VERDICT_PAGE] = "page",
    };
    return names[kind];
}
