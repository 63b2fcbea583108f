/* SPDX-License-Identifier: Apache-2.0 */
#include "io/certificates.h"

#include "base/buf.h"

#include "../certificate.h"
#include "../folder.h"

static struct sp_str contents_of(const char *name)
{
    static char text[4][8192];
    static size_t next;
    char *place = text[next++ % 4];
    FILE *file = fopen(name, "r");
    ck_assert_ptr_nonnull(file);
    size_t len = fread(place, 1, sizeof text[0], file);
    fclose(file);
    return (struct sp_str){place, len};
}

SP_TEST(a_text_of_certificates_is_whole_only_when_each_is)
{
    IN_FOLDER;
    write_certificate("a", "a-key");
    write_certificate("b", "b-key");
    struct sp_str a = contents_of("a");
    struct sp_str b = contents_of("b");
    ck_assert(sp_certificates_are_whole(a));
    SP_BUF_ON_STACK(both, 16384);
    sp_buf_append_c(&both, "Issuer: somebody\n");
    sp_buf_append(&both, a);
    sp_buf_append(&both, b);
    ck_assert(sp_certificates_are_whole(sp_buf_str(&both)));
    size_t second = both.len - b.len;
    for (size_t len = sizeof "-----BEGIN CERTIFICATE-----"; len + 1 < b.len; len++) {
        both.len = second + len;
        ck_assert_msg(!sp_certificates_are_whole(sp_buf_str(&both)), "%zu bytes of the second", len);
    }
    ck_assert(!sp_certificates_are_whole(SP_STR_NONE));
    ck_assert(!sp_certificates_are_whole(SP_STR("nothing")));
    ck_assert(!sp_certificates_are_whole(contents_of("a-key")));
}
SP_TEST_END

SP_TEST(a_private_key_is_found_wherever_it_stands)
{
    IN_FOLDER;
    write_certificate("a", "a-key");
    struct sp_str certificate = contents_of("a");
    SP_BUF_ON_STACK(both, 16384);
    sp_buf_append(&both, certificate);
    ck_assert(!sp_certificates_have_key_inside(sp_buf_str(&both)));
    sp_buf_append(&both, contents_of("a-key"));
    ck_assert(sp_certificates_are_whole(sp_buf_str(&both)));
    ck_assert(sp_certificates_have_key_inside(sp_buf_str(&both)));
    ck_assert(sp_certificates_have_key_inside(SP_STR("-----BEGIN RSA PRIVATE KEY-----")));
    ck_assert(!sp_certificates_have_key_inside(SP_STR("-----BEGIN PUBLIC KEY-----")));
}
SP_TEST_END

SP_TEST(a_key_is_that_of_the_first_certificate_or_it_is_another)
{
    IN_FOLDER;
    write_certificate("a", "a-key");
    write_certificate("b", "b-key");
    ck_assert(sp_certificates_match_key(contents_of("a"), contents_of("a-key")));
    ck_assert(!sp_certificates_match_key(contents_of("a"), contents_of("b-key")));
    ck_assert(!sp_certificates_match_key(contents_of("a"), SP_STR("nothing")));
    ck_assert(!sp_certificates_match_key(SP_STR("nothing"), contents_of("a-key")));
}
SP_TEST_END

SP_SUITE("certificates", a_text_of_certificates_is_whole_only_when_each_is,
         a_private_key_is_found_wherever_it_stands, a_key_is_that_of_the_first_certificate_or_it_is_another)
