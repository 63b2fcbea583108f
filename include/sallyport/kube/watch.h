/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_WATCH_H
#define SP_KUBE_WATCH_H

/*
 * Lists all objects of one kind at the API server and follows their changes. This is a state machine: the
 * caller reports events and times, and the machine passes objects on and returns what to request next and
 * when. It has no connection, clock or randomness of its own (io/rbac_watch.h provides them).
 *
 *   LIST      one response with one JSON object per line: an ADDED for each object, a BOOKMARK with the
 *             annotation k8s.io/initial-events-end, which ends the list, and then the changes
 *   PAGE      if LIST gets 422 (servers before 1.34): pages of 100 objects, without a version, because with
 *             one the limit is ignored; then CHANGES
 *   CHANGES   the changes since a version, one JSON object per line
 *
 * After a response ends, or a connection breaks, CHANGES continues from the last version. Anything else
 * starts again with LIST: an ERROR line in a response of status 200, which is how 410 arrives after each
 * restart of the API server, and SP_WATCH_SILENCE_MS without a line. Bookmarks arrive every minute, so
 * silence means a dead connection, or a version that the server has not reached. After its store has been
 * restored, the server responds to such a version with 200 and then sends nothing, forever.
 *
 * A fault in one object is not a fault of the response. The object is passed on, and the sink ignores it. An
 * object that is too long to be read is skipped in a list, and counts as absent. If a known object grows too
 * long, the list is read again. The response is at fault if it can no longer be followed: a line that is not
 * an event, a missing version, a change to an object without a name.
 *
 * Everything that a server can make grow has a limit: a line or a page has at most SP_WATCH_TEXT_MAX bytes (a
 * longer page is requested again with half as many objects), and a list takes at most SP_WATCH_LIST_MAX_MS,
 * however it arrives. Failures (kube/attempt.h) are counted until a watch has lasted SP_WATCH_STEADY_MS, so
 * that a server that ends each response at once is not retried without a pause.
 *
 * Sources: "API Concepts" of the Kubernetes documentation, "Efficient detection of changes" and "Streaming
 * lists".
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "http/exchange.h"

#include <jansson.h>

#define SP_WATCH_TEXT_MAX       (4 * 1024 * 1024) /* bytes of a line or a page */
#define SP_WATCH_PAGE_N         100               /* objects per page */
#define SP_WATCH_SILENCE_MS     90000
#define SP_WATCH_LIST_MAX_MS    300000
#define SP_WATCH_STEADY_MS      10000
#define SP_WATCH_DURATION_MIN_S 300 /* the server ends a response after a random time in this range */
#define SP_WATCH_DURATION_MAX_S 600
#define SP_WATCH_VERSION_MAX    128  /* bytes of a resourceVersion */
#define SP_WATCH_CONTINUE_MAX   4096 /* bytes of the token for requesting the next page */
#define SP_WATCH_TARGET_MAX     (4 * SP_WATCH_CONTINUE_MAX) /* bytes of a path with its query */

/* What is watched; all members are literals. */
struct sp_watch_resource {
    const char *path;   /* for example /apis/rbac.authorization.k8s.io/v1/clusterroles */
    const char *plural; /* for example clusterroles, as a role names it */
};

/* Receives the objects. An object in a list, or a new one, may have any shape; the sink judges it. */
struct sp_watch_sink {
    void *context;
    void (*begin_list)(void *context); /* objects that are not put before the list ends no longer exist */
    void (*end_list)(void *context);
    enum sp_error (*put)(void *context, const json_t *object); /* an error ends the current attempt */
    void (*remove)(void *context, struct sp_str name);
    void (*skipped)(void *context, const struct sp_diag *detail); /* an object that was too long to put */
};

/* The result of an attempt. The names are for logs. */
#define SP_WATCH_CAUSE_TABLE(X)                                                                              \
    X(SP_WATCH_NO_FAILURE, "none")                                                                           \
    X(SP_WATCH_EXPIRED, "expired") /* the version is too old: normal, the list is read again */              \
    X(SP_WATCH_UNREACHABLE, "unreachable")                                                                   \
    X(SP_WATCH_UNAUTHORIZED, "unauthorized")                                                                 \
    X(SP_WATCH_FORBIDDEN, "forbidden")                                                                       \
    X(SP_WATCH_REFUSED, "refused") /* any other error status, or an ERROR line */                            \
    X(SP_WATCH_SILENT, "silent")                                                                             \
    X(SP_WATCH_ENDED, "ended") /* the response ended before the list was complete, or repeatedly at once */  \
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
    enum sp_watch_step step; /* the step in progress, or the next one */
    bool is_asking;          /* a request is in progress */
    bool is_listing;         /* a list has begun but not yet ended */
    bool is_complete;        /* a list was completed at least once, so the sink's contents are meaningful */
    size_t page_n;           /* number of objects to request for the next page */
    struct sp_buf version;   /* resourceVersion of the objects */
    struct sp_buf mark;      /* token for the next page; empty: the first page */
    struct sp_buf line;      /* the received part of a line */
    bool is_skipping;        /* the partly received line is too long */
    int64_t due_ms;          /* when the next request is due */
    int64_t asked_ms;
    int64_t heard_ms;      /* when the last line of this request arrived, or when the request began */
    int64_t list_began_ms; /* start of the list in progress */
    int64_t current_ms;  /* when the last line outside a list arrived; the objects are known to be current up
                            to then */
    unsigned failures_n; /* failed attempts since the last steady watch */
    enum sp_watch_cause cause; /* result of the last attempt that has ended */
    struct sp_diag detail;     /* explains `cause`, and says what to do */
};

/* Borrows `resource`. A LIST is due at once. */
void sp_watch_init(struct sp_watch *watch, const struct sp_watch_resource *resource,
                   const struct sp_watch_sink *sink, int64_t now_ms);

void sp_watch_done(struct sp_watch *watch);

enum sp_watch_command {
    SP_WATCH_WAIT,  /* nothing to do before sp_watch_due_ms */
    SP_WATCH_ASK,   /* send the request */
    SP_WATCH_LEAVE, /* the current request has failed (see `cause`): drop it, and report nothing more about
                       it */
};

/* When to call sp_watch_tick next, unless something happens first. */
int64_t sp_watch_due_ms(const struct sp_watch *watch);

/* Returns what to do now. With SP_WATCH_ASK, appends path and query to `target`, whose ceiling must be at
 * least SP_WATCH_TARGET_MAX. The response is a stream unless the step is SP_WATCH_PAGE. */
enum sp_watch_command sp_watch_tick(struct sp_watch *watch, int64_t now_ms, const struct sp_random *random,
                                    struct sp_buf *target) __attribute__((warn_unused_result));

/* Takes a piece of the stream. False if no more is wanted; sp_watch_end must still be called. */
bool sp_watch_take(struct sp_watch *watch, struct sp_str piece, int64_t now_ms)
    __attribute__((warn_unused_result));

/* Call this when the server's address or credentials have changed. A request that waits after a failure is
 * then due at once. */
void sp_watch_hurry(struct sp_watch *watch, int64_t now_ms);

/* Call this when the request has ended. `cause` then shows whether it failed, and `due_ms` when the next is
 * due. */
void sp_watch_end(struct sp_watch *watch, const struct sp_exchange_response *response, int64_t now_ms,
                  const struct sp_random *random);

#endif
