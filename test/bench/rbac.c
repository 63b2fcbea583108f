/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a decision by RBAC costs (./dev bench rbac): a user of 20 groups, three of which bindings name, beside
 * 10, 1,000 and 10,000 bindings of other people. Prints a line each: bindings, nanoseconds of an allow by the
 * last group, and of a refusal, each the median of many rounds in which the three take turns.
 */

#include "policy/rbac.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SIZES_N = 3, ROUNDS_N = 201, ASKED_N = 500, GROUPS_N = 20 };

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
    char text[512];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"name\":\"%s\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"r%zu\"},"
             "\"subjects\":[{\"kind\":\"%s\",\"name\":\"%s\"}]}",
             name, role, kind, subject);
    put(objects, SP_RBAC_BINDING, text);
}

static struct sp_rbac_index *make_index(size_t others_n)
{
    char text[512];
    char subject[64];
    struct sp_rbac_index *index = NULL;
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
    put_binding(objects, "own-1", 1, "Group", "oidc:group-3");
    put_binding(objects, "own-2", 2, "Group", "oidc:group-11");
    put_binding(objects, "own-3", 3, "Group", "oidc:group-19");
    enum sp_error error = sp_rbac_index_new(objects, &index);
    assert(error == SP_OK);
    (void)error;
    sp_rbac_objects_free(objects);
    return index;
}

static double measure(const struct sp_rbac_index *index, const struct sp_identity *identity, const char *path,
                      bool expected)
{
    struct timespec begin;
    struct timespec end;
    struct sp_request request = {.method = SP_STR("GET")};
    if (!sp_target_parse(sp_str_from_c(path), &request.target) ||
        !sp_origin_parse(SP_STR("https://app.example.com"), &request.origin)) {
        abort();
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (size_t i = 0; i < ASKED_N; i++) {
        struct sp_rbac_walk walk;
        struct sp_rbac_grant grant;
        sp_rbac_walk_begin(&walk, index, &request, identity);
        if (sp_rbac_walk_next(&walk, &grant) != expected) {
            abort();
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / ASKED_N;
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
    return 0;
}
