/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_LOAD_H
#define SP_CONFIG_LOAD_H

/*
 * From the text of the configuration file and the environment to a struct sp_config. Nothing is opened here:
 * the caller reads the file. All errors are reported at once, each with line, column, the nearest right name
 * and what to do; with any error there is no configuration. Warnings are about what is legal and unwise.
 *
 * Every scalar setting may also come as SALLYPORT_<NAME>, which wins over the file. An unknown SALLYPORT_
 * name warns; what Kubernetes injects for a Service called sallyport (`_PORT`, `_PORT_…`, `_SERVICE_…`) is
 * passed over. Relative file names are resolved against `folder`.
 */

#include "config/config.h"
#include "config/document.h"
#include "config/reports.h"

#define SP_CONFIG_TEXT_MAX (1024 * 1024) /* bytes */

/*
 *   text         YAML, at most SP_CONFIG_TEXT_MAX bytes
 *   folder       of the file, for relative names; "." when there is none
 *   environment  NAME=VALUE strings ended by NULL; may be NULL
 *
 *   SP_ERR_CONFIG  `reports` says why; it may also hold warnings on success
 */
enum sp_error sp_config_load(struct sp_str text, const char *folder, const char *const *environment,
                             struct sp_reports *reports, struct sp_config **out)
    __attribute__((warn_unused_result));

#endif
