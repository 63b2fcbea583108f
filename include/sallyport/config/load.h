/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_LOAD_H
#define SP_CONFIG_LOAD_H

/*
 * Makes a struct sp_config from the text of the configuration file and the environment. Nothing is opened
 * here: the caller reads the file. All errors are reported at once, each with line, column, the closest valid
 * name and what to do. With any error there is no configuration. Warnings are about what is legal but unwise.
 *
 * Every setting that is not a section may also be set as SALLYPORT_<NAME>, which overrides the file.
 * Kubernetes puts variables for every Service into every pod, and a Service is likely to be named after this
 * program, so variables of that form are silently ignored. Any other unknown name that begins with SALLYPORT_
 * causes a warning, since it was probably meant as a setting. Relative file names are resolved against
 * `folder`.
 */

#include "config/config.h"
#include "config/reports.h"

#define SP_CONFIG_TEXT_MAX  (1024 * 1024)     /* bytes of the configuration file */
#define SP_CONFIG_PRINT_MAX (4 * 1024 * 1024) /* enough bytes for any configuration, quoted */

struct sp_config_source {
    struct sp_str text;             /* YAML, at most SP_CONFIG_TEXT_MAX bytes */
    const char *folder;             /* the folder of the file, for relative names; "." if there is no file */
    const char *const *environment; /* NAME=VALUE strings up to a NULL; the first of each name wins. NULL:
                                       none */
    struct sp_str start;            /* on a reload, the text that the process started with: settings that only
                                       a restart can change (config/fixed_settings.h) keep their values from
                                       it. It loads without errors. Null: none */
};

/* Loads a configuration. SP_ERR_CONFIG: `reports` has the errors. On success it may have warnings. */
enum sp_error sp_config_load(const struct sp_config_source *source, struct sp_reports *reports,
                             struct sp_config **out) __attribute__((warn_unused_result));

/*
 * Appends all settings of a source that loads, each as it was given, with its origin (config/mapping.h): YAML
 * that loads again, from the same folder and without the variables. If the source does not load, `out` is
 * marked as failed.
 */
void sp_config_print(const struct sp_config_source *source, struct sp_buf *out);

/* True for the names that Kubernetes makes for Services (`_SERVICE_HOST`, `_PORT_4181_TCP`, …) and for those
 * that other parts of this project use. `name` is the part after SALLYPORT_. */
bool sp_config_is_foreign_variable(struct sp_str name);

#endif
