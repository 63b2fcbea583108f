/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_KUBECONFIG_PAGE_H
#define SP_GATE_KUBECONFIG_PAGE_H

/*
 * What people use clusters by (kube/kubeconfig_text.h):
 *
 *   PREFIX/kubeconfig                  a page of the clusters that this user may use, with the commands
 *   PREFIX/kubeconfig/NAME.yaml        the file of one; `all` is the file of all of them
 *   PREFIX/kubeconfig/NAME.token.yaml  the same with the user's ID token in place of the plugin
 *
 * They ask for a user, by session or bearer token, and for one of the groups of a cluster, and for no policy:
 * those are about applications, and the API asks its own. All is made of the configuration and the session,
 * so with a valid session no issuer that is away takes it down.
 *
 * Attack: a script that reads the token. Whatever an origin serves can be read by a service worker of that
 * origin, as a download too and whatever the browser says of the request. So this file exists at
 * `kubeconfig.origin` alone, where no application is (gate/gate.h). There it is given to a navigation by a
 * link of this page or by typing, and to what is no browser: not to a frame or script, nor by a link of
 * somebody else's page, which would leave the token in a folder unasked. Sessions of that host alone keep it,
 * where the cookie has room; else this page says that there is none.
 *
 * A token with less than five minutes left is none to work with, and a click then begins a new sign-in. The
 * session ends for that: a callback looks at the session first, and would keep the old token. The sign-in
 * leads to the page, not to the file: so it makes no circle, whatever tokens the issuer gives.
 */

#include "gate/transaction.h"

/* Bytes of the page. What a file is saved by holds the file, so it is left out for files that are longer
 * than the second, and once the page is longer than the third. */
#define SP_KUBECONFIG_PAGE_MAX       (2 * 1024 * 1024)
#define SP_KUBECONFIG_PAGE_SAVED_MAX (8 * 1024)
#define SP_KUBECONFIG_PAGE_SAVES_MAX (768 * 1024)

#define SP_KUBECONFIG_PAGE_LEFT_S 300 /* that a token must have */

/* Whether a path below the prefix is one of these; of names it tells only that they are some. Without
 * clusters in the configuration none is. */
bool sp_kubeconfig_page_is_at(const struct sp_config *config, struct sp_str below);

void sp_kubeconfig_page(struct sp_transaction *t);

#endif
