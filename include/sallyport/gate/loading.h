/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOADING_H
#define SP_GATE_LOADING_H

/*
 * From the name of the configuration file to a snapshot: the configuration and the files that it names (keys,
 * client secret, certificates, objects of RBAC) are read and judged here and nowhere else, at the start, by a
 * reload (gate/reload.h) and by `sallyport check`. Nothing is printed or logged: everything that is wrong or unwise is in `reports`, and
 * who began it tells it in its own way.
 *
 * The files are read by the process that will run on them, as its user, so what is said of their modes is
 * what holds for that user.
 */

#include "config/load.h"
#include "gate/snapshot.h"
#include "io/watched_files.h"
#include "jose/digest.h"

struct sp_loading {
    const char *path;   /* borrowed: the configuration */
    char *folder;       /* of the path */
    struct sp_buf text; /* of the configuration */
    struct sp_reports reports;
    uint8_t digest[SP_DIGEST_MAX];  /* of all that was read, but what has its own way: files
                                           of `credentials`, and kubernetes_kubeconfig */
    struct sp_str start;            /* of a reload; see sp_loading_read_again */
    struct sp_watched_files *files; /* the same */
};

/*
 * Reads the configuration and the files that it names, and makes the snapshot of all. sp_loading_done in any
 * case; the snapshot needs nothing of it.
 *
 *   SP_ERR_IO      the configuration cannot be read; the one report says why
 *   SP_ERR_CONFIG  the reports say what is wrong; there may be warnings on success too
 */
enum sp_error sp_loading_read(struct sp_loading *loading, const char *path, struct sp_snapshot **out)
    __attribute__((warn_unused_result));

/*
 * The same while the process runs.
 *
 *   start  the text of the configuration that it was started with: what only a start can change stays as it
 *          was there, with a warning
 *   files  begins to look at the configuration and each file that it names
 */
enum sp_error sp_loading_read_again(struct sp_loading *loading, const char *path, struct sp_str start,
                                    struct sp_watched_files *files, struct sp_snapshot **out)
    __attribute__((warn_unused_result));

/* The same of the configuration alone, for who asks the process that runs on the files. */
enum sp_error sp_loading_read_config(struct sp_loading *loading, const char *path, struct sp_config **out)
    __attribute__((warn_unused_result));

/*
 * Whether the file of the setting `revocations_file` (NULL: there is none) can be read and written; for who
 * keeps it, which `sallyport revoke` does not. SP_ERR_CONFIG: the reports say what is wrong.
 */
enum sp_error sp_loading_judge_revocations_file(struct sp_loading *loading, const char *path)
    __attribute__((warn_unused_result));

#define SP_LOADING_RBAC_HINT                                                                                 \
    "named by the setting rbac_source, as a folder of files; a relative name begins at the configuration's " \
    "folder"

/*
 * A new index of the objects in the files of a folder that are called .yaml, .yml or .json; not in folders
 * below it. NULL when the reports say what is wrong; there may be warnings otherwise.
 *
 *   hint  what names the folder, for a person
 */
struct sp_rbac_index *sp_loading_read_rbac(struct sp_loading *loading, const char *folder, const char *hint,
                                           const struct sp_rbac_settings *settings);

/* What the configuration was read from; borrows from `loading`. */
struct sp_config_source sp_loading_source(const struct sp_loading *loading);

void sp_loading_done(struct sp_loading *loading);

#endif
