/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_WATCH_H
#define SP_KUBE_WATCH_H

/*
 * Lists all objects of one kind at the API server and follows their changes, as a state machine: it is told
 * what came and when, hands objects on, and says what to ask next and when. It has no connection, no clock
 * and no randomness of its own (io/rbac_watch.h has).
 *
 *   LIST      one answer, a JSON object a line: an ADDED for each object, a BOOKMARK with the annotation
 *             k8s.io/initial-events-end, which ends the list, and the changes from then on
 *   PAGE      where LIST is answered 422 (servers before 1.34): pages of 100 objects, without a version,
 *             since with one the limit is ignored; then CHANGES
 *   CHANGES   the changes since a version, a JSON object a line
 *
 * An answer that ends, or a connection that breaks, is followed by CHANGES from the last version. Everything
 * else begins with LIST again: an ERROR line inside an answer of status 200, which is how 410 arrives after
 * each restart of the API server, and SP_WATCH_SILENCE_MS without a line. Bookmarks come each minute, so
 * silence is a connection that is dead, or a version that the server has not reached: after its store was
 * restored, it answers such a one with 200 and nothing, for ever.
 *
 * What is wrong with one object is no fault of the answer: it is handed on, and the sink passes it over; one
 * of a list that is too long to be read is skipped, and is as good as not there. One that has changed into
 * such a length makes the list be read again. The answer is at fault where it can no longer be followed: a
 * line that is no event, a version that is missing, a change to an object that is not named.
 *
 * What a server can make grow has a limit: a line and a page SP_WATCH_TEXT_MAX bytes (a page that is longer
 * is asked for again with half as many objects), a list SP_WATCH_LIST_MAX_MS, however it arrives. Failures
 * (kube/attempt.h) are counted until a watch has lasted SP_WATCH_STEADY_MS, so that a server that ends each
 * one at once is not asked without a pause.
 *
 * Sources: "API Concepts" of the Kubernetes documentation, "Efficient detection of changes" and "Streaming
 * lists".
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "http/exchange.h"

#include <jansson.h>

#define SP_WATCH_TEXT_MAX       (4 * 1024 * 1024) /* bytes of a line and of a page */
#define SP_WATCH_PAGE_N         100               /* objects of a page */
#define SP_WATCH_SILENCE_MS     90000
#define SP_WATCH_LIST_MAX_MS    300000
#define SP_WATCH_STEADY_MS      10000
#define SP_WATCH_DURATION_MIN_S 300 /* after which the server is asked to end an answer: at random between */
#define SP_WATCH_DURATION_MAX_S 600
#define SP_WATCH_VERSION_MAX    128  /* bytes of a resourceVersion */
#define SP_WATCH_CONTINUE_MAX   4096 /* bytes of the mark that the next page is asked with */
#define SP_WATCH_TARGET_MAX     (4 * SP_WATCH_CONTINUE_MAX) /* bytes of a path with its query */

/* What is watched; all literals. */
struct sp_watch_resource {
    const char *path;   /* /apis/rbac.authorization.k8s.io/v1/clusterroles */
    const char *plural; /* clusterroles, as a role names it */
};

/* Where objects go. One of a list, or one that is new, may be of any shape; what is wrong with it is the
 * sink's to judge. */
struct sp_watch_sink {
    void *context;
    void (*begin_list)(void *context); /* what is not put before the list ends is no longer there */
    void (*end_list)(void *context);
    enum sp_error (*put)(void *context, const json_t *object); /* an error ends the watch's attempt */
    void (*remove)(void *context, struct sp_str name);
    void (*skipped)(void *context, const struct sp_diag *detail); /* an object that is too long to be put */
};

