/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_ENVIRONMENT_H
#define SP_CONFIG_ENVIRONMENT_H

/*
 * Settings out of the environment: SALLYPORT_<NAME> for each that is not a section. Kubernetes puts variables
 * of every Service into every pod, and a Service is likely to be called after this program, so what has the
 * shape of those is passed over in silence; any other name that begins with SALLYPORT_ and is not known gets
 * a warning, since it was meant to do something.
 */

#include "config/loading.h"

/* `environment`: NAME=VALUE strings ended by NULL; may be NULL. Of two of one name the first counts. */
void sp_environment_read(struct sp_loading *loading, const char *const *environment);

/* True for the names that Kubernetes makes for Services (`_SERVICE_HOST`, `_PORT_4181_TCP`, …) and for those
 * that belong to other parts of this project. `name` is what follows SALLYPORT_. */
bool sp_environment_is_foreign(struct sp_str name);

#endif
