/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_findings.h"

#include "base/wording.h"

#include <stdlib.h>

void sp_rbac_findings_done(struct sp_rbac_findings *findings)
{
    free(findings->items);
    *findings = (struct sp_rbac_findings){0};
}

/* The weight of a finding. Granting everybody everything weighs most, then granting everybody some paths. */
static int weigh(const struct sp_rbac_finding *finding)
{
    return finding->kind == SP_RBAC_FINDING_EVERYTHING  ? 2
           : finding->kind == SP_RBAC_FINDING_EVERYBODY ? 1
                                                        : 0;
}

/* If there is no room, a finding replaces the last one with a lower weight. */
static enum sp_error add(struct sp_rbac_findings *findings, const struct sp_rbac_finding *finding)
{
    if (findings->items == NULL) {
        findings->items = calloc(SP_RBAC_FINDINGS_MAX, sizeof *findings->items);
        if (findings->items == NULL) {
            return SP_ERR_MEMORY;
        }
    }
    size_t n = findings->n++;
    if (n < SP_RBAC_FINDINGS_MAX) {
        findings->items[n] = *finding;
        return SP_OK;
    }
    for (size_t i = SP_RBAC_FINDINGS_MAX; i > 0; i--) {
        if (weigh(&findings->items[i - 1]) < weigh(finding)) {
            findings->items[i - 1] = *finding;
            break;
        }
    }
    return SP_OK;
}

/* ---- roles ---------------------------------------------------------------------------------------- */

/* Checks the verbs and patterns of one rule, taken from `rest`. `finding` already has the role and the
 * rule. */
static enum sp_error add_rule(struct sp_rbac_findings *findings, enum sp_rbac_matching matching,
                              struct sp_rbac_finding finding, struct sp_str *rest)
{
    static const enum sp_rbac_finding_kind kinds[] = {
        [SP_RBAC_DEAD_REGEX] = SP_RBAC_FINDING_REGEX,
        [SP_RBAC_DEAD_URL] = SP_RBAC_FINDING_URL,
        [SP_RBAC_DEAD_NO_PATH] = SP_RBAC_FINDING_NO_PATH,
        [SP_RBAC_DEAD_NO_SCHEME] = SP_RBAC_FINDING_NO_SCHEME,
        [SP_RBAC_DEAD_HOST] = SP_RBAC_FINDING_HOST,
    };
    enum sp_error error = SP_OK;
    uint32_t verbs_n = sp_rbac_take_number(rest);
    if (verbs_n == 0) {
        finding.kind = SP_RBAC_FINDING_NO_VERBS;
        error = add(findings, &finding);
    }
    finding.kind = SP_RBAC_FINDING_VERB;
    for (; verbs_n > 0; verbs_n--) {
        finding.text = sp_rbac_take_text(rest);
        if (sp_rbac_verb_is_dead(matching, finding.text) && error == SP_OK) {
            error = add(findings, &finding);
        }
    }
    for (uint32_t n = sp_rbac_take_number(rest); n > 0; n--) {
        finding.text = sp_rbac_take_text(rest);
        enum sp_rbac_dead dead = sp_rbac_pattern_is_dead(matching, finding.text);
        finding.kind = kinds[dead];
        if (dead != SP_RBAC_ALIVE && error == SP_OK) {
            error = add(findings, &finding);
        }
    }
    return error;
}

enum sp_error sp_rbac_findings_add_role(struct sp_rbac_findings *findings,
                                        const struct sp_rbac_settings *settings,
                                        const struct sp_rbac_record *role, uint64_t serial)
{
    struct sp_rbac_finding finding = {
        .serial = role->serial > serial ? role->serial : serial,
        .role = sp_rbac_record_name(role),
    };
    struct sp_str rest = sp_rbac_record_bytes(role);
    sp_rbac_take_text(&rest);
    enum sp_error error = SP_OK;
    for (uint32_t i = 0; i < role->parts_n && error == SP_OK; i++) {
        finding.rule = (size_t)sp_rbac_take_number(&rest) + 1;
        error = add_rule(findings, settings->matching, finding, &rest);
    }
    return error;
}

