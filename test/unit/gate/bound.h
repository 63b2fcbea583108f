/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_BOUND_H
#define SP_TEST_UNIT_GATE_BOUND_H

/* A fixture with bindings: the files `token` and `key` are in the folder of the test. */

#include "fixture.h"

#include "../folder.h"

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define WITH_A "X-Sallyport-Proxy-Key: " KEY_A "\r\n"

/* In a folder with the files: FIXTURE and IN_FOLDER. */
static inline struct fixture *bound_fixture(const char *settings, const char *token, const char *keys)
{
    write_file("token", token, 0600);
    write_file("key", keys, 0600);
    struct fixture *f = fixture_new(settings);
    const struct sp_config *config = f->snapshot->config;
    struct sp_reports reports = {0};
    enum sp_error error = sp_credentials_read(config->credentials, config->credentials_n, NULL, NULL, 0,
                                              &reports, &f->snapshot->credentials);
    ck_assert_int_eq(error, SP_OK);
    sp_reports_done(&reports);
    return f;
}

#endif
