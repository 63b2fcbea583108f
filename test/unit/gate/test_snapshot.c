/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/snapshot.h"

#include "../policy/rbac_objects.h"
#include "fixture.h"

#include <pthread.h>

SP_TEST(the_client_and_the_decision_follow_the_configuration)
{
    FIXTURE f = fixture_new("client_auth: post\nuserinfo: true\naudiences: [other]\nclock_skew: 7s\n"
                            "username_claim: sub\nusername_prefix: 'p:'\ngroups_prefix: 'g:'\n"
                            "groups_claim: roles\nhosts: [" ORIGIN "]\nforwarded_prefixes: [/a]");
    const struct sp_snapshot *snapshot = f->snapshot;
    ck_assert_str_view(snapshot->client.id, "sallyport");
    ck_assert_str_view(snapshot->client.secret, "s3cr3t-of-the-client");
    ck_assert_int_eq(snapshot->client.auth, SP_CLIENT_AUTH_POST);
    ck_assert_int_eq(snapshot->client.userinfo, SP_USERINFO_REQUIRED);
    ck_assert_uint_eq(snapshot->client.audiences_n, 1);
    ck_assert_str_eq(snapshot->client.groups_claim, "roles");
    ck_assert_int_eq(snapshot->client.skew_s, 7);
    ck_assert_str_eq(snapshot->identity.username_claim, "sub");
    ck_assert_str_eq(snapshot->identity.username_prefix, "p:");
    ck_assert_str_eq(snapshot->identity.groups_prefix, "g:");
    ck_assert(!snapshot->origins.insecure_http);
    ck_assert_uint_eq(snapshot->origins.hosts_n, 1);
    ck_assert_uint_eq(snapshot->prefixes.items_n, 1);
}
SP_TEST_END

/* ---- swapped while a request holds it -------------------------------------------------------------- */

#define SWAPS_N 500

