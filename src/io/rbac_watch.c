/* SPDX-License-Identifier: Apache-2.0 */
#include "io/rbac_watch.h"

#include "base/throttle.h"
#include "io/clock.h"
#include "io/log.h"
#include "kube/attempt.h"
#include "kube/watch.h"

#include <malloc.h>
#include <stdlib.h>

#define LARGE_LEN    (256 * 1024) /* bytes; parsing this much text leaves a lot of unused memory behind */
#define STEP_ITEMS_N 500          /* items between two checks of the clock */
#define NET_MS       (SP_WATCH_SILENCE_MS + 30000) /* a safety net, longer than the watch's own timer */
#define API          "/apis/rbac.authorization.k8s.io/v1/"

static const struct sp_watch_resource resources[SP_RBAC_KIND_COUNT] = {
    [SP_RBAC_ROLE] = {API "clusterroles", "clusterroles"},
    [SP_RBAC_BINDING] = {API "clusterrolebindings", "clusterrolebindings"},
};

/* Follows the objects of one kind. */
struct follower {
    struct sp_rbac_watch *watch;
    enum sp_rbac_kind kind;
    struct sp_watch machine;
};

struct sp_rbac_watch {
    struct sp_worker *worker;
    sp_rbac_update_fn *update;
    sp_rbac_failed_fn *failed; /* NULL: only the log reports it */
    void *context;
    int64_t max_age_ms;
    struct sp_api_access *access;           /* NULL: there is none yet */
    _Atomic(struct sp_api_access *) coming; /* if not NULL, `use` is posted and has not run yet */
    struct sp_task use;
    struct sp_rbac_objects *objects;
    struct follower followers[SP_RBAC_KIND_COUNT];
    struct sp_rbac_build *build; /* the build in progress, or NULL */
    bool is_due;                 /* a build is in progress, or its timer is set */
    uint64_t build_serial;       /* serial of the objects that the last build is made from */
    int64_t builds_paid_ms;      /* end of the last build's interval; intervals do not overlap */
    struct sp_rbac_index *index;
    bool is_current;        /* the index may be used */
    bool is_synced_told;    /* `rbac_synced` was logged since the last list or logged failure */
    uint64_t findings_told; /* serial of the last change whose findings were logged */
    char age_timer;         /* only its address is used, as the context of a timer */
    enum sp_watch_cause told_cause;
    struct sp_throttle told;
    struct sp_throttle faults_told;
    atomic_int_fast64_t bindings_n; /* for the status; below 0: there is no index */
    atomic_int_fast64_t current_ms;
    atomic_int status_current;
};

/* ---- log lines --------------------------------------------------------------------------------------- */

static int64_t current_ms_of(const struct sp_rbac_watch *watch)
{
    int64_t roles_ms = watch->followers[SP_RBAC_ROLE].machine.current_ms;
    int64_t bindings_ms = watch->followers[SP_RBAC_BINDING].machine.current_ms;
    return roles_ms < bindings_ms ? roles_ms : bindings_ms;
}

static bool is_complete(const struct sp_rbac_watch *watch)
{
    return watch->followers[SP_RBAC_ROLE].machine.is_complete &&
           watch->followers[SP_RBAC_BINDING].machine.is_complete;
}

/* True if both watches follow changes. */
static bool is_well(const struct sp_rbac_watch *watch)
{
    bool is_well = true;
    for (size_t kind = 0; kind < SP_RBAC_KIND_COUNT; kind++) {
        const struct sp_watch *machine = &watch->followers[kind].machine;
        is_well &= machine->step == SP_WATCH_CHANGES && machine->cause == SP_WATCH_NO_FAILURE;
    }
    return is_well;
}

static void tell_synced(struct sp_rbac_watch *watch)
{
    struct sp_log_line line;
    watch->is_synced_told = true;
    watch->told_cause = SP_WATCH_NO_FAILURE; /* the next failure is logged at once */
    if (sp_log_begin(&line, SP_LOG_INFO, "rbac_synced")) {
        sp_log_number(&line, "bindings", sp_rbac_objects_count(watch->objects, SP_RBAC_BINDING));
        sp_log_number(&line, "roles", sp_rbac_objects_count(watch->objects, SP_RBAC_ROLE));
        sp_log_end(&line);
    }
}

