/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_RELOAD_H
#define SP_GATE_RELOAD_H

/*
 * The configuration and the files that it names, while the process runs. They are checked for changes once a
 * second (io/watched_files.h), read again if they have changed, and validated together before any of them
 * takes effect. If all are valid, the result is a whole new snapshot. Otherwise the current one stays, and
 * the log states why: file, line, and what to do. The log reports it once; /readyz, which stays 200, and a
 * metric show it until the files are valid again.
 *
 * Settings that only a restart can change keep their values, with a warning (config/fixed_settings.h). Files
 * that were rewritten with the same bytes cause no reload.
 *
 * For use by one thread.
 */

#include "gate/loading.h"
#include "gate/process.h"
#include "io/log.h"

#define SP_RELOAD_ERRORS_TOLD 10 /* errors logged for one reload */

struct sp_reload;

/* Borrows `process` and `start`, the loading that the process was started with. NULL if out of memory. */
struct sp_reload *sp_reload_new(struct sp_process *process, const struct sp_loading *start)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_reload_free(struct sp_reload *reload);

enum sp_reload_when {
    SP_RELOAD_IF_CHANGED,
    SP_RELOAD_NOW, /* requested; the result is always reported */
};

/* A new snapshot, which no other thread has yet, without documents of the issuer or bindings of the cluster.
 * NULL: the current one stays. */
struct sp_snapshot *sp_reload_look(struct sp_reload *reload, enum sp_reload_when when)
    __attribute__((warn_unused_result));

/* Logs the warnings of a loading, each as `sallyport check` prints it. */
void sp_reload_log_warnings(const struct sp_loading *loading);

/* Appends the ids of keys to a log line, with the tags by which sessions name them: a replica that lacks the
 * key can only log its tag. */
void sp_reload_log_key_ids(struct sp_log_line *line, const struct sp_keyring *keys);

#endif
