/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_RELOAD_H
#define SP_GATE_RELOAD_H

/*
 * The configuration and the files that it names, while the process runs: looked at once a second
 * (io/watched_files.h), read anew when they have changed, and checked together before any of them counts. What
 * comes of it is a whole new snapshot, or the one in force stays and the log says why: file, line, and what to
 * do. The log says it once; readiness and a metric show it until the files are good again.
 *
 * Settings that only a start can change keep their values, with a warning (config/fixed_settings.h). Files that
 * were written again with the same bytes cause no reload.
 *
 * Of one thread.
 */

#include "gate/loading.h"
#include "gate/process.h"
#include "io/log.h"

#define SP_RELOAD_ERRORS_TOLD 10 /* of one reload */

struct sp_reload;

/* `process` and `start`, what the process was started with, are borrowed. NULL without memory. */
struct sp_reload *sp_reload_new(struct sp_process *process, const struct sp_loading *start)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_reload_free(struct sp_reload *reload);

enum sp_reload_when {
    SP_RELOAD_IF_CHANGED,
    SP_RELOAD_NOW, /* somebody asks for it, and is told what came of it in any case */
};

/* A new snapshot, which nobody else has yet: there are no documents of the issuer in it, nor bindings of the
 * cluster. NULL: the one in force stays. */
struct sp_snapshot *sp_reload_look(struct sp_reload *reload, enum sp_reload_when when)
    __attribute__((warn_unused_result));

/* Logs the warnings of what was read, each as `sallyport check` prints it. */
void sp_reload_log_warnings(const struct sp_loading *loading);

/* Appends the ids of keys to a line, with the tags by which sessions name them: a replica that lacks the key
 * can tell no more of it. */
void sp_reload_log_key_ids(struct sp_log_line *line, const struct sp_keyring *keys);

#endif