/* ---- subjects ------------------------------------------------------------------------------------- */

/* The pattern that best describes what the role grants: one that matches everything, else the first that can
 * match. */
static struct sp_str find_pattern(enum sp_rbac_matching matching, const struct sp_rbac_record *role)
{
    struct sp_str found = SP_STR_NONE;
    struct sp_str rest = sp_rbac_record_bytes(role);
    sp_rbac_take_text(&rest);
    for (uint32_t i = 0; i < role->parts_n; i++) {
        sp_rbac_take_number(&rest);
        for (uint32_t n = sp_rbac_take_number(&rest); n > 0; n--) {
            sp_rbac_take_text(&rest);
        }
        for (uint32_t n = sp_rbac_take_number(&rest); n > 0; n--) {
            struct sp_str pattern = sp_rbac_take_text(&rest);
            if (sp_rbac_pattern_is_everything(pattern)) {
                return pattern;
            }
            if (found.ptr == NULL && sp_rbac_pattern_is_dead(matching, pattern) == SP_RBAC_ALIVE) {
                found = pattern;
            }
        }
    }
    return found;
}

static bool begins_with(const struct sp_rbac_settings *settings, struct sp_str name, struct sp_str prefix)
{
    return settings->ignores_case ? sp_str_starts_with_ci(name, prefix) : sp_str_starts_with(name, prefix);
}

enum sp_error sp_rbac_findings_add_subject(struct sp_rbac_findings *findings,
                                           const struct sp_rbac_settings *settings,
                                           const struct sp_rbac_record *binding,
                                           const struct sp_rbac_record *role, enum sp_rbac_subject_kind kind,
                                           struct sp_str name)
{
    struct sp_rbac_finding finding = {
        .subject = kind,
        .serial = binding->serial > role->serial ? binding->serial : role->serial,
        .binding = sp_rbac_record_name(binding),
        .role = sp_rbac_record_name(role),
        .text = name,
    };
    struct sp_str everybody = SP_STR(SP_RBAC_AUTHENTICATED);
    const char *prefix = kind == SP_RBAC_USER ? settings->username_prefix : settings->groups_prefix;
    if (kind == SP_RBAC_GROUP && name.len == everybody.len && begins_with(settings, name, everybody)) {
        finding.text = find_pattern(settings->matching, role);
        finding.kind = sp_rbac_pattern_is_everything(finding.text) ? SP_RBAC_FINDING_EVERYTHING
                                                                   : SP_RBAC_FINDING_EVERYBODY;
        return finding.text.ptr == NULL ? SP_OK : add(findings, &finding);
    }
    if (sp_str_starts_with_ci(name, SP_STR("system:"))) {
        finding.kind = SP_RBAC_FINDING_RESERVED;
        return add(findings, &finding);
    }
    finding.kind = SP_RBAC_FINDING_PREFIX;
    return begins_with(settings, name, sp_str_from_c(prefix)) ? SP_OK : add(findings, &finding);
}

/* ---- messages ------------------------------------------------------------------------------------- */

static void write_of_subject(const struct sp_rbac_finding *finding, struct sp_buf *out)
{
    bool is_user = finding->subject == SP_RBAC_USER;
    sp_buf_printf(out, "ClusterRoleBinding \"%s\": the subject %s \"%s\" ", SP_QUOTE(finding->binding),
                  is_user ? "User" : "Group", SP_QUOTE(finding->text));
    if (finding->kind == SP_RBAC_FINDING_PREFIX) {
        sp_buf_printf(out, "does not begin with %s: %s", is_user ? "username_prefix" : "groups_prefix",
                      is_user ? "no user has such a name" : "nobody is in such a group");
    } else {
        sp_buf_append_c(out, "matches nobody: of the names that begin with system:, sallyport only knows the "
                             "group system:authenticated");
    }
}

