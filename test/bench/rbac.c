/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The cost of an RBAC decision (./dev bench rbac): a user in 20 groups, three of which are named by bindings,
 * next to 10, 1,000 and 10,000 bindings of other users. Each line has the number of bindings, the nanoseconds
 * of an allow by the last group, and those of a refusal. Each figure is the median of many rounds in which
 * the three alternate.
 *
 * Also the processor time of work on many objects: each line has a text, a tab and the figure. It is the
 * median of several rounds, or for a longest step the maximum of all.
 */

#include "policy/rbac.h"
#include "kube/rbac_aggregation.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SIZES_N = 3, ROUNDS_N = 201, ASKED_N = 500, GROUPS_N = 20 };
enum { MANY_N = 100000, STEP_ITEMS_N = 500, WORKS_N = 7 }; /* a step as in io/rbac_watch.c */
enum { LARGE_ROLES_N = 8, LARGE_PATHS_N = 1000, OWN_BINDINGS_N = 10000, CIRCLE_N = 150 };

static const size_t sizes[SIZES_N] = {10, 1000, 10000};

static void put(struct sp_rbac_objects *objects, enum sp_rbac_kind kind, const char *text)
{
    struct sp_rbac_fault fault;
    json_t *object = json_loads(text, 0, NULL);
    enum sp_error error = sp_rbac_objects_put(objects, kind, object, &fault);
    assert(error == SP_OK);
    (void)error;
    json_decref(object);
}

static void put_binding(struct sp_rbac_objects *objects, const char *name, size_t role, const char *kind,
                        const char *subject)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"name\":\"%s\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"r%zu\"},"
             "\"subjects\":[{\"kind\":\"%s\",\"name\":\"%s\"}]}",
             name, role, kind, subject);
    put(objects, SP_RBAC_BINDING, text);
}

static struct sp_rbac_objects *make_objects(size_t others_n)
{
    char text[512];
    char subject[64];
    struct sp_rbac_objects *objects = sp_rbac_objects_new(&(struct sp_rbac_settings){0});
    for (size_t i = 0; i < 20; i++) {
        snprintf(
            text, sizeof text,
            "{\"metadata\":{\"name\":\"r%zu\"},\"rules\":[{\"verbs\":[\"get\",\"head\"],\"nonResourceURLs\":"
            "[\"/dkp/app-%zu\",\"/dkp/app-%zu/*\"]}]}",
            i, i, i);
        put(objects, SP_RBAC_ROLE, text);
    }
    for (size_t i = 0; i < others_n; i++) {
        snprintf(text, sizeof text, "other-%zu", i);
        snprintf(subject, sizeof subject, "oidc:user-%zu@example.com", i);
        put_binding(objects, text, i % 20, "User", subject);
    }
    return objects;
}

static struct sp_rbac_index *make_index(size_t others_n)
{
    struct sp_rbac_index *index = NULL;
    struct sp_rbac_objects *objects = make_objects(others_n);
    put_binding(objects, "own-1", 1, "Group", "oidc:group-3");
    put_binding(objects, "own-2", 2, "Group", "oidc:group-11");
    put_binding(objects, "own-3", 3, "Group", "oidc:group-19");
    enum sp_error error = sp_rbac_index_new(objects, &index);
    assert(error == SP_OK);
    (void)error;
    sp_rbac_objects_free(objects);
    return index;
}

/* Processor time, because other processes may run in between. */
static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double measure(const struct sp_rbac_index *index, const struct sp_identity *identity, const char *path,
                      bool expected)
{
    struct sp_request request = {.method = SP_STR("GET")};
    if (!sp_target_parse(sp_str_from_c(path), &request.target) ||
        !sp_origin_parse(SP_STR("https://app.example.com"), &request.origin)) {
        abort();
    }
    double begin_ms = now_ms();
    for (size_t i = 0; i < ASKED_N; i++) {
        struct sp_rbac_walk walk;
        struct sp_rbac_grant grant;
        sp_rbac_walk_begin(&walk, index, &request, identity);
        if (sp_rbac_walk_next(&walk, &grant) != expected) {
            abort();
        }
    }
    return (now_ms() - begin_ms) * 1e6 / ASKED_N;
}

static int compare(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return difference < 0 ? -1 : difference > 0;
}

static double median(double samples[ROUNDS_N])
{
    qsort(samples, ROUNDS_N, sizeof *samples, compare);
    return samples[ROUNDS_N / 2];
}

/* ---- work on many objects --------------------------------------------------------------------------- */

static double median_of_works(double samples[WORKS_N])
{
    qsort(samples, WORKS_N, sizeof *samples, compare);
    return samples[WORKS_N / 2];
}

/* Eight roles of 1,000 paths, each bound to `bindings_n` / 8 users, alternating: a refusal. */
static double measure_large_roles(size_t bindings_n)
{
    static struct sp_profile profile;
    double samples[WORKS_N];
    struct sp_identity identity = {.profile = &profile, .user = SP_STR("ada@example.com")};
    struct sp_rbac_objects *objects = sp_rbac_objects_new(&(struct sp_rbac_settings){0});
    for (size_t i = 0; i < LARGE_ROLES_N; i++) {
        struct sp_rbac_fault fault;
        json_t *paths = json_array();
        for (size_t n = 0; n < LARGE_PATHS_N; n++) {
            json_array_append_new(paths, json_sprintf("/dkp/app-%zu/page-%zu", i, n));
        }
        json_t *role = json_pack("{s:{s:o}, s:[{s:[s], s:o}]}", "metadata", "name", json_sprintf("r%zu", i),
                                 "rules", "verbs", "get", "nonResourceURLs", paths);
        if (sp_rbac_objects_put(objects, SP_RBAC_ROLE, role, &fault) != SP_OK) {
            abort();
        }
        json_decref(role);
    }
    for (size_t i = 0; i < bindings_n; i++) {
        char name[32];
        snprintf(name, sizeof name, "own-%zu", i);
        put_binding(objects, name, i % LARGE_ROLES_N, "User", "ada@example.com");
    }
    struct sp_rbac_index *index = NULL;
    if (sp_rbac_index_new(objects, &index) != SP_OK) {
        abort();
    }
    for (size_t i = 0; i < WORKS_N; i++) {
        samples[i] = measure(index, &identity, "/dkp/app-9/page", false) / 1000;
    }
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
    return median_of_works(samples);
}