static void tell_failure(struct follower *follower)
{
    struct sp_rbac_watch *watch = follower->watch;
    const struct sp_watch *machine = &follower->machine;
    int64_t now_ms = sp_clock_monotonic_ms();
    uint64_t held_n = 0;
    struct sp_log_line line;
    if (machine->cause == SP_WATCH_NO_FAILURE || machine->cause == SP_WATCH_EXPIRED) {
        return;
    }
    if (watch->failed != NULL && !machine->is_complete) {
        watch->failed(watch->context, &machine->detail);
    }
    bool is_other = machine->cause != watch->told_cause;
    bool is_due = sp_throttle_pass(&watch->told, now_ms, SP_RBAC_TOLD_EACH_MS, &held_n);
    if ((!is_other && !is_due) || !sp_log_begin(&line, SP_LOG_WARN, "rbac_failed")) {
        return;
    }
    watch->told_cause = machine->cause;
    watch->is_synced_told = false;
    sp_log_text(&line, "resource", sp_str_from_c(machine->resource->plural));
    sp_log_text(&line, "cause", sp_str_from_c(sp_watch_cause_name(machine->cause)));
    sp_log_text(&line, "server", sp_str_from_c(watch->access->server));
    sp_log_text(&line, "detail", sp_str_from_c(machine->detail.text));
    sp_log_number(&line, "retry_ms", (uint64_t)(machine->due_ms - now_ms));
    if (watch->index != NULL) {
        sp_log_number(&line, "age_s", (uint64_t)((now_ms - current_ms_of(watch)) / 1000));
    }
    sp_log_end(&line);
}

static void tell_age(struct sp_rbac_watch *watch)
{
    struct sp_log_line line;
    watch->is_synced_told = false;
    if (sp_log_begin(&line, SP_LOG_WARN, "rbac_failed")) {
        sp_log_text(&line, "cause", SP_STR("too_old"));
        sp_log_text(&line, "detail",
                    SP_STR("the bindings are older than rbac_max_age: rbac rules answer 503 until the API "
                           "server is reached again; earlier lines state the cause"));
        sp_log_number(&line, "age_s", (uint64_t)((sp_clock_monotonic_ms() - current_ms_of(watch)) / 1000));
        sp_log_end(&line);
    }
}

static void tell_findings(struct sp_rbac_watch *watch)
{
    size_t n = sp_rbac_index_findings_n(watch->index);
    for (size_t i = 0; i < n && i < SP_RBAC_FINDINGS_MAX; i++) {
        struct sp_rbac_finding finding = sp_rbac_index_finding(watch->index, i);
        struct sp_log_line line;
        if (finding.serial > watch->findings_told && sp_log_begin(&line, SP_LOG_WARN, "warning")) {
            SP_BUF_ON_STACK(detail, SP_LOG_VALUE_MAX);
            sp_rbac_finding_write(&finding, &detail);
            sp_log_text(&line, "detail", sp_buf_str(&detail));
            sp_log_end(&line);
        }
    }
    watch->findings_told = sp_rbac_index_serial(watch->index);
}

/* Logs an object that grants nothing because it cannot be read. */
static void tell_fault(const struct follower *follower, struct sp_str name, const char *cause,
                       const char *pointer, const char *detail)
{
    struct sp_rbac_watch *watch = follower->watch;
    uint64_t held_n = 0;
    struct sp_log_line line;
    if (!sp_throttle_pass(&watch->faults_told, sp_clock_monotonic_ms(), SP_RBAC_TOLD_EACH_MS, &held_n) ||
        !sp_log_begin(&line, SP_LOG_WARN, "rbac_failed")) {
        return;
    }
    sp_log_text(&line, "resource", sp_str_from_c(follower->machine.resource->plural));
    sp_log_text(&line, "name", name);
    sp_log_text(&line, "cause", sp_str_from_c(cause));
    sp_log_text(&line, "pointer", sp_str_from_c(pointer));
    sp_log_text(&line, "detail", sp_str_from_c(detail));
    sp_log_number(&line, "others", held_n);
    sp_log_end(&line);
}

/* ---- the index in use -------------------------------------------------------------------------------- */

