/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_PAGES_H
#define SP_GATE_PAGES_H

/*
 * The product's own pages under `prefix`, and the callback where `callback_path` puts it. They are reached in
 * two ways: as an overlay of any protected host, through the answer to a subrequest, which a proxy relays
 * only when it is no 2xx; and directly, through a router that leads to the pages listener, where `me`,
 * `kubeconfig` and `backchannel-logout` are added. What is under the prefix and is no page is 404: the
 * application never sees it. Paths are compared byte for byte; another spelling of a page is none.
 */

#include "gate/transaction.h"

/* Answers a request that is covered, with the direct pages when it came to the pages listener. */
void sp_pages_answer(struct sp_transaction *t);

/* Why no page answers a request that is covered: SP_REASON_NO_SUCH_PAGE or SP_REASON_METHOD_NOT_ALLOWED;
 * SP_REASON_NONE where one does. */
enum sp_reason sp_pages_find_refusal(const struct sp_config *config, const struct sp_dialect *dialect,
                                     const struct sp_request *request);

/* True for a path that a sign-in may lead back to: those of applications, and of the kubeconfig pages. */
bool sp_pages_may_lead_back(const struct sp_config *config, struct sp_str path);

/* Refuses, with a link that leads out to the start of the site: for who went astray here. */
void sp_pages_refuse(struct sp_transaction *t, enum sp_reason reason);

/* True for the path of a page that only the pages listener has. */
bool sp_pages_is_direct(const struct sp_config *config, struct sp_str path);

#endif
