/* SPDX-License-Identifier: Apache-2.0 */
#include "server/libraries.h"

#include "../suite.h"

SP_TEST(each_library_has_a_line_with_its_version)
{
    static const char *const names[] = {"h2o", "OpenSSL", "curl", "sodium", "jansson", "yaml"};
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 4096);
    sp_libraries_append(&out);
    const char *text = sp_buf_c_str(&out);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *line = strstr(text, names[i]);
        ck_assert_msg(line != NULL, "%s is not in\n%s", names[i], text);
        ck_assert_msg(strpbrk(line, "0123456789\n")[0] != '\n', "no version: %s", line);
    }
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
SP_TEST_END

SP_SUITE("server/libraries", each_library_has_a_line_with_its_version)
