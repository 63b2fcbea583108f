/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_H
#define SP_CLI_EXPLAIN_H

/*
 * `sallyport explain`: what the configuration says to one request of one person, and why. Every rule of the
 * policy is shown in order, with the condition that keeps it from holding; then the verdict, and the headers
 * that the application would get. It asks the very functions that serve; no issuer is asked and no cookie is
 * opened. Where a rule `rbac` goes by the cluster, the cluster is asked once (io/rbac_list.h). As text for
 * people, as one JSON object with `--json`.
 *
 * 0 when the request is allowed, 1 when it is not, or when what some rule asks for is not known; 2 without an
 * answer: usage, a configuration or a file that cannot be read, bindings that cannot be read, an answer that
 * cannot be written.
 */

int sp_command_explain(int argc, char **argv);

#endif
