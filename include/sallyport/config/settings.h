/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_SETTINGS_H
#define SP_CONFIG_SETTINGS_H

/*
 * The table of settings: one row says a setting's name, type, limits, default, place in struct sp_config and
 * meaning. Parsing, defaults, the environment, the dump and the reference page all come from it, so none of
 * them can say something else than the others.
 *
 * Defaults are texts that go through the parser of the type like the operator's own.
 */

#include "config/config.h"
#include "config/values.h"

enum sp_setting_group {
    SP_GROUP_LISTENERS,
    SP_GROUP_PAGES,
    SP_GROUP_ISSUER,
    SP_GROUP_SESSION,
    SP_GROUP_IDENTITY,
    SP_GROUP_SECTIONS, /* policies and headers */
    SP_GROUP_LOG,
    SP_GROUP_LATER, /* names that are reserved: accepted with their default only */
    SP_GROUP_COUNT,
};

struct sp_setting {
    const char *name;
    enum sp_setting_group group;
    const struct sp_value_type *type;
    const char *value; /* the default, a list's elements separated by commas; NULL: required */
    size_t offset;     /* in struct sp_config */
    struct sp_value_limits limits;
    const char *text; /* what it is for, in Markdown */
};

#define SP_SETTINGS_MAX 64

extern const struct sp_setting sp_settings[];
extern const size_t sp_settings_n; /* at most SP_SETTINGS_MAX */

/* Its index in the table, or `sp_settings_n`. */
size_t sp_setting_find(struct sp_str name);

static inline void *sp_setting_field(const struct sp_setting *setting, struct sp_config *config)
{
    return (char *)config + setting->offset;
}

static inline const void *sp_setting_const_field(const struct sp_setting *setting,
                                                 const struct sp_config *config)
{
    return (const char *)config + setting->offset;
}

#define SP_ENVIRONMENT_PREFIX   "SALLYPORT_"
#define SP_ENVIRONMENT_NAME_MAX 64 /* bytes with the NUL */

/* `SALLYPORT_CLIENT_ID` for `client_id`. */
void sp_setting_environment_name(const struct sp_setting *setting, char out[SP_ENVIRONMENT_NAME_MAX]);

#endif