static void on_age_timer(void *context);

static void watch_age(struct sp_rbac_watch *watch)
{
    int64_t due_ms = current_ms_of(watch) + watch->max_age_ms - sp_clock_monotonic_ms();
    sp_worker_after(watch->worker, due_ms > 0 ? due_ms : 0, on_age_timer, &watch->age_timer);
}

static struct sp_rbac_watch *watch_of_timer(void *age_timer)
{
    return (struct sp_rbac_watch *)(void *)((char *)age_timer - offsetof(struct sp_rbac_watch, age_timer));
}

static void on_age_timer(void *context)
{
    struct sp_rbac_watch *watch = watch_of_timer(context);
    if (sp_clock_monotonic_ms() - current_ms_of(watch) < watch->max_age_ms) {
        watch_age(watch);
    } else if (watch->is_current) {
        watch->is_current = false;
        atomic_store(&watch->status_current, 0);
        tell_age(watch);
        watch->update(watch->context, NULL);
    }
}

/* The index reflects the last known state of the objects. It may be used if that is recent enough. */
static void hand_out(struct sp_rbac_watch *watch)
{
    if (sp_clock_monotonic_ms() - current_ms_of(watch) < watch->max_age_ms) {
        watch->is_current = true;
        atomic_store(&watch->status_current, 1);
        watch->update(watch->context, watch->index);
        watch_age(watch);
    }
}

/* ---- building ---------------------------------------------------------------------------------------- */

static void note_change(struct sp_rbac_watch *watch);

/* Takes the index. */
static void publish(struct sp_rbac_watch *watch, struct sp_rbac_index *index)
{
    sp_rbac_index_unref(watch->index);
    watch->index = index;
    atomic_store(&watch->bindings_n, (int64_t)sp_rbac_index_bindings(index));
    hand_out(watch);
    tell_findings(watch);
}

static bool is_behind(const struct sp_rbac_watch *watch)
{
    return watch->index == NULL || sp_rbac_objects_serial(watch->objects) != watch->build_serial;
}

/* Sweeps first, so that an index contains no objects that no longer exist. */
static void on_slice(void *context)
{
    struct sp_rbac_watch *watch = context;
    int64_t end_ns = sp_clock_monotonic_ns() + SP_RBAC_SLICE_MS * INT64_C(1000000);
    struct sp_rbac_index *index = NULL;
    enum sp_error error = SP_OK;
    bool is_swept = false;
    while (!is_swept && sp_clock_monotonic_ns() < end_ns) {
        is_swept = sp_rbac_objects_sweep(watch->objects, STEP_ITEMS_N);
    }
    if (is_swept && watch->build == NULL && is_behind(watch)) {
        watch->build_serial = sp_rbac_objects_serial(watch->objects);
        int64_t now_ms = sp_clock_monotonic_ms();
        int64_t paid_ms = watch->builds_paid_ms > now_ms ? watch->builds_paid_ms : now_ms;
        watch->builds_paid_ms = paid_ms + SP_RBAC_BUILD_EACH_MS;
        watch->build = sp_rbac_build_begin(watch->objects);
        error = watch->build != NULL ? SP_OK : SP_ERR_MEMORY;
    }
    while (is_swept && watch->build != NULL && index == NULL && error == SP_OK &&
           sp_clock_monotonic_ns() < end_ns) {
        error = sp_rbac_build_step(watch->build, STEP_ITEMS_N, &index);
    }
    if (error == SP_OK && index == NULL && (!is_swept || watch->build != NULL)) {
        sp_worker_after(watch->worker, 0, on_slice, watch);
        return;
    }
    sp_rbac_build_free(watch->build);
    watch->build = NULL;
    watch->is_due = false;
    if (index != NULL) {
        publish(watch, index);
    } else if (error != SP_OK) {
        /* Out of memory: the current index remains, and the next attempt comes at its usual time. */
        watch->build_serial = 0;
    }
    note_change(watch);
}

