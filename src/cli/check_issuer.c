/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check_issuer.h"

#include "io/issuer.h"

#include <stdio.h>

#define WAIT_MS 1000 /* the longest wait in one run of the client; each call has its own deadline */

struct look {
    const char *issuer;
    const struct sp_client *client;
    struct sp_reports *reports;
    struct sp_http_client *http;
    struct sp_buf document; /* the last one fetched */
    struct sp_diag diag;    /* what was wrong with the response */
    enum sp_error error;
    bool done;
};

static void report(struct look *look, enum sp_report_kind kind, const char *url, const char *setting,
                   const char *text)
{
    sp_reports_add(look->reports, kind, &(struct sp_place){.file = url}, "%s%s%s",
                   setting != NULL ? setting : "", setting != NULL ? ": " : "", text);
}

static void on_answer(void *context, const struct sp_exchange_response *response)
{
    struct look *look = context;
    look->error = sp_issuer_check_response(response, &look->diag);
    sp_buf_append(&look->document, response->body);
    look->done = true;
}

/* Fetches a document. False, after a report, if that fails. */
static bool fetch(struct look *look, enum sp_outbound_target target, const char *url, size_t max)
{
    const struct sp_exchange_request request = {.url = url, .route = &look->client->route, .answer_max = max};
    look->done = false;
    sp_buf_clear(&look->document);
    sp_http_client_call(look->http, target, &request, on_answer, look);
    while (!look->done) {
        sp_http_client_run(look->http, WAIT_MS);
    }
    if (look->error != SP_OK) {
        report(look, SP_REPORT_ERROR, url, NULL, look->diag.text);
    }
    return look->error == SP_OK;
}

static void report_findings(struct look *look, const char *url,
                            const struct sp_issuer_metadata_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct sp_issuer_metadata_finding *finding = &findings->items[i];
        bool refuses = finding->weight == SP_ISSUER_METADATA_REFUSED;
        report(look, refuses ? SP_REPORT_ERROR : SP_REPORT_WARNING, url, finding->setting, finding->text);
    }
}

static void look_at_keys(struct look *look, const struct sp_issuer_metadata *metadata)
{
    struct sp_keyset *keyset = NULL;
    struct sp_str scopes = sp_issuer_metadata_scopes(metadata, look->client);
    if (!fetch(look, SP_TARGET_KEYS, metadata->jwks_uri, SP_KEYSET_DOCUMENT_MAX)) {
        return;
    }
    if (sp_keyset_parse(sp_buf_str(&look->document), &keyset, &look->diag) != SP_OK) {
        report(look, SP_REPORT_ERROR, metadata->jwks_uri, NULL, look->diag.text);
        return;
    }
    if (keyset->skipped_n > 0) {
        report(look, SP_REPORT_WARNING, metadata->jwks_uri, "skipped", keyset->skipped.text);
    }
    fprintf(stderr, "%s: %zu key%s; sign-ins request the scopes %.*s\n", look->issuer, keyset->keys_n,
            keyset->keys_n == 1 ? "" : "s", SP_STR_ARGS(scopes));
    sp_keyset_free(keyset);
}

static void look_at_discovery(struct look *look)
{
    struct sp_issuer_metadata_findings findings = {.n = 0};
    struct sp_issuer_metadata *metadata = NULL;
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, 2 * SP_ISSUER_METADATA_URL_MAX);
    sp_issuer_metadata_append_discovery_url(sp_str_from_c(look->issuer), look->client, &url);
    const char *text = sp_buf_c_str(&url);
    if (text == NULL || !fetch(look, SP_TARGET_DISCOVERY, text, SP_ISSUER_METADATA_DOCUMENT_MAX)) {
        return;
    }
    enum sp_error error = sp_issuer_metadata_parse(sp_buf_str(&look->document), sp_str_from_c(look->issuer),
                                                   look->client, &metadata, &findings);
    report_findings(look, text, &findings);
    if (error == SP_OK) {
        look_at_keys(look, metadata);
    }
    sp_issuer_metadata_free(metadata);
}

void sp_check_issuer(const char *issuer, const struct sp_client *client, struct sp_reports *reports)
{
    static struct sp_metrics metrics; /* required by the client, never read */
    struct look look = {.issuer = issuer, .client = client, .reports = reports};
    sp_buf_init(&look.document, SP_ISSUER_METADATA_DOCUMENT_MAX);
    if (sp_http_client_new(&metrics, &look.diag, &look.http) != SP_OK) {
        report(&look, SP_REPORT_ERROR, issuer, NULL, look.diag.text);
    } else {
        look_at_discovery(&look);
        sp_http_client_free(look.http);
    }
    sp_buf_done(&look.document);
}
