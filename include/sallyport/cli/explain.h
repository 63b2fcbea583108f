/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_H
#define SP_CLI_EXPLAIN_H

/*
 * `sallyport explain`: what the configuration decides about one request of one user, and why. It prints every
 * rule of the policy in order, with the condition that keeps it from matching, then the verdict, and the
 * headers that the application would get. It calls the same functions as `serve`; no issuer is contacted and
 * no cookie is opened. If an `rbac` rule depends on the cluster, the objects are read from it once
 * (io/rbac_list.h). The output is text for people, or one JSON object with `--json`.
 *
 * Exits with 0 if the request is allowed, 1 if it is not, or if something that a rule needs is unknown. Exits
 * with 2 if there is no result: wrong usage, a configuration or file that cannot be read, bindings that
 * cannot be read, or output that cannot be written.
 */

int sp_command_explain(int argc, char **argv);

#endif
