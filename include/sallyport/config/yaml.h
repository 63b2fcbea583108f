/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_YAML_H
#define SP_CONFIG_YAML_H

/*
 * The subset of YAML 1.1 that a configuration needs: one document of mappings, lists and scalars, as a small
 * tree in which every node records its place. All scalars are strings. Each setting interprets `yes`, `012`
 * or `1e3` itself, which avoids the surprises of YAML's types.
 *
 * These are refused, each with its place: anchors and aliases (they can turn a short file into a large tree,
 * and one rule into two), merge keys, tags, several documents in a configuration, keys that are not scalars,
 * duplicate keys in a mapping, and NUL.
 *
 * Pure. libyaml's parser is read event by event, so the limits apply before a tree of any size exists.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "config/reports.h"

#include <stdint.h>

#define SP_YAML_DEPTH_MAX 16
#define SP_YAML_NODES_MAX 20000 /* including keys */

/* The limits for Kubernetes objects, as printed by kubectl. */
#define SP_YAML_OBJECTS_DEPTH_MAX 64
#define SP_YAML_OBJECTS_NODES_MAX 1000000

enum sp_yaml_kind {
    SP_YAML_SCALAR,
    SP_YAML_LIST,
    SP_YAML_MAPPING,
};

struct sp_yaml_node {
    enum sp_yaml_kind kind;
    uint32_t line; /* counted from 1 */
    uint32_t column;
    bool is_null; /* an empty scalar, `~` or `null`, without quotes */
    char *text;   /* the value of a scalar */
    char *key;    /* the node's key in a mapping; NULL elsewhere */
    uint32_t key_line;
    uint32_t key_column;
    struct sp_yaml_node *first; /* first item of a list or mapping, in the order of the file */
    struct sp_yaml_node *last;
    struct sp_yaml_node *next;
};

/*
 * Parses a complete text. `out` is NULL for a text without a document. All faults are added to `reports`.
 *
 *   SP_ERR_FORMAT  there is no usable tree
 *   SP_ERR_LIMIT   nested deeper, or larger, than the limits
 *   SP_ERR_MEMORY
 */
enum sp_error sp_yaml_parse(struct sp_str text, struct sp_reports *reports, struct sp_yaml_node **out)
    __attribute__((warn_unused_result));

/* Like sp_yaml_parse, but for a file of objects: any number of documents, linked by `next` in the order of
 * the file. */
enum sp_error sp_yaml_parse_objects(struct sp_str text, struct sp_reports *reports, struct sp_yaml_node **out)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_yaml_free(struct sp_yaml_node *node);

/* What messages call a node of this kind, for example "a list". */
const char *sp_yaml_kind_text(const struct sp_yaml_node *node);

/* Appends the string as a scalar that parses to the same string, quoted if needed, in block and flow
 * context. */
void sp_yaml_append_scalar(struct sp_str text, struct sp_buf *out);

/* Appends a node of a mapping with its key, as lines that parse to the same node. The comment goes at the end
 * of the first line. */
void sp_yaml_append_entry(const struct sp_yaml_node *node, const char *comment, struct sp_buf *out);

/* The version of libyaml in use. */
const char *sp_yaml_library_version(void);

#endif
