/* SPDX-License-Identifier: Apache-2.0 */
#include "config/fixed_settings.h"

#include "config/config.h"
#include "config/settings.h"

#include <assert.h>

#define VALUES_MAX (1024 * 1024) /* bytes of a complete file */
#define FIELD_MAX  64            /* bytes of the largest field */

struct fixed {
    const char *name;
    size_t offset;
    size_t len;
};

#define FIELD(member) offsetof(struct sp_config, member), sizeof(((struct sp_config *)NULL)->member)

static const struct fixed all[] = {
    {"listen", FIELD(listen)},
    {"pages_listen", FIELD(pages_listen)},
    {"admin_listen", FIELD(admin_listen)},
    {"threads", FIELD(threads)},
    {"max_connections", FIELD(max_connections)},
    {"tls_cert_file", FIELD(tls_cert_file)},
    {"tls_key_file", FIELD(tls_key_file)},
    {"tls_client_ca_file", FIELD(tls_client_ca_file)},
    {"dialects", FIELD(dialects)},
    {"insecure_http", FIELD(insecure_http)},
    {"issuer", FIELD(issuer)},
    {"client_id", FIELD(client_id)},
    {"cookie_name", FIELD(cookie_name)},
    {"cookie_domain", FIELD(cookie_domain)},
    {"renew", FIELD(renew)},
    {"revocations_file", FIELD(revocations_file)},
    {"rbac_source", FIELD(rbac_folder)},
    {"rbac_matching", FIELD(rbac_matching)},
    {"rbac_ignore_case", FIELD(rbac_ignore_case)},
    {"rbac_bootstrap", FIELD(rbac_bootstrap)},
    {"rbac_max_age", FIELD(rbac_max_age_s)},
    {"kubernetes_kubeconfig", FIELD(kubernetes_kubeconfig)},
    {"log_format", FIELD(log_format)},
};

/* Appends each value as it was written, followed by a comma. Equal results mean equal values. */
static void append_values(const struct sp_given *given, struct sp_buf *out)
{
    if (given->node == NULL || given->node->kind == SP_YAML_SCALAR) {
        struct sp_str rest = given->node != NULL ? sp_str_from_c(given->node->text) : given->text;
        while (rest.len > 0) {
            sp_buf_append(out, sp_str_trim(sp_str_cut(&rest, ',')));
            sp_buf_append_char(out, ',');
        }
        return;
    }
    for (const struct sp_yaml_node *item = given->node->first; item != NULL; item = item->next) {
        sp_buf_append(out, sp_str_trim(sp_str_from_c(item->text)));
        sp_buf_append_char(out, ',');
    }
}

/* Also false if out of memory: the value from startup is then kept. */
static bool is_same(const struct sp_given *a, const struct sp_given *b)
{
    SP_BUF_SCOPED struct sp_buf of_a;
    SP_BUF_SCOPED struct sp_buf of_b;
    sp_buf_init(&of_a, VALUES_MAX);
    sp_buf_init(&of_b, VALUES_MAX);
    append_values(a, &of_a);
    append_values(b, &of_b);
    return sp_buf_error(&of_a) == SP_OK && sp_buf_error(&of_b) == SP_OK &&
           sp_str_equal(sp_buf_str(&of_a), sp_buf_str(&of_b));
}

void sp_fixed_settings_keep(struct sp_reading *reading, struct sp_reading *start)
{
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const struct fixed *fixed = &all[i];
        if (is_same(sp_reading_given(reading, fixed->name), sp_reading_given(start, fixed->name))) {
            continue;
        }
        char kept[FIELD_MAX];
        char *now = (char *)reading->object + fixed->offset;
        char *then = (char *)start->object + fixed->offset;
        assert(fixed->len <= sizeof kept);
        memcpy(kept, then, fixed->len);
        memcpy(then, now, fixed->len);
        memcpy(now, kept, fixed->len);
        sp_reading_warn(
            reading, fixed->name,
            "has changed, but the value from startup stays in effect: restart sallyport to apply it");
    }
}

void sp_fixed_settings_document(struct sp_buf *out)
{
    sp_buf_append_c(out, "<!-- table: restart -->\n| setting |\n|---|\n");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        sp_buf_printf(out, "| `%s` |\n", all[i].name);
    }
    sp_buf_append_char(out, '\n');
}
