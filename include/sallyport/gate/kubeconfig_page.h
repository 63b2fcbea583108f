/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_KUBECONFIG_PAGE_H
#define SP_GATE_KUBECONFIG_PAGE_H

/*
 * The page and the files with which people use clusters (kube/kubeconfig_text.h):
 *
 *   PREFIX/kubeconfig                  a page of the clusters that this user may use, with the commands
 *   PREFIX/kubeconfig/NAME.yaml        the file of one; `all` is the file of all of them
 *   PREFIX/kubeconfig/NAME.token.yaml  the same with the user's ID token in place of the plugin
 *
 * They need a user, by session or bearer token, who is in one of the groups of a cluster. No policy applies:
 * policies are for applications, and the API server has its own. Everything is made from the configuration
 * and the session, so with a valid session it works while the issuer is down.
 *
 * Attack: a script that reads the token. Whatever an origin serves can be read by a service worker of that
 * origin, as a download too and whatever the browser says of the request. So this file exists at
 * `kubeconfig.origin` alone, where no application is (gate/gate.h). There a click on this page's link, a
 * typed address and programs get it. Frames, scripts and links of other sites do not: such a link would leave
 * the token in a folder of somebody who did not ask for it. Only sessions of that host keep the token, where
 * the cookie has room; otherwise this page says that there is none.
 *
 * A token with less than five minutes left is not worth a file, so a click then begins a new sign-in. The
 * session ends for that: a callback looks at the session first, and would keep the old token. The sign-in
 * leads to the page, not to the file, so there is no loop, whatever tokens the issuer gives.
 */

#include "gate/transaction.h"

/* Bytes of the page. A command that saves a file holds the file: it is left out for files longer than
 * SP_KUBECONFIG_PAGE_SAVED_MAX, and once the page is longer than SP_KUBECONFIG_PAGE_SAVES_MAX. */
#define SP_KUBECONFIG_PAGE_MAX       (2 * 1024 * 1024)
#define SP_KUBECONFIG_PAGE_SAVED_MAX (8 * 1024)
#define SP_KUBECONFIG_PAGE_SAVES_MAX (768 * 1024)

#define SP_KUBECONFIG_PAGE_LEFT_S 300 /* that a token must have */

/* True for a path below the prefix that is one of these; a file's name need not be that of a cluster. False
 * for all where the configuration has no clusters. */
bool sp_kubeconfig_page_is_at(const struct sp_config *config, struct sp_str below);

void sp_kubeconfig_page(struct sp_transaction *t);

#endif
