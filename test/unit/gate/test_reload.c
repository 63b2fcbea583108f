/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/reload.h"

#include "../certificate.h"
#include "../folder.h"

#define SMALLEST                                                                                             \
    "issuer: https://dex.example.com/dex\nclient_id: sallyport\nclient_secret_file: secret\n"                \
    "keys_file: keys\nemail_verified: required\n"
#define POLICY  "policies: {default: authenticated}\n"
#define OTHER   "policies: {default: [{path: /open, action: public}, {action: deny}]}\n"
#define KEY     "k1 pU3KGCUwux1tEyze1iN7LtkeP3IfyxlxF0SU1kk8nVw\n"
#define NEW_KEY "k2 q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJqrw\n"

/* A process that runs on the files of a folder. */
struct scene {
    struct sp_process process;
    struct sp_loading start;
    struct sp_reload *reload;
};

static struct scene *scene_new(const char *settings)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct sp_snapshot *snapshot = NULL;
    ck_assert_int_eq(sp_random_init(), 0);
    make_folder();
    ck_assert_int_eq(mkdir("rbac", 0700), 0);
    write_file("c.yaml", settings, 0644);
    write_file("keys", KEY, 0600);
    write_file("secret", "a-secret-of-some-length", 0600);
    ck_assert_int_eq(sp_loading_read(&scene->start, "c.yaml", &snapshot), SP_OK);
    sp_snapshot_unref(snapshot);
    scene->reload = sp_reload_new(&scene->process, &scene->start);
    return scene;
}

static void scene_free(struct scene **scene)
{
    remove_folder(NULL);
    sp_reload_free((*scene)->reload);
    sp_loading_done(&(*scene)->start);
    free(*scene);
}

#define SCENE __attribute__((cleanup(scene_free))) struct scene *

static void unref(struct sp_snapshot **snapshot)
{
    sp_snapshot_unref(*snapshot);
}

#define SNAPSHOT __attribute__((cleanup(unref))) struct sp_snapshot *

/* Checks until two checks agree. */
static struct sp_snapshot *look(struct scene *scene)
{
    struct sp_snapshot *found = NULL;
    for (int i = 0; i < 3 && found == NULL; i++) {
        found = sp_reload_look(scene->reload, SP_RELOAD_IF_CHANGED);
    }
    return found;
}

static void check_counts(struct scene *scene, unsigned ok_n, unsigned failed_n)
{
    ck_assert_uint_eq(atomic_load(&scene->process.reloads_n), ok_n);
    ck_assert_uint_eq(atomic_load(&scene->process.reloads_failed_n), failed_n);
}

SP_TEST(files_that_are_the_same_are_no_reload)
{
    SCENE scene = scene_new(SMALLEST POLICY);
    SNAPSHOT none = look(scene);
    ck_assert_ptr_null(none);
    write_file("c.yaml", SMALLEST POLICY, 0644); /* with the same bytes */
    SNAPSHOT same = look(scene);
    ck_assert_ptr_null(same);
    check_counts(scene, 0, 0);
}
SP_TEST_END

SP_TEST(each_file_that_changes_makes_a_snapshot_of_all)
{
    SCENE scene = scene_new(SMALLEST POLICY);
    SNAPSHOT none = look(scene);
    ck_assert_ptr_null(none);
    write_file("c.yaml", SMALLEST OTHER, 0644);
    SNAPSHOT policy = look(scene);
    ck_assert_uint_eq(policy->config->policies[0].rules_n, 2);
    write_file("keys", KEY NEW_KEY, 0600);
    SNAPSHOT keys = look(scene);
    ck_assert_uint_eq(sp_keyring_count(keys->keys), 2);
    ck_assert_uint_eq(keys->config->policies[0].rules_n, 2);
    write_file("secret", "another-secret-of-some-length", 0600);
    SNAPSHOT secret = look(scene);
    ck_assert_str_view(secret->client.secret, "another-secret-of-some-length");
    ck_assert_uint_eq(sp_keyring_count(secret->keys), 2);
    check_counts(scene, 3, 0);
}
SP_TEST_END

SP_TEST(objects_of_rbac_that_come_change_and_go_are_seen)
{
    SCENE scene = scene_new(SMALLEST "policies: {default: [{action: rbac}]}\nrbac_source: rbac\n");
    SNAPSHOT none = look(scene);
    ck_assert_ptr_null(none);
    write_file("rbac/a.json", "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}", 0644);
    SNAPSHOT came = look(scene);
    ck_assert_ptr_nonnull(came);
    ck_assert_ptr_nonnull(came->rbac);
    write_file("rbac/a.json", "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\": []}", 0644);
    SNAPSHOT changed = look(scene);
    ck_assert_ptr_nonnull(changed);
    ck_assert_int_eq(unlink("rbac/a.json"), 0);
    SNAPSHOT gone = look(scene);
    ck_assert_ptr_nonnull(gone);
    check_counts(scene, 3, 0);
}
SP_TEST_END

/* Replaces a file. */
static void put_fifo(const char *path)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void put_folder(const char *path)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void put_loop(const char *path)
{
    ck_assert_int_eq(symlink(path, path), 0);
}

static void put_nothing(const char *path)
{
    (void)path;
}

