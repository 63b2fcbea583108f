/* SPDX-License-Identifier: Apache-2.0 */
#include "config/kubeconfig.h"

#include "base/base64.h"
#include "base/wording.h"
#include "config/yaml.h"
#include "http/url.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct reader {
    const char *path;
    struct sp_reports *reports;
    struct sp_kubeconfig *out;
};

#define refuse(reader, at_line, at_column, ...)                                                              \
    sp_reports_add((reader)->reports, SP_REPORT_ERROR,                                                       \
                   &(struct sp_place){.file = (reader)->path,                                                \
                                      .key = SP_STR("kubernetes_kubeconfig"),                                \
                                      .line = (at_line),                                                     \
                                      .column = (at_column)},                                                \
                   __VA_ARGS__)

static void done_item(struct sp_kubeconfig_item *item)
{
    sp_buf_done(&item->text);
    free(item->file);
}

void sp_kubeconfig_done(struct sp_kubeconfig *kubeconfig)
{
    done_item(&kubeconfig->ca);
    done_item(&kubeconfig->token);
    done_item(&kubeconfig->certificate);
    done_item(&kubeconfig->key);
    free(kubeconfig->server);
    *kubeconfig = (struct sp_kubeconfig){0};
}

/* ---- values ---------------------------------------------------------------------------------------- */

/* The value of a key; NULL if it is absent or null. */
static const struct sp_yaml_node *find(const struct sp_yaml_node *mapping, const char *key)
{
    const struct sp_yaml_node *node = mapping != NULL ? mapping->first : NULL;
    while (node != NULL && (node->key == NULL || strcmp(node->key, key) != 0)) {
        node = node->next;
    }
    bool is_nothing =
        node != NULL && node->kind == SP_YAML_SCALAR && (node->is_null || node->text[0] == '\0');
    return is_nothing ? NULL : node;
}

static struct sp_str text_of(const struct sp_yaml_node *node)
{
    return node != NULL && node->kind == SP_YAML_SCALAR ? sp_str_from_c(node->text) : SP_STR_NONE;
}

static void take_text(__attribute__((unused)) struct reader *reader, const struct sp_yaml_node *node,
                      struct sp_buf *out)
{
    sp_buf_init(out, SP_KUBECONFIG_MAX);
    sp_buf_append(out, text_of(node));
}

static void take_base64(struct reader *reader, const struct sp_yaml_node *node, struct sp_buf *out)
{
    sp_buf_init(out, SP_KUBECONFIG_MAX);
    if (sp_base64_decode(text_of(node), out) != SP_OK || out->len == 0) {
        refuse(reader, node->line, node->column, "%s is not base64", node->key);
    }
}

static void take_file(struct reader *reader, const struct sp_yaml_node *node, char **out)
{
    const char *slash = strrchr(reader->path, '/');
    int folder_len = node->text[0] != '/' && slash != NULL ? (int)(slash + 1 - reader->path) : 0;
    if (asprintf(out, "%.*s%s", folder_len, reader->path, node->text) < 0) {
        *out = NULL;
        refuse(reader, node->line, node->column, "out of memory");
    }
}

/* ---- the cluster and the user ----------------------------------------------------------------------- */

#define ITEM(member) offsetof(struct sp_kubeconfig, member)

/* A supported key. */
struct known_key {
    const char *name; /* NULL ends the list */
    void (*take)(struct reader *reader, const struct sp_yaml_node *node, struct sp_buf *out);
    size_t item; /* offset of the item that gets the text from `take` or, without `take`, the file name */
};

static const struct known_key cluster_keys[] = {
    {"certificate-authority", NULL, ITEM(ca)},
    {"certificate-authority-data", take_base64, ITEM(ca)},
    {NULL, NULL, 0},
};

static const struct known_key user_keys[] = {
    {"token", take_text, ITEM(token)},
    {"tokenFile", NULL, ITEM(token)},
    {"client-certificate", NULL, ITEM(certificate)},
    {"client-certificate-data", take_base64, ITEM(certificate)},
    {"client-key", NULL, ITEM(key)},
    {"client-key-data", take_base64, ITEM(key)},
    {NULL, NULL, 0},
};

/* Other keys that are accepted: those that are read elsewhere or have no effect here, and those that have no
 * effect with one particular value. */
