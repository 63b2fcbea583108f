/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static const struct {
    const char *name;
    const char *text;
} table[] = {
#define X(code, name, text) [code] = {name, text},
    SP_ERROR_TABLE(X)
#undef X
};

#define TABLE_N (sizeof table / sizeof table[0])

const char *sp_error_name(enum sp_error error)
{
    return (size_t)error < TABLE_N ? table[error].name : "unknown";
}

const char *sp_error_text(enum sp_error error)
{
    return (size_t)error < TABLE_N ? table[error].text : "unknown error";
}

enum sp_error sp_diag_set(struct sp_diag *diag, enum sp_error error, const char *format, ...)
{
    if (diag == NULL) {
        return error;
    }
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(diag->text, sizeof diag->text, format, arguments) < 0) {
        diag->text[0] = '\0';
    }
    va_end(arguments);
    return error;
}