/* After anything has arrived: builds what has changed, and logs what was read. */
static void note_change(struct sp_rbac_watch *watch)
{
    if (!is_complete(watch)) {
        return;
    }
    atomic_store(&watch->current_ms, current_ms_of(watch));
    if (watch->is_due) {
        return;
    }
    if (is_behind(watch) || !sp_rbac_objects_sweep(watch->objects, 0)) {
        /* One build may begin an interval early, so that the first change after a pause need not wait. */
        int64_t wait_ms = watch->builds_paid_ms - SP_RBAC_BUILD_EACH_MS - sp_clock_monotonic_ms();
        watch->is_due = true;
        sp_worker_after(watch->worker, wait_ms > 0 ? wait_ms : 0, on_slice, watch);
        return;
    }
    if (!watch->is_current) {
        hand_out(watch);
    }
    if (!watch->is_synced_told && is_well(watch)) {
        tell_synced(watch);
    }
}

/* ---- the sink of a watch ----------------------------------------------------------------------------- */

static void on_begin_list(void *context)
{
    struct follower *follower = context;
    sp_rbac_objects_begin_list(follower->watch->objects, follower->kind);
}

static void on_end_list(void *context)
{
    struct follower *follower = context;
    sp_rbac_objects_end_list(follower->watch->objects, follower->kind);
    follower->watch->is_synced_told = false;
}

/* An object that cannot be read grants nothing, and does not affect the others. */
static enum sp_error on_put(void *context, const json_t *object)
{
    struct follower *follower = context;
    struct sp_rbac_fault fault = {.text = ""};
    enum sp_error error = sp_rbac_objects_put(follower->watch->objects, follower->kind, object, &fault);
    if (error == SP_OK || error == SP_ERR_MEMORY) {
        return error;
    }
    bool is_format = error == SP_ERR_FORMAT;
    tell_fault(follower, sp_rbac_object_name(object), is_format ? "malformed" : "too_many",
               is_format ? fault.pointer : NULL, is_format ? fault.text : sp_error_text(error));
    return SP_OK;
}

static void on_skipped(void *context, const struct sp_diag *detail)
{
    tell_fault(context, SP_STR_NONE, sp_watch_cause_name(SP_WATCH_TOO_LARGE), NULL, detail->text);
}

static void on_remove(void *context, struct sp_str name)
{
    struct follower *follower = context;
    sp_rbac_objects_remove(follower->watch->objects, follower->kind, name);
}

/* ---- calls ------------------------------------------------------------------------------------------- */

static void run(void *context);

static void arm(struct follower *follower)
{
    int64_t wait_ms = sp_watch_due_ms(&follower->machine) - sp_clock_monotonic_ms();
    sp_worker_after(follower->watch->worker, wait_ms > 0 ? wait_ms : 0, run, follower);
}

/* Gives back to the system the memory that the tree of a large text used, which is not needed again. */
static void give_back(size_t text_len)
{
    if (text_len >= LARGE_LEN) {
        malloc_trim(0);
    }
}

static bool on_piece(void *context, struct sp_str piece)
{
    struct follower *follower = context;
    size_t before_len = follower->machine.line.len;
    bool is_wanted = sp_watch_take(&follower->machine, piece, sp_clock_monotonic_ms());
    give_back(follower->machine.line.len < before_len ? before_len : 0);
    note_change(follower->watch);
    return is_wanted;
}

static void on_done(void *context, const struct sp_exchange_response *response)
{
    struct follower *follower = context;
    sp_watch_end(&follower->machine, response, sp_clock_monotonic_ms(), &sp_random_system);
    give_back(response->body.len);
    tell_failure(follower);
    note_change(follower->watch);
    arm(follower);
}

static void call(struct follower *follower, struct sp_str target)
{
    const struct sp_api_access *access = follower->watch->access;
    bool is_page = follower->machine.step == SP_WATCH_PAGE;
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, SP_WATCH_TARGET_MAX + SP_API_TOKEN_MAX);
    sp_buf_append_c(&url, access->server);
    sp_buf_append(&url, target);
    const struct sp_exchange_request request = {
        .url = sp_buf_c_str(&url),
        .route = &access->route,
        .authorization = access->authorization,
        .answer_max = is_page ? SP_WATCH_TEXT_MAX : SP_ATTEMPT_REFUSAL_MAX,
        .piece = is_page ? NULL : on_piece,
        .silence_max_ms = NET_MS,
    };
    sp_http_client_call(sp_worker_http_client(follower->watch->worker), SP_TARGET_RBAC, &request, on_done,
                        follower);
}