static const struct {
    const char *name;
    const char *harmless; /* NULL: any value is harmless */
} other_keys[] = {
    {"server", NULL},
    {"tls-server-name", NULL},
    {"extensions", NULL},
    {"disable-compression", NULL},
    {"insecure-skip-tls-verify", "false"},
    {"proxy-url", ""},
};

static bool is_harmless(const struct sp_yaml_node *node)
{
    for (size_t i = 0; i < sizeof other_keys / sizeof other_keys[0]; i++) {
        if (strcmp(node->key, other_keys[i].name) == 0) {
            return other_keys[i].harmless == NULL ||
                   sp_str_equal(text_of(node), sp_str_from_c(other_keys[i].harmless));
        }
    }
    return false;
}

static const struct known_key *find_key(const struct known_key *keys, const char *name)
{
    while (keys->name != NULL && strcmp(keys->name, name) != 0) {
        keys++;
    }
    return keys->name != NULL ? keys : NULL;
}

/* Takes the supported keys of a mapping, and refuses the others. */
static void take_keys(struct reader *reader, const struct known_key *keys, const struct sp_yaml_node *mapping)
{
    for (const struct sp_yaml_node *node = mapping->first; node != NULL; node = node->next) {
        const struct known_key *key = find_key(keys, node->key);
        if (key == NULL && is_harmless(node)) {
            continue;
        }
        if (key == NULL) {
            refuse(reader, node->key_line, node->key_column,
                   "\"%s\" is not accepted: the API server is reached with a token, a tokenFile or a client "
                   "certificate, verified, and without a proxy",
                   SP_QUOTE(sp_str_from_c(node->key)));
            continue;
        }
        if (find(mapping, node->key) == NULL) {
            continue; /* has no effect here */
        }
        if (node->kind != SP_YAML_SCALAR) {
            refuse(reader, node->line, node->column, "%s must be a string", node->key);
            continue;
        }
        struct sp_kubeconfig_item *item =
            (struct sp_kubeconfig_item *)(void *)((char *)reader->out + key->item);
        if (key->take != NULL) {
            key->take(reader, node, &item->text);
        } else {
            take_file(reader, node, &item->file);
            item->line = node->line;
        }
    }
}

/* Finds the mapping `what` in the entry of this name in a list. Reports a fault if there is none. */
static const struct sp_yaml_node *find_entry(struct reader *reader, const struct sp_yaml_node *root,
                                             const char *list_key, const char *what,
                                             const struct sp_yaml_node *name)
{
    if (text_of(name).len == 0) {
        refuse(reader, name != NULL ? name->line : 1, name != NULL ? name->column : 1,
               "no %s is named: current-context names a context, which names a cluster and a user", what);
        return NULL;
    }
    const struct sp_yaml_node *list = find(root, list_key);
    const struct sp_yaml_node *first = NULL;
    for (const struct sp_yaml_node *item = list != NULL ? list->first : NULL; item != NULL;
         item = item->next) {
        if (!sp_str_equal(text_of(find(item, "name")), text_of(name))) {
            continue;
        }
        if (first != NULL) { /* the first one wins, as in kubectl */
            refuse(reader, item->line, item->column,
                   "the %s \"%s\" is in the list %s for the second time: the first is in line %u", what,
                   SP_QUOTE(text_of(name)), list_key, first->line);
            return NULL;
        }
        first = item;
    }
    const struct sp_yaml_node *found = first != NULL ? find(first, what) : NULL;
    if (found == NULL || found->kind != SP_YAML_MAPPING) {
        refuse(reader, name->line, name->column, "no %s \"%s\" is in the list %s", what,
               SP_QUOTE(text_of(name)), list_key);
        return NULL;
    }
    return found;
}

/* ---- checks ------------------------------------------------------------------------------------------ */