static void write_of_url(const struct sp_rbac_finding *finding, struct sp_buf *out)
{
    SP_BUF_SCOPED struct sp_buf repaired;
    sp_buf_init(&repaired, finding->text.len + SP_ORIGIN_MAX);
    sp_rbac_pattern_repair(finding->text, &repaired);
    sp_buf_append_c(
        out, finding->kind == SP_RBAC_FINDING_HOST
                 ? "never matches: no request has such a host"
                 : "never matches: under rbac_matching: globstar, a pattern begins with / or a scheme");
    if (sp_rbac_pattern_is_dead(SP_RBAC_GLOBSTAR, sp_buf_str(&repaired)) == SP_RBAC_ALIVE) {
        sp_buf_printf(out, ": write \"%s\"", SP_QUOTE(sp_buf_str(&repaired)));
    }
}

static void write_of_role(const struct sp_rbac_finding *finding, struct sp_buf *out)
{
    sp_buf_printf(out, "ClusterRole \"%s\": ", SP_QUOTE(finding->role));
    if (finding->kind == SP_RBAC_FINDING_NO_VERBS) {
        sp_buf_printf(out, "rule %zu has nonResourceURLs and no verbs: it grants nothing", finding->rule);
    } else if (finding->kind == SP_RBAC_FINDING_VERB) {
        sp_buf_printf(out,
                      "the verb \"%s\" of rule %zu never matches: under rbac_matching: kubernetes, verbs are "
                      "in lower case",
                      SP_QUOTE(finding->text), finding->rule);
    } else if (finding->kind == SP_RBAC_FINDING_NO_SCHEME || finding->kind == SP_RBAC_FINDING_HOST) {
        sp_buf_printf(out, "\"%s\" ", SP_QUOTE(finding->text));
        write_of_url(finding, out);
    } else {
        sp_buf_printf(
            out, "\"%s\" %s", SP_QUOTE(finding->text),
            finding->kind == SP_RBAC_FINDING_REGEX
                ? "is a regular expression and never matches: write paths that end in *"
            : finding->kind == SP_RBAC_FINDING_URL
                ? "names a host and never matches under rbac_matching: kubernetes; it would under globstar"
                : "never matches: a path begins with /");
    }
}

void sp_rbac_finding_write(const struct sp_rbac_finding *finding, struct sp_buf *out)
{
    switch (finding->kind) {
    case SP_RBAC_FINDING_EVERYBODY:
        sp_buf_printf(out,
                      "ClusterRoleBinding \"%s\" grants system:authenticated the paths of the role \"%s\", "
                      "such as \"%s\": everybody who can sign in may use them, on every host",
                      SP_QUOTE(finding->binding), SP_QUOTE(finding->role), SP_QUOTE(finding->text));
        break;
    case SP_RBAC_FINDING_EVERYTHING:
        sp_buf_printf(out,
                      "ClusterRoleBinding \"%s\" grants system:authenticated \"%s\" through the role \"%s\": "
                      "everybody who can sign in may use every path, on every host",
                      SP_QUOTE(finding->binding), SP_QUOTE(finding->text), SP_QUOTE(finding->role));
        break;
    case SP_RBAC_FINDING_PREFIX:
    case SP_RBAC_FINDING_RESERVED:
        write_of_subject(finding, out);
        break;
    case SP_RBAC_FINDING_REGEX:
    case SP_RBAC_FINDING_URL:
    case SP_RBAC_FINDING_NO_PATH:
    case SP_RBAC_FINDING_NO_SCHEME:
    case SP_RBAC_FINDING_HOST:
    case SP_RBAC_FINDING_VERB:
    case SP_RBAC_FINDING_NO_VERBS:
        write_of_role(finding, out);
        break;
    }
}
