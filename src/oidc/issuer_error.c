/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/issuer_error.h"

static const struct {
    const char *name;
    enum sp_mender mender;
    const char *text;
} errors[SP_ISSUER_ERROR_COUNT] = {
#define X(code, name, mender, text) [code] = {name, mender, text},
    SP_ISSUER_ERROR_TABLE(X)
#undef X
};

enum sp_issuer_error sp_issuer_error_find(struct sp_str name)
{
    for (unsigned i = 0; i < SP_ISSUER_ERROR_COUNT; i++) {
        if (sp_str_equal(name, sp_str_from_c(errors[i].name))) {
            return (enum sp_issuer_error)i;
        }
    }
    return SP_ISSUER_ERROR_OTHER;
}

const char *sp_issuer_error_name(enum sp_issuer_error error)
{
    return errors[error < SP_ISSUER_ERROR_COUNT ? error : SP_ISSUER_ERROR_OTHER].name;
}

enum sp_mender sp_issuer_error_mender(enum sp_issuer_error error)
{
    return errors[error < SP_ISSUER_ERROR_COUNT ? error : SP_ISSUER_ERROR_OTHER].mender;
}

const char *sp_issuer_error_text(enum sp_issuer_error error)
{
    return errors[error < SP_ISSUER_ERROR_COUNT ? error : SP_ISSUER_ERROR_OTHER].text;
}
