/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_YAML_H
#define SP_CONFIG_YAML_H

/*
 * The part of YAML 1.1 that a configuration needs: one document of mappings, lists and scalars, as a small
 * tree in which every node knows its place. All scalars are text; what `yes`, `012` or `1e3` mean is for the
 * setting to say, so the surprises of YAML's types stay out.
 *
 * Refused, each with its place: anchors and aliases (they make a short file a large tree, and one rule two),
 * merge keys, tags, several documents in a configuration, keys that are not scalars, the same key twice in a
 * mapping, and NUL.
 *
 * Pure; libyaml's parser is read event by event, so that the limits hold before a tree of any size exists.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "config/reports.h"

#include <stdint.h>

#define SP_YAML_DEPTH_MAX 16
#define SP_YAML_NODES_MAX 20000 /* keys count too */

/* The same for objects of Kubernetes, as kubectl prints them. */
#define SP_YAML_OBJECTS_DEPTH_MAX 64
#define SP_YAML_OBJECTS_NODES_MAX 1000000

enum sp_yaml_kind {
    SP_YAML_SCALAR,
    SP_YAML_LIST,
    SP_YAML_MAPPING,
};

struct sp_yaml_node {
    enum sp_yaml_kind kind;
    uint32_t line; /* from 1 */
    uint32_t column;
    bool is_null; /* a scalar that is nothing, `~` or `null`, without quotes */
    char *text;   /* of a scalar */
    char *key;    /* in a mapping; NULL elsewhere */
    uint32_t key_line;
    uint32_t key_column;
    struct sp_yaml_node *first; /* of a list or mapping, in the order of the file */
    struct sp_yaml_node *last;
    struct sp_yaml_node *next;
};

/*
 * Reads a whole text. `out` is NULL for a text without a document. All that is wrong is added to `reports`.
 *
 *   SP_ERR_FORMAT  there is no usable tree
 *   SP_ERR_LIMIT   deeper or larger than the limits
 *   SP_ERR_MEMORY
 */
enum sp_error sp_yaml_parse(struct sp_str text, struct sp_reports *reports, struct sp_yaml_node **out)
    __attribute__((warn_unused_result));

/* The same for a file of objects: any number of documents, in the order of the file by `next`. */
enum sp_error sp_yaml_parse_objects(struct sp_str text, struct sp_reports *reports, struct sp_yaml_node **out)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_yaml_free(struct sp_yaml_node *node);

/* "a list", for messages. */
const char *sp_yaml_kind_text(const struct sp_yaml_node *node);

/* Appends the text as a scalar that reads back as it, quoted where needed, in block and flow context. */
void sp_yaml_append_scalar(struct sp_str text, struct sp_buf *out);

/* Appends a node of a mapping with its key, as lines that read back as it; the comment ends the first. */
void sp_yaml_append_entry(const struct sp_yaml_node *node, const char *comment, struct sp_buf *out);

/* The version of libyaml that is in use. */
const char *sp_yaml_library_version(void);

#endif
