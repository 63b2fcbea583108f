/* SPDX-License-Identifier: Apache-2.0 */
#include "io/log.h"

#include "base/quote.h"
#include "base/time.h"
#include "io/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Space reserved at the end of a line for the mark that it was cut. */
#define CUT_MARK_LEN 32

struct queued_line {
    struct queued_line *next;
    size_t len;
    char text[];
};

/* There is one log for each process, like standard output itself. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct queued_line *first;
    struct queued_line **end;
    size_t queued_len;
    bool writing;
    bool started;
    atomic_int level;
    enum sp_log_format format;
    enum sp_log_user people;
    uint8_t people_key[SP_PSEUDONYM_KEY_LEN];
    atomic_uint_fast64_t dropped;
} logger = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
    .end = &logger.first,
    .level = SP_LOG_INFO,
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* Writes a whole line; if the output is closed or fails, the line is lost. */
static void write_line(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, text, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            atomic_fetch_add(&logger.dropped, 1);
            return;
        }
        text += n;
        len -= (size_t)n;
    }
}

static void *run_writer(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&logger.lock);
        logger.writing = false;
        pthread_cond_broadcast(&logger.changed);
        while (logger.first == NULL) {
            pthread_cond_wait(&logger.changed, &logger.lock);
        }
        struct queued_line *line = logger.first;
        logger.first = line->next;
        if (logger.first == NULL) {
            logger.end = &logger.first;
        }
        logger.queued_len -= line->len;
        logger.writing = true;
        pthread_mutex_unlock(&logger.lock);
        write_line(line->text, line->len);
        free(line);
    }
    return NULL;
}

int sp_log_start(enum sp_log_level level, enum sp_log_format format)
{
    atomic_store(&logger.level, (int)level);
    logger.format = format;
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_writer, NULL) != 0) {
        return -1;
    }
    pthread_detach(thread);
    logger.started = true;
    return 0;
}

void sp_log_set_level(enum sp_log_level level)
{
    atomic_store(&logger.level, (int)level);
}

void sp_log_name_people(enum sp_log_user how, const struct sp_keyring *ring)
{
    pthread_mutex_lock(&logger.lock);
    logger.people = how;
    sp_pseudonym_derive_key(ring, logger.people_key);
    pthread_mutex_unlock(&logger.lock);
}

void sp_log_flush(int64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (timeout_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&logger.lock);
    int waited = 0;
    while ((logger.first != NULL || logger.writing) && waited == 0) {
        waited = pthread_cond_timedwait(&logger.changed, &logger.lock, &until);
    }
    pthread_mutex_unlock(&logger.lock);
}

uint64_t sp_log_dropped(void)
{
    return atomic_load(&logger.dropped);
}

static void enqueue(struct sp_str text)
{
    struct queued_line *line = malloc(sizeof *line + text.len);
    if (line == NULL) {
        atomic_fetch_add(&logger.dropped, 1);
        return;
    }
    *line = (struct queued_line){.len = text.len};
    memcpy(line->text, text.ptr, text.len);
    pthread_mutex_lock(&logger.lock);
    bool fits = logger.queued_len + text.len <= SP_LOG_QUEUE_MAX;
    if (fits) {
        *logger.end = line;
        logger.end = &line->next;
        logger.queued_len += text.len;
        pthread_cond_broadcast(&logger.changed);
    }
    pthread_mutex_unlock(&logger.lock);
    if (!fits) {
        atomic_fetch_add(&logger.dropped, 1);
        free(line);
    }
}

static void append_key(struct sp_log_line *line, const char *key)
{
    if (logger.format == SP_LOG_JSON) {
        sp_buf_append_char(&line->buf, line->buf.len == 0 ? '{' : ',');
        sp_buf_append_char(&line->buf, '"');
        sp_buf_append_c(&line->buf, key);
        sp_buf_append(&line->buf, SP_STR("\":"));
        return;
    }
    if (line->buf.len > 0) {
        sp_buf_append_char(&line->buf, ' ');
    }
    sp_buf_append_c(&line->buf, key);
    sp_buf_append_char(&line->buf, '=');
}

/* Removes a member that did not fit, so that the line stays well-formed. */
static void keep_if_it_fits(struct sp_log_line *line, size_t len_before)
{
    if (sp_buf_error(&line->buf) != SP_OK || line->buf.len + CUT_MARK_LEN > SP_LOG_LINE_MAX) {
        line->buf.failed = false;
        line->buf.len = len_before;
        line->cut = true;
    }
}