/* An index, and dropping all bindings after a list without them, in steps as in the program. */
static void measure_many(void)
{
    double begins[WORKS_N];
    double builds[WORKS_N];
    double sweeps[WORKS_N];
    double longest = 0;
    size_t len = 0;
    for (size_t round = 0; round < WORKS_N; round++) {
        struct sp_rbac_index *index = NULL;
        struct sp_rbac_objects *objects = make_objects(MANY_N);
        double begin = now_ms();
        struct sp_rbac_build *build = sp_rbac_build_begin(objects);
        double step = now_ms();
        begins[round] = step - begin;
        while (index == NULL) {
            if (sp_rbac_build_step(build, STEP_ITEMS_N, &index) != SP_OK) {
                abort();
            }
            double end = now_ms();
            longest = end - step > longest ? end - step : longest;
            step = end;
        }
        builds[round] = step - begin;
        len = sp_rbac_objects_len(objects) + sp_rbac_index_len(index);
        sp_rbac_build_free(build);
        sp_rbac_index_unref(index);
        sp_rbac_objects_begin_list(objects, SP_RBAC_BINDING);
        sp_rbac_objects_end_list(objects, SP_RBAC_BINDING);
        begin = now_ms();
        while (!sp_rbac_objects_sweep(objects, STEP_ITEMS_N)) {
            double end = now_ms();
            longest = end - step > longest && step > begin ? end - step : longest;
            step = end;
        }
        sweeps[round] = now_ms() - begin;
        sp_rbac_objects_free(objects);
    }
    printf("building an index of 100,000 bindings\t%.0f ms\n", median_of_works(builds));
    printf("of that, recording all objects, in one step\t%.1f ms\n", median_of_works(begins));
    printf("dropping 100,000 bindings that are missing from a new list\t%.0f ms\n", median_of_works(sweeps));
    printf("the longest single step of both\t%.1f ms\n", longest);
    printf("memory for objects and index of 100,000 bindings\t%.1f MiB\n", (double)len / (1024 * 1024));
}

/* Roles that select all others and each other by one label, and as many ordinary ones. */
static double measure_aggregation(void)
{
    double samples[WORKS_N];
    for (size_t round = 0; round < WORKS_N; round++) {
        json_t *roles = json_array();
        for (size_t i = 0; i < CIRCLE_N; i++) {
            json_array_append_new(roles, json_pack("{s:{s:{s:s}}, s:{s:[{s:{s:s}}]}}", "metadata", "labels",
                                                   "to", "all", "aggregationRule", "clusterRoleSelectors",
                                                   "matchLabels", "to", "all"));
            json_array_append_new(roles, json_pack("{s:{s:{s:s}}, s:[{s:[s], s:[o]}]}", "metadata", "labels",
                                                   "to", "all", "rules", "verbs", "get", "nonResourceURLs",
                                                   json_sprintf("/dkp/app-%zu", i)));
        }
        double begin = now_ms();
        if (sp_rbac_aggregate(roles) != SP_OK) {
            abort();
        }
        samples[round] = now_ms() - begin;
        json_decref(roles);
    }
    return median_of_works(samples);
}

static void measure_work(void)
{
    printf("refusing a user with 8 roles of 1,000 paths, one binding for each\t%.0f µs\n",
           measure_large_roles(LARGE_ROLES_N));
    printf("the same, with 10,000 bindings to these roles in turn\t%.0f µs\n",
           measure_large_roles(OWN_BINDINGS_N));
    measure_many();
    printf("computing the rules of 150 roles that select each other and 150 others, from files\t%.0f ms\n",
           measure_aggregation());
}

int main(void)
{
    static struct sp_profile profile = {.email = {"ada@example.com", 15}};
    static char names[GROUPS_N][16];
    static double samples[SIZES_N][2][ROUNDS_N];
    struct sp_rbac_index *indexes[SIZES_N];
    struct sp_identity identity = {
        .profile = &profile, .user = SP_STR("ada@example.com"), .groups_prefix = SP_STR("oidc:")};
    for (size_t i = 0; i < GROUPS_N; i++) {
        snprintf(names[i], sizeof names[i], "group-%zu", i);
        if (sp_profile_add_group(&profile, sp_str_from_c(names[i])) != SP_OK) {
            abort();
        }
    }
    for (size_t i = 0; i < SIZES_N; i++) {
        indexes[i] = make_index(sizes[i]);
    }
    for (size_t round = 0; round < ROUNDS_N; round++) {
        for (size_t turn = 0; turn < SIZES_N; turn++) {
            size_t i = (round + turn) % SIZES_N;
            samples[i][0][round] = measure(indexes[i], &identity, "/dkp/app-3/a/b", true);
            samples[i][1][round] = measure(indexes[i], &identity, "/dkp/app-4/a/b", false);
        }
    }
    for (size_t i = 0; i < SIZES_N; i++) {
        printf("%zu %.0f %.0f\n", sizes[i], median(samples[i][0]), median(samples[i][1]));
        sp_rbac_index_unref(indexes[i]);
    }
    measure_work();
    return 0;
}
