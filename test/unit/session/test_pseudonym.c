/* SPDX-License-Identifier: Apache-2.0 */
#include "session/pseudonym.h"

#include "../suite.h"
#include "base/random.h"

#define NOW_S 1764000000
#define OLD   "old y6BrVzb69n5UsHtWHq6UOV53TFF6fZEKVDaeEmPM-9Q\n"
#define FIRST "first p5N7ZLjKpY8Dchu2us9ceMsjX-vg5wsbhM2ZVBRhoI4 2025-01-01T00:00:00Z\n"
#define LATER "later HZKD2EjqlBrOH-DSN474twBWoNTRZIuVoyLZAWPngoU 2025-06-01T00:00:00Z\n"

static void name(const char *keys, const char *person, char out[SP_PSEUDONYM_LEN + 1])
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = NULL;
    struct sp_diag diag = {0};
    uint8_t key[SP_PSEUDONYM_KEY_LEN];
    ck_assert_int_eq(sp_random_init(), 0);
    ck_assert_msg(sp_keyring_parse(sp_str_from_c(keys), NOW_S, &diag, &ring) == SP_OK, "%s", diag.text);
    sp_pseudonym_derive_key(ring, key);
    sp_pseudonym(key, sp_str_from_c(person), out);
    out[SP_PSEUDONYM_LEN] = '\0';
}

#define ck_assert_named(keys, person, expected)                                                              \
    do {                                                                                                     \
        char named[SP_PSEUDONYM_LEN + 1];                                                                    \
        name(keys, person, named);                                                                           \
        ck_assert_str_eq(named, expected);                                                                   \
    } while (0)

/* Computed with Python's hashlib.blake2b(key=…): stored logs are searched by it for years. */
SP_TEST(a_name_is_what_it_always_was)
{
    ck_assert_named(OLD, "ada@example.com", "5eda19c30b2b6bdf");
    ck_assert_named(OLD, "", "1856f31ec41c7b13");
}
SP_TEST_END

SP_TEST(it_follows_the_oldest_key_wherever_that_stands)
{
    char expected[SP_PSEUDONYM_LEN + 1];
    name(FIRST, "ada@example.com", expected);
    ck_assert_named(FIRST LATER, "ada@example.com", expected);
    ck_assert_named(LATER FIRST, "ada@example.com", expected);
    name(OLD, "ada@example.com", expected);
    ck_assert_named(LATER OLD FIRST, "ada@example.com", expected);
}
SP_TEST_END

SP_TEST(others_have_another)
{
    char ada[SP_PSEUDONYM_LEN + 1];
    char other[SP_PSEUDONYM_LEN + 1];
    name(OLD, "ada@example.com", ada);
    static const char *const people[] = {"Ada@example.com", "ada@example.co", "ada@example.com ", "10.0.0.1"};
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
        name(OLD, people[i], other);
        ck_assert_str_ne(other, ada);
    }
    name(FIRST, "ada@example.com", other);
    ck_assert_str_ne(other, ada);
}
SP_TEST_END

SP_SUITE("session/pseudonym", a_name_is_what_it_always_was, it_follows_the_oldest_key_wherever_that_stands,
         others_have_another)
