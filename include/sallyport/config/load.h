/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_LOAD_H
#define SP_CONFIG_LOAD_H

/*
 * From the text of the configuration file and the environment to a struct sp_config. Nothing is opened here:
 * the caller reads the file. All errors are reported at once, each with line, column, the nearest right name
 * and what to do; with any error there is no configuration. Warnings are about what is legal and unwise.
 *
 * Every setting that is not a section may also come as SALLYPORT_<NAME>, which wins over the file. Kubernetes
 * puts variables of every Service into every pod, and a Service is likely to be called after this program, so
 * what has the shape of those is passed over in silence; any other name that begins with SALLYPORT_ and is
 * not known gets a warning, since it was meant to do something. Relative file names are resolved against
 * `folder`.
 */

#include "config/config.h"
#include "config/reports.h"

#define SP_CONFIG_TEXT_MAX  (1024 * 1024)     /* bytes */
#define SP_CONFIG_PRINT_MAX (4 * 1024 * 1024) /* bytes that any configuration fits in, quoted */

struct sp_config_source {
    struct sp_str text; /* YAML, at most SP_CONFIG_TEXT_MAX bytes */
    const char *folder; /* of the file, for relative names; "." when there is none */
    const char *const
        *environment;    /* NAME=VALUE strings ended by NULL, the first of a name counts; or NULL */
    struct sp_str start; /* of a reload: the text that the process was started with, which has loaded, for the
                            settings that only a start can change (config/fixed_settings.h); null: none */
};

/* SP_ERR_CONFIG: `reports` says why; it may also hold warnings on success. */
enum sp_error sp_config_load(const struct sp_config_source *source, struct sp_reports *reports,
                             struct sp_config **out) __attribute__((warn_unused_result));

/*
 * Appends all settings of what loads, each as it was given and with where (config/mapping.h): YAML that loads
 * again, from the same folder and without the variables. Of what does not load, `out` is marked as failed.
 */
void sp_config_print(const struct sp_config_source *source, struct sp_buf *out);

/* True for the names that Kubernetes makes for Services (`_SERVICE_HOST`, `_PORT_4181_TCP`, …) and for those
 * that belong to other parts of this project. `name` is what follows SALLYPORT_. */
bool sp_config_is_foreign_variable(struct sp_str name);

#endif
