/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/admin.h"

#include "gate/revoke.h"
#include "io/log.h"

static void answer_text(struct sp_transaction *t, unsigned status, const char *type, struct sp_str body)
{
    t->answer.status = status;
    t->answer.body = body;
    sp_answer_add(&t->answer, "Content-Type", sp_str_from_c(type));
    sp_answer_add(&t->answer, "Cache-Control", SP_STR("no-store"));
}

/* Not ready until everything has been read once. If the data is too old later, the API server is at fault,
 * not this process. */
static void append_rbac(const struct sp_rbac_watch_status *rbac, struct sp_buf *body)
{
    const char *state = !rbac->is_read ? "unread" : rbac->is_current ? "read" : "too_old";
    sp_buf_printf(body, ",\"rbac\":\"%s\"", state);
    if (rbac->is_read) {
        sp_buf_printf(body, ",\"rbac_age_s\":%lld", (long long)rbac->age_s);
    }
}

/* NULL: no rule needs the cluster. */
static const struct sp_rbac_watch *rbac_watch(const struct sp_transaction *t)
{
    return sp_config_watches_rbac(t->context->snapshot->config) ? t->context->process->rbac_watch : NULL;
}

static void answer_ready(struct sp_transaction *t, struct sp_buf *body)
{
    const struct sp_process *process = t->context->process;
    bool draining = atomic_load(&process->draining) != 0;
    struct sp_issuer_status issuer = sp_issuer_status(process->issuer);
    const struct sp_rbac_watch *watch = rbac_watch(t);
    struct sp_rbac_watch_status rbac = {.is_read = true};
    if (watch != NULL) {
        rbac = sp_rbac_watch_status(watch);
    }
    bool ready = !draining && issuer.contradicts == NULL && (rbac.is_read || !process->is_ready_by_rbac);
    sp_buf_printf(body, "{\"ready\":%s,\"issuer\":\"%s\",\"keys\":%zu", ready ? "true" : "false",
                  issuer.up ? "up" : "down", sp_keyring_count(t->context->snapshot->keys));
    if (issuer.contradicts != NULL) {
        sp_buf_printf(body, ",\"issuer_contradicts\":\"%s\"", issuer.contradicts);
    }
    if (issuer.keys_age_s >= 0) {
        sp_buf_printf(body, ",\"issuer_documents_age_s\":%lld", (long long)issuer.keys_age_s);
    }
    if (watch != NULL) {
        append_rbac(&rbac, body);
    }
    if (atomic_load(&process->reload_failed) != 0) {
        sp_buf_append_c(body, ",\"config_reload\":\"failed\"");
    }
    sp_buf_append_c(body, "}\n");
    answer_text(t, ready ? 200 : 503, "application/json", sp_buf_str(body));
}

static int64_t account_expiry(const struct sp_snapshot *snapshot)
{
    int64_t first_s = 0;
    for (size_t i = 0; snapshot->credentials != NULL && i < snapshot->credentials->items_n; i++) {
        int64_t expires_s = snapshot->credentials->items[i].expires_s;
        first_s = expires_s != 0 && (first_s == 0 || expires_s < first_s) ? expires_s : first_s;
    }
    return first_s;
}

static void answer_metrics(struct sp_transaction *t, struct sp_buf *body)
{
    const struct sp_process *process = t->context->process;
    struct sp_issuer_status issuer = sp_issuer_status(process->issuer);
    const struct sp_rbac_watch *watch = rbac_watch(t);
    struct sp_rbac_watch_status rbac = {.bindings_n = -1, .age_s = -1};
    if (watch != NULL) {
        rbac = sp_rbac_watch_status(watch);
    }
    const struct sp_tls_identity *tls = t->context->snapshot->tls;
    const struct sp_metrics_state state = {
        .issuer_up = issuer.up,
        .issuer_contradicts = issuer.contradicts,
        .discovery_age_s = issuer.discovery_age_s,
        .keys_age_s = issuer.keys_age_s,
        .rbac_bindings = rbac.bindings_n,
        .rbac_age_s = rbac.age_s,
        .account_expires_s = account_expiry(t->context->snapshot),
        .certificate = tls != NULL ? tls->span : (struct sp_tls_span){0, 0},
        .client_ca = tls != NULL ? tls->client_ca_span : (struct sp_tls_span){0, 0},
        .sealing_keys = sp_keyring_sealing_key(t->context->snapshot->keys, t->context->now_s) != NULL,
        .opening_keys = sp_keyring_count(t->context->snapshot->keys),
        .log_dropped = sp_log_dropped(),
        .reloads_n = atomic_load(&process->reloads_n),
        .reloads_failed_n = atomic_load(&process->reloads_failed_n),
        .reload_failed = atomic_load(&process->reload_failed) != 0,
        .revocations_n = sp_revocations_count(process->revocations),
        .overdue_n =
            process->renewals != NULL ? sp_renewals_overdue_n(process->renewals, t->context->now_s) : 0,
        .not_before_s = sp_revocations_not_before_s(process->revocations),
        .started_ms = process->started_ms,
        .usage = sp_process_usage_read(),
    };
    sp_metrics_render(process->metrics, process->metrics_n, &state, body);
    bool whole = sp_buf_error(body) == SP_OK;
    answer_text(t, whole ? 200 : 500, "text/plain; version=0.0.4; charset=utf-8", sp_buf_str(body));
}

/* By default HAProxy probes with `OPTIONS / HTTP/1.0`, or with `OPTIONS /readyz` if that path is configured.
 * Both check readiness. */
void sp_admin_answer(struct sp_transaction *t, struct sp_buf *body)
{
    struct sp_str method = t->head->method;
    struct sp_str target = t->head->target;
    bool is_options = sp_str_equal(method, SP_STR("OPTIONS"));
    bool is_read = sp_str_equal(method, SP_STR("GET")) || sp_str_equal(method, SP_STR("HEAD"));
    bool is_revoke = sp_str_equal(target, SP_STR("/revoke"));
    if (is_revoke && sp_str_equal(method, SP_STR("POST"))) {
        unsigned status = sp_revoke_take(t, body);
        answer_text(t, status, "text/plain", sp_buf_str(body));
        return;
    }
    if (is_revoke || (!is_read && !is_options)) {
        answer_text(t, 405, "text/plain", SP_STR("method not allowed\n"));
    } else if (sp_str_equal(target, SP_STR("/healthz"))) {
        answer_text(t, 200, "text/plain", SP_STR("ok\n"));
    } else if (sp_str_equal(target, SP_STR("/readyz")) || (is_options && sp_str_equal(target, SP_STR("/")))) {
        answer_ready(t, body);
    } else if (sp_str_equal(target, SP_STR("/metrics"))) {
        answer_metrics(t, body);
    } else {
        answer_text(t, 404, "text/plain", SP_STR("not found\n"));
    }
    if (!is_read || is_revoke) {
        sp_answer_add(&t->answer, "Allow", is_revoke ? SP_STR("POST") : SP_STR("GET, HEAD, OPTIONS"));
    }
}