static struct sp_snapshot *snapshot_named(const char *client_id)
{
    struct sp_diag diag = {0};
    struct sp_keyring *keys = NULL;
    struct sp_snapshot *snapshot = NULL;
    struct loaded loaded = load_settings(text("issuer: " ISSUER "\nclient_id: %s\n", client_id), NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    sp_reports_done(&loaded.reports);
    ck_assert_int_eq(sp_keyring_parse(SP_STR(KEY), NOW_S, &diag, &keys), SP_OK);
    ck_assert_int_eq(sp_snapshot_new(loaded.config,
                                     &(struct sp_snapshot_files){keys, SP_STR("secret"), SP_STR_NONE}, &diag,
                                     &snapshot),
                     SP_OK);
    return snapshot;
}

/* A loop in this test: a mailbox, the current snapshot, and a request that holds one. */
static struct sp_mailbox *mailbox;
static struct sp_snapshot *in_force;
static struct sp_snapshot *held;
static char held_id[64];
static atomic_int swaps_n;

struct swap {
    struct sp_message message;
    struct sp_snapshot *snapshot;
};

static void ignore(void *context)
{
    (void)context;
}

static void on_swap(struct sp_message *message)
{
    struct swap *swap = (struct swap *)(void *)message;
    sp_snapshot_unref(in_force);
    in_force = swap->snapshot;
    free(swap);
    atomic_fetch_add(&swaps_n, 1);
}

/* The request reads again and again, and sees the values that it began with. */
static void *run_requests(void *context)
{
    (void)context;
    while (atomic_load(&swaps_n) < SWAPS_N) {
        held = sp_snapshot_ref(in_force);
        snprintf(held_id, sizeof held_id, "%.*s", SP_STR_ARGS(held->client.id));
        int begun_n = atomic_load(&swaps_n);
        while (atomic_load(&swaps_n) < SWAPS_N && atomic_load(&swaps_n) < begun_n + 3) {
            sp_mailbox_deliver(mailbox);
            ck_assert(sp_str_equal(held->client.id, sp_str_from_c(held_id)));
            ck_assert_str_eq(held->config->client_id, held_id);
        }
        sp_snapshot_unref(held);
    }
    return NULL;
}

static void post_swap(struct sp_snapshot *snapshot)
{
    struct swap *swap = calloc(1, sizeof *swap);
    ck_assert_ptr_nonnull(swap);
    *swap = (struct swap){{NULL, on_swap}, sp_snapshot_ref(snapshot)};
    sp_mailbox_post(mailbox, &swap->message);
}

SP_TEST(a_request_keeps_the_snapshot_that_it_began_with_while_others_come_into_force)
{
    pthread_t loop;
    struct sp_issuer_documents *documents = calloc(1, sizeof *documents);
    ck_assert_int_eq(sp_random_init(), 0);
    atomic_init(&documents->refs, 1);
    mailbox = sp_mailbox_new(ignore, NULL);
    in_force = snapshot_named("id-first");
    ck_assert_int_eq(pthread_create(&loop, NULL, run_requests, NULL), 0);
    for (int i = 0; i < SWAPS_N; i += 2) {
        struct sp_snapshot *fresh = snapshot_named(text("id-%d", i));
        struct sp_snapshot *with_documents = sp_snapshot_with_documents(fresh, documents);
        ck_assert_ptr_nonnull(with_documents);
        post_swap(fresh);
        post_swap(with_documents);
        sp_snapshot_unref(fresh);
        sp_snapshot_unref(with_documents);
    }
    pthread_join(loop, NULL);
    ck_assert_str_view(in_force->client.id, "id-498");
    ck_assert_ptr_eq(in_force->documents, documents);
    ck_assert_uint_eq(atomic_load(&documents->refs), 2);
    sp_snapshot_unref(in_force);
    ck_assert_uint_eq(atomic_load(&documents->refs), 1);
    sp_issuer_documents_unref(documents);
}
SP_TEST_END

SP_TEST(other_documents_leave_the_origin_as_it_is)
{
    struct sp_issuer_documents documents = {.refs = 1};
    ck_assert_int_eq(sp_random_init(), 0);
    struct sp_snapshot *one = snapshot_named("one");
    struct sp_snapshot *two = snapshot_named("two");
    struct sp_snapshot *newer = sp_snapshot_with_documents(one, &documents);
    struct sp_snapshot *newest = sp_snapshot_with_documents(newer, &documents);
    ck_assert(one->serial == newest->serial && newer->serial == newest->serial);
    ck_assert_uint_ne(two->serial, newest->serial);
    ck_assert_ptr_null(one->documents);
    ck_assert_ptr_eq(newest->documents, &documents);
    sp_snapshot_unref(one);
    sp_snapshot_unref(newer);
    ck_assert_str_view(newest->client.id, "one"); /* its owner exists for as long */
    sp_snapshot_unref(newest);
    sp_snapshot_unref(two);
    ck_assert_uint_eq(atomic_load(&documents.refs), 1);
}
SP_TEST_END

SP_TEST(documents_and_bindings_come_one_without_the_other)
{
    struct sp_issuer_documents documents = {.refs = 1};
    ck_assert_int_eq(sp_random_init(), 0);
    struct sp_rbac_index *index = index_of(ROLE_OF("r", "get", "/x") BINDING_OF("b", "r", "User", "ada"));
    struct sp_snapshot *first = snapshot_named("one");
    struct sp_snapshot *with_rbac = sp_snapshot_with_rbac(first, index);
    sp_rbac_index_unref(index);
    struct sp_snapshot *with_both = sp_snapshot_with_documents(with_rbac, &documents);
    struct sp_snapshot *without_rbac = sp_snapshot_with_rbac(with_both, NULL); /* it is too old to be used */
    ck_assert_ptr_null(first->rbac);
    ck_assert(with_rbac->rbac == index && with_rbac->documents == NULL);
    ck_assert(with_both->rbac == index && with_both->documents == &documents);
    ck_assert(without_rbac->rbac == NULL && without_rbac->documents == &documents);
    sp_snapshot_unref(first);
    sp_snapshot_unref(with_rbac);
    sp_snapshot_unref(without_rbac);
    ck_assert_uint_eq(sp_rbac_index_bindings(with_both->rbac), 1);
    sp_snapshot_unref(with_both);
    ck_assert_uint_eq(atomic_load(&documents.refs), 1);
}
SP_TEST_END

SP_SUITE("gate/snapshot", documents_and_bindings_come_one_without_the_other,
         the_client_and_the_decision_follow_the_configuration,
         a_request_keeps_the_snapshot_that_it_began_with_while_others_come_into_force,
         other_documents_leave_the_origin_as_it_is)