static void run(void *context)
{
    struct follower *follower = context;
    SP_BUF_SCOPED struct sp_buf target;
    sp_buf_init(&target, SP_WATCH_TARGET_MAX);
    switch (sp_watch_tick(&follower->machine, sp_clock_monotonic_ms(), &sp_random_system, &target)) {
    case SP_WATCH_ASK:
        call(follower, sp_buf_str(&target));
        break;
    case SP_WATCH_LEAVE:
        sp_http_client_cancel(sp_worker_http_client(follower->watch->worker), follower);
        tell_failure(follower);
        break;
    case SP_WATCH_WAIT:
        break;
    }
    arm(follower);
}

/* ---- the access -------------------------------------------------------------------------------------- */

static void on_use(struct sp_task *task)
{
    struct sp_rbac_watch *watch =
        (struct sp_rbac_watch *)(void *)((char *)task - offsetof(struct sp_rbac_watch, use));
    sp_api_access_unref(watch->access);
    watch->access = atomic_exchange(&watch->coming, NULL);
    for (size_t kind = 0; kind < SP_RBAC_KIND_COUNT; kind++) {
        sp_watch_hurry(&watch->followers[kind].machine, sp_clock_monotonic_ms());
        arm(&watch->followers[kind]);
    }
}

void sp_rbac_watch_use(struct sp_rbac_watch *watch, struct sp_api_access *access)
{
    struct sp_api_access *before = atomic_exchange(&watch->coming, access);
    if (before == NULL) {
        sp_worker_post(watch->worker, &watch->use);
    } else {
        sp_api_access_unref(before); /* the posted task has not run yet, and will take the new one */
    }
}

/* ---- setup and teardown ------------------------------------------------------------------------------ */

struct sp_rbac_watch *sp_rbac_watch_new(struct sp_worker *worker, const struct sp_rbac_settings *settings,
                                        int64_t max_age_s, sp_rbac_update_fn *update, void *context)
{
    struct sp_rbac_watch *watch = calloc(1, sizeof *watch);
    struct sp_rbac_objects *objects = sp_rbac_objects_new(settings);
    if (watch == NULL || objects == NULL) {
        free(watch);
        sp_rbac_objects_free(objects);
        return NULL;
    }
    watch->worker = worker;
    watch->update = update;
    watch->context = context;
    watch->max_age_ms = max_age_s * 1000;
    watch->objects = objects;
    watch->use.run = on_use;
    atomic_init(&watch->bindings_n, -1);
    for (size_t kind = 0; kind < SP_RBAC_KIND_COUNT; kind++) {
        struct follower *follower = &watch->followers[kind];
        const struct sp_watch_sink sink = {follower, on_begin_list, on_end_list,
                                           on_put,   on_remove,     on_skipped};
        follower->watch = watch;
        follower->kind = (enum sp_rbac_kind)kind;
        sp_watch_init(&follower->machine, &resources[kind], &sink, sp_clock_monotonic_ms());
    }
    return watch;
}

void sp_rbac_watch_tell_failures(struct sp_rbac_watch *watch, sp_rbac_failed_fn *failed)
{
    watch->failed = failed;
}

void sp_rbac_watch_free(struct sp_rbac_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    for (size_t kind = 0; kind < SP_RBAC_KIND_COUNT; kind++) {
        sp_watch_done(&watch->followers[kind].machine);
    }
    sp_rbac_build_free(watch->build);
    sp_rbac_index_unref(watch->index);
    sp_rbac_objects_free(watch->objects);
    sp_api_access_unref(watch->access);
    sp_api_access_unref(atomic_load(&watch->coming));
    free(watch);
}

struct sp_rbac_watch_status sp_rbac_watch_status(const struct sp_rbac_watch *watch)
{
    struct sp_rbac_watch_status status = {.bindings_n = atomic_load(&watch->bindings_n), .age_s = -1};
    status.is_read = status.bindings_n >= 0;
    status.is_current = atomic_load(&watch->status_current) != 0;
    if (status.is_read) {
        status.age_s = (sp_clock_monotonic_ms() - atomic_load(&watch->current_ms)) / 1000;
    }
    return status;
}
