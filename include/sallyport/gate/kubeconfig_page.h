/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_KUBECONFIG_PAGE_H
#define SP_GATE_KUBECONFIG_PAGE_H

/*
 * The page and the files with which people use clusters (kube/kubeconfig_text.h):
 *
 *   PREFIX/kubeconfig                  a page of the clusters that this user may use, with the commands
 *   PREFIX/kubeconfig/NAME.yaml        the file of one cluster; `all` is the file of all of them
 *   PREFIX/kubeconfig/NAME.token.yaml  the same with the user's ID token in place of the plugin
 *
 * They need a user, by session or bearer token, and contain the clusters that have no groups or one that the
 * user is in. No policy applies: policies are for applications, and the API server has its own. Everything is
 * made from the configuration and the session, so it works with a valid session while the issuer is down.
 *
 * Attack: a script that reads the token. A service worker can read every response of its origin, including
 * downloads, regardless of what the browser reports about the request. Therefore the file with the token
 * exists only at `kubeconfig.origin`, where there is no application (gate/gate.h). Clicks on the link on this
 * page, typed addresses and programs get it. Frames, scripts and links on other sites do not: such a link
 * would save the token in the download folder of a user who did not request it. Only sessions of that host
 * store the token, and only if it fits into the cookie; otherwise this page states that there is none.
 *
 * A token that expires in less than five minutes is not worth a file, so a click then begins a new sign-in.
 * This ends the session, because a callback checks the session first, and would keep the old token. The
 * sign-in leads to the page, not to the file. So no token that the issuer returns can cause a loop.
 */

#include "gate/transaction.h"

/* Bytes of the page. A command that saves a file contains the file. It is left out for files longer than
 * SP_KUBECONFIG_PAGE_SAVED_MAX, and once the page is longer than SP_KUBECONFIG_PAGE_SAVES_MAX. */
#define SP_KUBECONFIG_PAGE_MAX       (2 * 1024 * 1024)
#define SP_KUBECONFIG_PAGE_SAVED_MAX (8 * 1024)
#define SP_KUBECONFIG_PAGE_SAVES_MAX (768 * 1024)

#define SP_KUBECONFIG_PAGE_LEFT_S 300 /* remaining lifetime that a token must have */

/* True if a path below the prefix is that of the page or of a file, even if the file's name is not that of a
 * cluster. Always false if the configuration has no clusters. */
bool sp_kubeconfig_page_is_at(const struct sp_config *config, struct sp_str below);

void sp_kubeconfig_page(struct sp_transaction *t);

#endif
