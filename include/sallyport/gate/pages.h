/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_PAGES_H
#define SP_GATE_PAGES_H

/*
 * Our own pages under `prefix`, and the callback at `callback_path`. They are reached in two ways. One is an
 * overlay on any protected host, as the answer to a subrequest, which a proxy relays only if it is not 2xx.
 * The other is a router that leads to the pages listener, which also has `me`, `kubeconfig` and
 * `backchannel-logout`. Any other path under the prefix is 404, and the application never sees it. Paths are
 * compared byte for byte, so another spelling of a page's path does not lead to the page.
 */

#include "gate/transaction.h"

/* Answers a request for one of these paths. The direct pages answer only on the pages listener. */
void sp_pages_answer(struct sp_transaction *t);

/* Why no page answers a request for one of these paths: SP_REASON_NO_SUCH_PAGE or
 * SP_REASON_METHOD_NOT_ALLOWED; SP_REASON_NONE if a page does. */
enum sp_reason sp_pages_find_refusal(const struct sp_config *config, const struct sp_dialect *dialect,
                                     const struct sp_request *request);

/* True for a path that a sign-in may return to: those of applications, and of the kubeconfig pages. */
bool sp_pages_may_lead_back(const struct sp_config *config, struct sp_str path);

/* Refuses with a link to the start of the site, for users who arrived here by mistake. */
void sp_pages_refuse(struct sp_transaction *t, enum sp_reason reason);

/* True for the path of a page that only the pages listener has. */
bool sp_pages_is_direct(const struct sp_config *config, struct sp_str path);

#endif