/* What an attempt ended with. The names are for logs. */
#define SP_WATCH_CAUSE_TABLE(X)                                                                              \
    X(SP_WATCH_NO_FAILURE, "none")                                                                           \
    X(SP_WATCH_EXPIRED, "expired") /* the version is too old: ordinary, the list is read again */            \
    X(SP_WATCH_UNREACHABLE, "unreachable")                                                                   \
    X(SP_WATCH_UNAUTHORIZED, "unauthorized")                                                                 \
    X(SP_WATCH_FORBIDDEN, "forbidden")                                                                       \
    X(SP_WATCH_REFUSED, "refused") /* any other status, or an ERROR line */                                  \
    X(SP_WATCH_SILENT, "silent")                                                                             \
    X(SP_WATCH_ENDED, "ended") /* before the list was complete, or again and again at once */                \
    X(SP_WATCH_ENDLESS, "endless")                                                                           \
    X(SP_WATCH_TOO_LARGE, "too_large")                                                                       \
    X(SP_WATCH_MALFORMED, "malformed")                                                                       \
    X(SP_WATCH_NOT_KEPT, "not_kept") /* the sink could not take an object */

enum sp_watch_cause {
#define X(code, name) code,
    SP_WATCH_CAUSE_TABLE(X)
#undef X
};

const char *sp_watch_cause_name(enum sp_watch_cause cause);

enum sp_watch_step {
    SP_WATCH_LIST,
    SP_WATCH_PAGE,
    SP_WATCH_CHANGES,
};

struct sp_watch {
    const struct sp_watch_resource *resource;
    struct sp_watch_sink sink;
    enum sp_watch_step step; /* what is under way, or is asked next */
    bool is_asking;          /* a request is under way */
    bool is_listing;         /* a list has begun and not ended */
    bool is_complete;        /* a list has ended once: what the sink has is worth something */
    size_t page_n;           /* objects that the next page is asked for */
    struct sp_buf version;   /* of the objects */
    struct sp_buf mark;      /* of the next page; empty: the first */
    struct sp_buf line;      /* the part of a line that has come */
    bool is_skipping;        /* the line of which a part has come is too long */
    int64_t due_ms;          /* when the next request is due */
    int64_t asked_ms;
    int64_t heard_ms;      /* the last line of this request, or when it began */
    int64_t list_began_ms; /* of the list that is read */
    int64_t current_ms; /* the last line outside of a list: up to then the objects are what they were there */
    unsigned failures_n;       /* without a steady watch in between */
    enum sp_watch_cause cause; /* of the last attempt, once it has ended */
    struct sp_diag detail;     /* of the cause: what it is, and what to do */
};

/* `resource` is borrowed. What is due is a LIST, at once. */
void sp_watch_init(struct sp_watch *watch, const struct sp_watch_resource *resource,
                   const struct sp_watch_sink *sink, int64_t now_ms);

void sp_watch_done(struct sp_watch *watch);

enum sp_watch_command {
    SP_WATCH_WAIT,  /* nothing to do before sp_watch_due_ms */
    SP_WATCH_ASK,   /* send the request */
    SP_WATCH_LEAVE, /* the request under way has failed (see `cause`): drop it, and tell nothing more of it */
};

/* When sp_watch_tick is to be called next, if nothing happens before. */
int64_t sp_watch_due_ms(const struct sp_watch *watch);

/* What is to be done now. With SP_WATCH_ASK, path and query are appended to `target`, whose ceiling is at
 * least SP_WATCH_TARGET_MAX, and the answer is a stream unless the step is SP_WATCH_PAGE. */
enum sp_watch_command sp_watch_tick(struct sp_watch *watch, int64_t now_ms, const struct sp_random *random,
                                    struct sp_buf *target) __attribute__((warn_unused_result));

/* A piece of the stream. False: no more of it is wanted; sp_watch_end still comes. */
bool sp_watch_take(struct sp_watch *watch, struct sp_str piece, int64_t now_ms)
    __attribute__((warn_unused_result));

/* How the server is reached has changed: what waits after a failure is due at once. */
void sp_watch_hurry(struct sp_watch *watch, int64_t now_ms);

/* The request is over. `cause` then says whether that is a failure, `due_ms` when the next is due. */
void sp_watch_end(struct sp_watch *watch, const struct sp_exchange_response *response, int64_t now_ms,
                  const struct sp_random *random);

#endif
