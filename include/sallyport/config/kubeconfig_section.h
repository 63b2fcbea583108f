/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_KUBECONFIG_SECTION_H
#define SP_CONFIG_KUBECONFIG_SECTION_H

/*
 * The section `kubeconfig`: the clusters that people get a kubeconfig for (kube/kubeconfig_text.h), and the
 * origin where they can get it with their ID token. No application may share that origin: a service worker
 * of one would read the file, and a program at another port gets the cookie that opens there. So whatever
 * says that one is there is an error: a binding, a rule, an entry of `hosts`, the issuer, a cluster's server,
 * or a `cookie_domain`, which sends the cookie to every host below it. So is `insecure_http`, by which the
 * cookie would cross the network in the clear.
 *
 * gate/loading.h reads the files of certificates.
 */

#include "config/config.h"
#include "config/mapping.h"

extern const struct sp_value_type sp_type_kubeconfig; /* struct sp_kubeconfig_settings */

/* The keys of a cluster: the loader resolves those that are files. */
extern const struct sp_mapping sp_cluster_mapping;

/* Gives each cluster the issuer of the configuration and its certificates, where it names none. */
void sp_kubeconfig_derive(struct sp_reading *reading);

/* Refuses clusters and an origin that contradict each other or other settings. */
void sp_kubeconfig_check(struct sp_reading *reading);

/* Warns of what is legal and unwise. */
void sp_kubeconfig_warn(struct sp_reading *reading);

/* Appends the tables of the section and of a cluster's keys. */
void sp_kubeconfig_document(struct sp_buf *out);

#endif
