/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_KUBECONFIG_SECTION_H
#define SP_CONFIG_KUBECONFIG_SECTION_H

/*
 * The section `kubeconfig`: the clusters for which users get a kubeconfig (kube/kubeconfig_text.h), and the
 * origin where they can get it with their ID token. No application may share that origin: its service worker
 * could read the file, and a program at another port of the host receives the cookie that is valid there. So
 * anything that indicates an application there is an error: a binding, a rule, an entry of `hosts`, the
 * issuer, a cluster's server, or a `cookie_domain`, which sends the cookie to every host below it. So is
 * `insecure_http`, with which the cookie would cross the network in the clear.
 *
 * gate/loading.h reads the certificate files.
 */

#include "config/config.h"
#include "config/mapping.h"

extern const struct sp_value_type sp_type_kubeconfig; /* struct sp_kubeconfig_settings */

/* The keys of a cluster. The loader resolves those that are file names. */
extern const struct sp_mapping sp_cluster_mapping;

/* Gives each cluster that names no issuer the issuer and the issuer's CA file from the configuration. */
void sp_kubeconfig_derive(struct sp_reading *reading);

/* Refuses clusters and an origin that contradict each other or other settings. */
void sp_kubeconfig_check(struct sp_reading *reading);

/* Warns about what is legal but unwise. */
void sp_kubeconfig_warn(struct sp_reading *reading);

/* Appends the tables of the section and of a cluster's keys. */
void sp_kubeconfig_document(struct sp_buf *out);

#endif
