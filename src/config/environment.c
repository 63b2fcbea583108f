/* SPDX-License-Identifier: Apache-2.0 */
#include "config/environment.h"

#include "base/wording.h"

#define PREFIX_LEN (sizeof SP_ENVIRONMENT_PREFIX - 1)

/* Read by the command line, and by the script and the tests of the tree. */
static const char *const own[] = {"CONFIG", "BIN", "CACHE"};

/* Index of `part` in `text`, or text.len. */
static size_t find_part(struct sp_str text, struct sp_str part)
{
    for (size_t i = 0; i < text.len; i++) {
        if (sp_str_starts_with(sp_str_skip(text, i), part)) {
            return i;
        }
    }
    return text.len;
}

/* `[X_]PORT` and `[X_]PORT_4181_TCP…`. */
static bool is_port_of_service(struct sp_str name)
{
    if (sp_str_equal(name, SP_STR("PORT")) || sp_str_ends_with(name, SP_STR("_PORT"))) {
        return true;
    }
    struct sp_str port = SP_STR("PORT_");
    size_t at = find_part(name, port);
    struct sp_str rest = sp_str_skip(name, at + port.len);
    return at < name.len && rest.len > 0 && sp_ascii_is_digit(rest.ptr[0]);
}

bool sp_environment_is_foreign(struct sp_str name)
{
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (sp_str_equal(name, sp_str_from_c(own[i]))) {
            return true;
        }
    }
    return is_port_of_service(name) || find_part(name, SP_STR("SERVICE_HOST")) < name.len ||
           find_part(name, SP_STR("SERVICE_PORT")) < name.len;
}

static size_t find_setting(struct sp_str variable)
{
    size_t i = 0;
    for (; i < sp_settings_n; i++) {
        char name[SP_ENVIRONMENT_NAME_MAX];
        sp_setting_environment_name(&sp_settings[i], name);
        if (sp_str_equal(variable, sp_str_from_c(name))) {
            break;
        }
    }
    return i;
}

/* Names are compared without what all of them begin with, which would make any two of them near. */
static void warn_unknown(struct sp_loading *loading, struct sp_str variable)
{
    char names[SP_SETTINGS_MAX][SP_ENVIRONMENT_NAME_MAX];
    struct sp_nearest nearest = sp_nearest_of(sp_str_skip(variable, PREFIX_LEN));
    for (size_t i = 0; i < sp_settings_n; i++) {
        sp_setting_environment_name(&sp_settings[i], names[i]);
        sp_nearest_offer(&nearest, sp_str_from_c(names[i] + PREFIX_LEN));
    }
    bool is_near = nearest.best.len > 0;
    sp_reports_add(loading->reports, SP_REPORT_WARNING, 0, 0, "unknown variable \"%s\"%s%.*s%s",
                   SP_QUOTE(variable), is_near ? ": did you mean " SP_ENVIRONMENT_PREFIX : "",
                   SP_STR_ARGS(nearest.best), is_near ? "?" : "");
}

static void read_variable(struct sp_loading *loading, struct sp_str variable, struct sp_str value)
{
    size_t i = find_setting(variable);
    if (i < sp_settings_n) {
        if (loading->places[i].source != SP_SOURCE_ENVIRONMENT) {
            sp_loading_read_variable(loading, i, value);
        }
        return;
    }
    if (!sp_environment_is_foreign(sp_str_skip(variable, PREFIX_LEN))) {
        warn_unknown(loading, variable);
    }
}

void sp_environment_read(struct sp_loading *loading, const char *const *environment)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        struct sp_str value = sp_str_from_c(*environment);
        struct sp_str variable = sp_str_cut(&value, '=');
        if (value.ptr != NULL && sp_str_starts_with(variable, SP_STR(SP_ENVIRONMENT_PREFIX))) {
            read_variable(loading, variable, value);
        }
    }
}
