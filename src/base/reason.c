/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

static const struct {
    const char *name;
    const char *title;
    unsigned status;
} table[] = {
#define X(code, name, status, title) [code] = {name, title, status},
    SP_REASON_TABLE(X)
#undef X
};

const char *sp_reason_name(enum sp_reason reason)
{
    return reason < SP_REASON_COUNT ? table[reason].name : "unknown";
}

const char *sp_reason_title(enum sp_reason reason)
{
    return reason < SP_REASON_COUNT ? table[reason].title : "Internal error";
}

/* A value outside the table must not be mistaken for an allow. */
unsigned sp_reason_status(enum sp_reason reason)
{
    return reason < SP_REASON_COUNT ? table[reason].status : 500;
}
