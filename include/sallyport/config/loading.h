/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_LOADING_H
#define SP_CONFIG_LOADING_H

/*
 * A configuration while it is being loaded: what there is of it, what has been found wrong, and where each
 * setting was given, so that a mistake that shows only beside another setting is still reported at its place.
 */

#include "config/config.h"
#include "config/reports.h"
#include "config/settings.h"
#include "config/yaml.h"

enum sp_source {
    SP_SOURCE_DEFAULT,
    SP_SOURCE_FILE,
    SP_SOURCE_ENVIRONMENT,
};

enum sp_place_state {
    SP_PLACE_SOUND,
    SP_PLACE_FAULTY, /* reported already; the field holds the default */
};

struct sp_place {
    enum sp_source source;
    enum sp_place_state state;
    uint32_t line; /* in the file */
    uint32_t column;
};

struct sp_loading {
    struct sp_config *config;
    struct sp_reports *reports;              /* borrowed */
    struct sp_place places[SP_SETTINGS_MAX]; /* by index in sp_settings */
};

/* The place of a setting that must be in the table. */
const struct sp_place *sp_loading_place(const struct sp_loading *loading, const char *setting);

/* Nothing has been found wrong with it so far. */
bool sp_loading_is_sound(const struct sp_loading *loading, const char *setting);
bool sp_loading_is_given(const struct sp_loading *loading, const char *setting);

/* Reports at the place where the setting was given, with its name, or its variable's, in front. */
void sp_loading_report(struct sp_loading *loading, enum sp_report_kind kind, const char *setting,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The two kinds by name. */
#define sp_loading_refuse(loading, setting, ...)                                                             \
    sp_loading_report((loading), SP_REPORT_ERROR, (setting), __VA_ARGS__)
#define sp_loading_warn(loading, setting, ...)                                                               \
    sp_loading_report((loading), SP_REPORT_WARNING, (setting), __VA_ARGS__)

/* Reports at a node of the file. */
void sp_loading_report_node(struct sp_loading *loading, enum sp_report_kind kind,
                            const struct sp_yaml_node *node, const char *subject, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Sets every setting to its default. SP_ERR_MEMORY. */
enum sp_error sp_loading_set_defaults(struct sp_loading *loading) __attribute__((warn_unused_result));

/* Takes the settings of the root mapping; sections come apart (config/policies_section.h). */
void sp_loading_read_file(struct sp_loading *loading, const struct sp_yaml_node *root);

/* Replaces the value of a setting by that of its variable; a list's elements are separated by commas. */
void sp_loading_read_variable(struct sp_loading *loading, size_t setting, struct sp_str value);

#endif