static void put_half(const char *path)
{
    write_file(path, "k1 pU3KGCUwux1tEyze1", 0600);
}

static void put_open(const char *path)
{
    write_file(path, KEY, 0644);
}

static void put_large(const char *path)
{
    write_file(path, KEY, 0600);
    ck_assert_int_eq(truncate(path, INT64_C(1) << 30), 0);
}

SP_TEST(ac_74_what_is_no_file_of_keys_leaves_those_that_there_were)
{
    static void (*const puts[])(const char *path) = {put_fifo, put_folder, put_loop, put_nothing,
                                                     put_half, put_open,   put_large};
    SCENE scene = scene_new(SMALLEST POLICY);
    SNAPSHOT none = look(scene);
    ck_assert_ptr_null(none);
    for (unsigned i = 0; i < sizeof puts / sizeof puts[0]; i++) {
        ck_assert_int_eq(remove("keys"), 0);
        puts[i]("keys");
        SNAPSHOT bad = look(scene);
        ck_assert_ptr_null(bad);
        check_counts(scene, i, i + 1);
        ck_assert_int_eq(atomic_load(&scene->process.reload_failed), 1);
        if (puts[i] != put_nothing) {
            ck_assert_int_eq(remove("keys"), 0);
        }
        write_file("keys", KEY, 0600);
        SNAPSHOT good = look(scene);
        ck_assert_ptr_null(good); /* the same as before, which is logged anyway */
        check_counts(scene, i + 1, i + 1);
        ck_assert_int_eq(atomic_load(&scene->process.reload_failed), 0);
    }
}
SP_TEST_END

SP_TEST(all_files_of_one_reload_are_checked_before_any_of_them_counts)
{
    SCENE scene = scene_new(SMALLEST POLICY);
    SNAPSHOT none = look(scene);
    write_file("c.yaml", SMALLEST OTHER, 0644);
    write_file("keys", KEY "k2 short\n", 0600);
    SNAPSHOT bad = look(scene);
    ck_assert(none == NULL && bad == NULL);
    check_counts(scene, 0, 1);
    write_file("keys", KEY NEW_KEY, 0600);
    SNAPSHOT good = look(scene);
    ck_assert_uint_eq(good->config->policies[0].rules_n, 2);
    ck_assert_uint_eq(sp_keyring_count(good->keys), 2);
    check_counts(scene, 1, 1);
}
SP_TEST_END

SP_TEST(a_file_that_only_the_new_configuration_names_is_waited_for)
{
    SCENE scene = scene_new(SMALLEST POLICY);
    SNAPSHOT none = look(scene);
    write_file("c.yaml", SMALLEST POLICY "issuer_ca_file: ca.pem\n", 0644);
    SNAPSHOT bad = look(scene);
    ck_assert(none == NULL && bad == NULL);
    write_certificate("ca.pem", "ca.key");
    SNAPSHOT good = look(scene);
    ck_assert(sp_str_starts_with(good->client.route.ca, SP_STR("-----BEGIN CERTIFICATE-----\n")));
    check_counts(scene, 1, 1);
}
SP_TEST_END

SP_TEST(who_asks_is_told_at_once_and_in_any_case)
{
    SCENE scene = scene_new(SMALLEST POLICY);
    SNAPSHOT same = sp_reload_look(scene->reload, SP_RELOAD_NOW);
    ck_assert_ptr_null(same);
    check_counts(scene, 1, 0);
    write_file("c.yaml", "polices: {}\n", 0644);
    SNAPSHOT bad = sp_reload_look(scene->reload, SP_RELOAD_NOW);
    SNAPSHOT again = sp_reload_look(scene->reload, SP_RELOAD_NOW);
    ck_assert(bad == NULL && again == NULL);
    check_counts(scene, 1, 2);
    write_file("c.yaml", SMALLEST OTHER, 0644);
    SNAPSHOT good = sp_reload_look(scene->reload, SP_RELOAD_NOW);
    ck_assert_ptr_nonnull(good);
    check_counts(scene, 2, 2);
    sp_reload_free(NULL);
}
SP_TEST_END

SP_TEST(a_client_holds_the_snapshot_that_it_points_into)
{
    SCENE scene = scene_new(SMALLEST POLICY);
    write_file("secret", "another-secret-of-some-length", 0600);
    struct sp_snapshot *snapshot = sp_reload_look(scene->reload, SP_RELOAD_NOW);
    struct sp_snapshot *copy = sp_snapshot_with_rbac(snapshot, NULL);
    const struct sp_client *client = sp_client_ref(sp_snapshot_client(copy));
    sp_snapshot_unref(copy);
    sp_snapshot_unref(snapshot);
    ck_assert_str_view(client->secret, "another-secret-of-some-length");
    sp_client_unref(client);
}
SP_TEST_END

SP_SUITE("gate/reload", files_that_are_the_same_are_no_reload, each_file_that_changes_makes_a_snapshot_of_all,
         objects_of_rbac_that_come_change_and_go_are_seen,
         ac_74_what_is_no_file_of_keys_leaves_those_that_there_were,
         all_files_of_one_reload_are_checked_before_any_of_them_counts,
         a_file_that_only_the_new_configuration_names_is_waited_for, who_asks_is_told_at_once_and_in_any_case,
         a_client_holds_the_snapshot_that_it_points_into)