bool sp_log_begin(struct sp_log_line *line, enum sp_log_level level, const char *event)
{
    if ((int)level > atomic_load_explicit(&logger.level, memory_order_relaxed)) {
        return false;
    }
    char now[SP_TIME_TEXT_MS_LEN + 1];
    sp_time_format_ms(sp_clock_now_ms(), now);
    line->cut = false;
    line->buf = SP_BUF_ON(line->storage);
    sp_log_text(line, "time", sp_str_from_c(now));
    sp_log_text(line, "level", sp_str_from_c(level_names[level]));
    sp_log_text(line, "event", sp_str_from_c(event));
    return true;
}

void sp_log_text(struct sp_log_line *line, const char *key, struct sp_str value)
{
    if (value.len == 0) {
        return;
    }
    size_t len_before = line->buf.len;
    if (value.len > SP_LOG_VALUE_MAX) { /* truncated rather than left out */
        value.len = SP_LOG_VALUE_MAX;
        line->cut = true;
    }
    append_key(line, key);
    sp_quote_append_json(value, &line->buf);
    keep_if_it_fits(line, len_before);
}

/* How a person is named at present; for a pseudonym, fills `out`. */
static enum sp_log_user name_person(struct sp_str name, char out[SP_PSEUDONYM_LEN])
{
    pthread_mutex_lock(&logger.lock);
    enum sp_log_user how = logger.people;
    if (how == SP_LOG_USER_HASH) {
        sp_pseudonym(logger.people_key, name, out);
    }
    pthread_mutex_unlock(&logger.lock);
    return how;
}

struct sp_str sp_log_person_in_text(struct sp_str name, char out[SP_PSEUDONYM_LEN])
{
    switch (name_person(name, out)) {
    case SP_LOG_USER_HASH:
        return (struct sp_str){out, SP_PSEUDONYM_LEN};
    case SP_LOG_USER_NONE:
        return SP_STR("(not logged)");
    case SP_LOG_USER_PLAIN:
        break;
    }
    return name;
}

void sp_log_person(struct sp_log_line *line, const char *key, struct sp_str name)
{
    char pseudonym[SP_PSEUDONYM_LEN];
    if (name.len == 0) {
        return;
    }
    enum sp_log_user how = name_person(name, pseudonym);
    if (how != SP_LOG_USER_NONE) {
        sp_log_text(line, key, how == SP_LOG_USER_HASH ? (struct sp_str){pseudonym, sizeof pseudonym} : name);
    }
}

void sp_log_texts(struct sp_log_line *line, const char *key, const char *const *values, size_t values_n)
{
    if (values_n == 0) {
        return;
    }
    size_t len_before = line->buf.len;
    append_key(line, key);
    sp_buf_append_char(&line->buf, '[');
    size_t len = 0;
    for (size_t i = 0; i < values_n && len <= SP_LOG_VALUE_MAX; i++) {
        struct sp_str value = sp_str_from_c(values[i]);
        len += value.len;
        if (len <= SP_LOG_VALUE_MAX) {
            sp_buf_append_c(&line->buf, i > 0 ? "," : "");
            sp_quote_append_json(value, &line->buf);
        }
    }
    line->cut = line->cut || len > SP_LOG_VALUE_MAX;
    sp_buf_append_char(&line->buf, ']');
    keep_if_it_fits(line, len_before);
}

void sp_log_number(struct sp_log_line *line, const char *key, uint64_t value)
{
    size_t len_before = line->buf.len;
    append_key(line, key);
    sp_buf_append_u64(&line->buf, value);
    keep_if_it_fits(line, len_before);
}

void sp_log_end(struct sp_log_line *line)
{
    if (line->cut) {
        append_key(line, "cut");
        sp_buf_append_c(&line->buf, "true");
    }
    sp_buf_append_c(&line->buf, logger.format == SP_LOG_JSON ? "}\n" : "\n");
    struct sp_str text = sp_buf_str(&line->buf);
    if (logger.started) {
        enqueue(text);
    } else {
        write_line(text.ptr, text.len);
    }
}

void sp_log_event(enum sp_log_level level, const char *event, const char *key, struct sp_str value)
{
    struct sp_log_line line;
    if (sp_log_begin(&line, level, event)) {
        sp_log_text(&line, key, value);
        sp_log_end(&line);
    }
}
