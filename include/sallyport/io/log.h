/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_LOG_H
#define SP_IO_LOG_H

/*
 * The log: one line for each event, on standard output, as JSON or as key=value text. Lines are queued, and
 * written by a separate thread. So a reader that stops reading (a blocked pipe) delays no request: when the
 * queue is full, lines are dropped and counted. The same applies to a closed pipe.
 *
 * A line never contains a query string, cookie, code, token or secret: callers pass paths, names and ids
 * only. The names of users and the addresses of clients are passed to sp_log_person, which follows the
 * setting `log_user`.
 *
 *   struct sp_log_line line;
 *   if (sp_log_begin(&line, SP_LOG_INFO, "decision")) {
 *       sp_log_text(&line, "path", path);
 *       sp_log_end(&line);
 *   }
 */

#include "base/buf.h"
#include "config/config.h"
#include "session/pseudonym.h"

#define SP_LOG_LINE_MAX  4096          /* bytes; members that do not fit are left out, and `cut` is added */
#define SP_LOG_VALUE_MAX 1024          /* bytes of one string; longer ones are cut, and `cut` is added */
#define SP_LOG_QUEUE_MAX (1024 * 1024) /* bytes waiting to be written */

struct sp_log_line {
    struct sp_buf buf;
    bool cut;
    char storage[SP_LOG_LINE_MAX];
};

/* Starts the writer thread. Lines that are logged earlier are written directly. Returns 0, or -1 if no thread
 * can be created. */
int sp_log_start(enum sp_log_level level, enum sp_log_format format) __attribute__((warn_unused_result));

/* From any thread; takes effect from the next line on. */
void sp_log_set_level(enum sp_log_level level);

/* Sets how lines name people; pseudonyms are made with `ring`. From any thread; takes effect from the next
 * line on. Before the first call, names are logged unchanged. */
void sp_log_name_people(enum sp_log_user how, const struct sp_keyring *ring);

/* Waits until the queue is written, at most `timeout_ms`. */
void sp_log_flush(int64_t timeout_ms);

/* Lines dropped since the start. */
uint64_t sp_log_dropped(void);

/* False if the level is not logged: then the other functions must not be called for this line. */
bool sp_log_begin(struct sp_log_line *line, enum sp_log_level level, const char *event)
    __attribute__((warn_unused_result));

/* An empty value is left out. */
void sp_log_text(struct sp_log_line *line, const char *key, struct sp_str value);

/* The name of a user, at the issuer or here, or the address of a client, as sp_log_name_people specifies. */
void sp_log_person(struct sp_log_line *line, const char *key, struct sp_str name);

/* The same for a name within a longer string. Returns a view of `name`, of `out`, or of a constant. */
struct sp_str sp_log_person_in_text(struct sp_str name, char out[SP_PSEUDONYM_LEN]);

/* A list of strings, as many as fit into SP_LOG_VALUE_MAX; an empty list is left out. */
void sp_log_texts(struct sp_log_line *line, const char *key, const char *const *values, size_t values_n);

void sp_log_number(struct sp_log_line *line, const char *key, uint64_t value);
void sp_log_end(struct sp_log_line *line);

/* A whole line with one string, for startup and shutdown events. */
void sp_log_event(enum sp_log_level level, const char *event, const char *key, struct sp_str value);

#endif