static void take_server(struct reader *reader, const struct sp_yaml_node *cluster)
{
    const struct sp_yaml_node *node = find(cluster, "server");
    const struct sp_yaml_node *name = find(cluster, "tls-server-name");
    struct sp_kubeconfig *out = reader->out;
    struct sp_url url;
    struct sp_str text = text_of(node);
    while (text.len > 0 && text.ptr[text.len - 1] == '/') { /* paths are appended to it */
        text.len--;
    }
    if (!sp_url_parse(text, &url) || url.target.query.ptr != NULL || url.target.marks != 0 ||
        (url.origin.scheme != SP_SCHEME_HTTPS && !sp_host_is_loopback(&url.origin.host))) {
        const struct sp_yaml_node *at = node != NULL ? node : cluster;
        refuse(reader, at->line, at->column,
               "server must be such as https://kubernetes.example.com:6443; http only on loopback");
        return;
    }
    out->origin = url.origin;
    out->name = url.origin.host;
    out->server = sp_str_dup(text);
    if (out->server == NULL || (name != NULL && !sp_host_parse(text_of(name), &out->name))) {
        refuse(reader, name != NULL ? name->line : 0, name != NULL ? name->column : 0,
               "tls-server-name is not a host");
    }
}

static bool is_given(const struct sp_kubeconfig_item *item)
{
    return item->text.len > 0 || item->file != NULL;
}

/* Lets inline data win over a file name. Not called for tokens, whose file wins. */
static void settle(struct sp_kubeconfig_item *item)
{
    if (item->text.len > 0) {
        free(item->file);
        item->file = NULL;
    }
}

static void check_user(struct reader *reader, const struct sp_yaml_node *user)
{
    struct sp_kubeconfig *out = reader->out;
    if (is_given(&out->certificate) != is_given(&out->key)) {
        refuse(reader, user->line, user->column,
               "a client certificate needs its key, and a key its certificate");
    }
    if (!is_given(&out->token) && !is_given(&out->certificate) && out->origin.scheme == SP_SCHEME_HTTPS) {
        refuse(reader, user->line, user->column,
               "the user has no token, no tokenFile and no client certificate");
    }
    if (is_given(&out->token) && out->origin.scheme == SP_SCHEME_HTTP) {
        refuse(reader, user->line, user->column, "a token is never sent over http");
    }
    if (!sp_str_is_visible(sp_buf_str(&out->token.text))) {
        refuse(reader, user->line, user->column,
               "the token contains white space or a character that is not printable ASCII");
    }
    settle(&out->ca);
    settle(&out->certificate);
    settle(&out->key);
    if (out->token.file != NULL) {
        sp_buf_done(&out->token.text);
    }
}

static void take_root(struct reader *reader, const struct sp_yaml_node *root)
{
    const struct sp_yaml_node *context =
        find_entry(reader, root, "contexts", "context", find(root, "current-context"));
    if (context == NULL) {
        return;
    }
    const struct sp_yaml_node *cluster =
        find_entry(reader, root, "clusters", "cluster", find(context, "cluster"));
    const struct sp_yaml_node *user = find_entry(reader, root, "users", "user", find(context, "user"));
    if (cluster != NULL && user != NULL) {
        take_server(reader, cluster);
        take_keys(reader, cluster_keys, cluster);
        take_keys(reader, user_keys, user);
        check_user(reader, user);
    }
}

enum sp_error sp_kubeconfig_read(struct sp_str text, const char *path, struct sp_reports *reports,
                                 struct sp_kubeconfig *out)
{
    *out = (struct sp_kubeconfig){0};
    struct reader reader = {.path = path, .reports = reports, .out = out};
    struct sp_reports of_syntax = {0};
    struct sp_yaml_node *root = NULL;
    size_t errors_n = reports->errors_n;
    enum sp_error error = sp_yaml_parse(text, &of_syntax, &root);
    for (size_t i = 0; i < of_syntax.items_n; i++) {
        const struct sp_report *report = &of_syntax.items[i];
        refuse(&reader, report->line, report->column, "%s", report->text);
    }
    if (error == SP_OK && (root == NULL || root->kind != SP_YAML_MAPPING)) {
        refuse(&reader, 1, 1, "not a kubeconfig: it has no mapping with current-context");
    } else if (error == SP_OK && of_syntax.errors_n == 0) { /* the syntax is valid, so no key is duplicate */
        take_root(&reader, root);
    } else if (of_syntax.items_n == 0) {
        refuse(&reader, 0, 0, "%s", sp_error_text(error));
    }
    sp_yaml_free(root);
    sp_reports_done(&of_syntax);
    return reports->errors_n == errors_n ? SP_OK : SP_ERR_CONFIG;
}
