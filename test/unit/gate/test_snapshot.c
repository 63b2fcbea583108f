/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/snapshot.h"

#include "fixture.h"

SP_TEST(the_client_and_the_decision_follow_the_configuration)
{
    FIXTURE f = fixture_new("client_auth: post\nuserinfo: true\naudiences: [other]\nclock_skew: 7s\n"
                            "username_claim: sub\nusername_prefix: 'p:'\ngroups_prefix: 'g:'\n"
                            "groups_claim: roles\nhosts: [" ORIGIN "]\nforwarded_prefixes: [/a]\nthreads: 3");
    const struct sp_server *server = &f->server;
    ck_assert_str_view(server->client.id, "sallyport");
    ck_assert_str_view(server->client.secret, "s3cr3t-of-the-client");
    ck_assert_int_eq(server->client.auth, SP_CLIENT_AUTH_POST);
    ck_assert_int_eq(server->client.userinfo, SP_USERINFO_REQUIRED);
    ck_assert_uint_eq(server->client.audiences_n, 1);
    ck_assert_str_eq(server->client.groups_claim, "roles");
    ck_assert_int_eq(server->client.skew_s, 7);
    ck_assert_str_eq(server->decision.identity.username_claim, "sub");
    ck_assert_str_eq(server->decision.identity.username_prefix, "p:");
    ck_assert_str_eq(server->decision.identity.groups_prefix, "g:");
    ck_assert(!server->decision.insecure_http);
    ck_assert_uint_eq(server->decision.hosts_n, 1);
    ck_assert_uint_eq(server->prefixes.items_n, 1);
    ck_assert_uint_eq(server->metrics_n, 4); /* one a loop, one for calls */
}
SP_TEST_END

SP_SUITE("gate/snapshot", the_client_and_the_decision_follow_the_configuration)
