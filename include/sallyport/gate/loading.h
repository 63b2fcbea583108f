/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOADING_H
#define SP_GATE_LOADING_H

/*
 * Makes a snapshot from the configuration file. The configuration and the files that it names (keys, client
 * secret, certificates, RBAC objects) are read and checked only here: at startup, by a reload (gate/reload.h)
 * and by `sallyport check`. Nothing is printed or logged. `reports` lists everything that is wrong or unwise,
 * and the caller reports it in its own way.
 *
 * The files are read by the process that will use them, as its user, so reports about their modes are right
 * for that user.
 */

#include "config/load.h"
#include "gate/snapshot.h"
#include "io/watched_files.h"
#include "jose/digest.h"

struct sp_loading {
    const char *path;   /* borrowed: the configuration */
    char *folder;       /* the folder of `path` */
    struct sp_buf text; /* the content of the configuration */
    struct sp_reports reports;
    uint8_t digest[SP_DIGEST_MAX];  /* of all files, except those of `credentials` and
                                     * kubernetes_kubeconfig */
    struct sp_str start;            /* for a reload; see sp_loading_read_again */
    struct sp_watched_files *files; /* for a reload; NULL: not watched */
};

/*
 * Reads the configuration and the files that it names, and makes the snapshot. Always call sp_loading_done;
 * the snapshot borrows nothing from `loading`.
 *
 *   SP_ERR_IO      the configuration cannot be read; the only report states why
 *   SP_ERR_CONFIG  the reports state what is wrong; there may be warnings on success too
 */
enum sp_error sp_loading_read(struct sp_loading *loading, const char *path, struct sp_snapshot **out)
    __attribute__((warn_unused_result));

/*
 * The same while the process runs.
 *
 *   start  the text of the configuration at startup: settings that only a restart can change keep their
 *          values from it, with a warning
 *   files  used to watch the configuration and each file that it names
 */
enum sp_error sp_loading_read_again(struct sp_loading *loading, const char *path, struct sp_str start,
                                    struct sp_watched_files *files, struct sp_snapshot **out)
    __attribute__((warn_unused_result));

/* The same for the configuration only, for a command that sends a request to the running process. */
enum sp_error sp_loading_read_config(struct sp_loading *loading, const char *path, struct sp_config **out)
    __attribute__((warn_unused_result));

/*
 * Checks whether the file of the setting `revocations_file` (NULL: there is none) can be read and written.
 * Not for `sallyport revoke`, which does not use the file. SP_ERR_CONFIG: the reports state what is wrong.
 */
enum sp_error sp_loading_judge_revocations_file(struct sp_loading *loading, const char *path)
    __attribute__((warn_unused_result));

#define SP_LOADING_RBAC_HINT                                                                                 \
    "named by the setting rbac_source, as a folder of files; a relative path starts at the folder of the "   \
    "configuration file"

/*
 * A new index of the objects in the files of a folder whose names end in .yaml, .yml or .json, without
 * subfolders. NULL if the reports contain an error; otherwise they may contain warnings.
 *
 *   hint  the name of the setting or argument that names the folder, for the reports
 */
struct sp_rbac_index *sp_loading_read_rbac(struct sp_loading *loading, const char *folder, const char *hint,
                                           const struct sp_rbac_settings *settings);

/* The source that the configuration was read from; borrows from `loading`. */
struct sp_config_source sp_loading_source(const struct sp_loading *loading);

void sp_loading_done(struct sp_loading *loading);

#endif
