/* SPDX-License-Identifier: Apache-2.0 */
#include "http/address.h"

#include "../suite.h"

#include <stdio.h>

static struct sp_address address_of(const char *text)
{
    struct sp_address address;
    ck_assert_msg(sp_address_parse(sp_str_from_c(text), &address), "%s", text);
    return address;
}

static struct sp_cidr cidr_of(const char *text)
{
    struct sp_cidr cidr;
    struct sp_diag diag;
    ck_assert_msg(sp_cidr_parse(sp_str_from_c(text), &diag, &cidr) == SP_OK, "%s: %s", text, diag.text);
    return cidr;
}

static void assert_cidr_printed(const char *text, const char *expected)
{
    SP_BUF_ON_STACK(buf, 64);
    struct sp_cidr cidr = cidr_of(text);
    sp_cidr_append(&cidr, &buf);
    ck_assert_str_eq(sp_buf_c_str(&buf), expected);
}

static void assert_no_cidr(const char *text, const char *expected)
{
    struct sp_cidr cidr;
    struct sp_diag diag;
    ck_assert_msg(sp_cidr_parse(sp_str_from_c(text), &diag, &cidr) == SP_ERR_FORMAT, "%s", text);
    ck_assert_msg(strstr(diag.text, expected) != NULL, "%s", diag.text);
}

static bool contains(const char *cidr_text, const char *address_text)
{
    struct sp_cidr cidr = cidr_of(cidr_text);
    struct sp_address address = address_of(address_text);
    return sp_cidr_contains(&cidr, &address);
}

static struct sp_endpoint endpoint_of(const char *text)
{
    struct sp_endpoint endpoint;
    struct sp_diag diag;
    ck_assert_msg(sp_endpoint_parse(sp_str_from_c(text), &diag, &endpoint) == SP_OK, "%s: %s", text,
                  diag.text);
    return endpoint;
}

/* RFC 4291, section 2.5.5.2. */
SP_TEST(an_ipv4_address_and_its_mapped_form_are_one)
{
    struct sp_address plain = address_of("192.0.2.7");
    struct sp_address mapped = address_of("::ffff:192.0.2.7");
    ck_assert_mem_eq(plain.bytes, mapped.bytes, sizeof plain.bytes);
    ck_assert(sp_address_is_ipv4(&plain));
    struct sp_address compatible = address_of("::192.0.2.7");
    ck_assert(!sp_address_is_ipv4(&compatible));
}
SP_TEST_END

SP_TEST(what_is_no_address_is_refused)
{
    static const char *const texts[] = {"",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "256.1.1.1",
                                        "01.2.3.4",
                                        "1.2.3.4 ",
                                        "localhost",
                                        "[::1]",
                                        "::1%lo",
                                        "1:2",
                                        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sp_address address;
        ck_assert_msg(!sp_address_parse(sp_str_from_c(texts[i]), &address), "%s", texts[i]);
    }
    struct sp_address address;
    ck_assert(!sp_address_parse((struct sp_str){"1.2.3.4\0x", 9}, &address));
}
SP_TEST_END

SP_TEST(a_network_prints_in_the_family_it_is_of)
{
    assert_cidr_printed("10.0.0.0/8", "10.0.0.0/8");
    assert_cidr_printed("::ffff:10.0.0.0/104", "10.0.0.0/8");
    assert_cidr_printed("10.1.2.3", "10.1.2.3/32");
    assert_cidr_printed("0.0.0.0/0", "0.0.0.0/0");
    assert_cidr_printed("fd00::/8", "fd00::/8");
    assert_cidr_printed("::1", "::1/128");
    assert_cidr_printed("::/0", "::/0");
    assert_cidr_printed("::/90", "::/90");
}
SP_TEST_END

SP_TEST(a_network_with_bits_beyond_its_length_is_refused_and_named)
{
    assert_no_cidr("10.1.2.3/8", "the network is 10.0.0.0/8");
    assert_no_cidr("10.0.0.1/31", "10.0.0.0/31");
    assert_no_cidr("fd00::1/64", "fd00::/64");
    assert_no_cidr("::ffff:0.0.0.0/90", "bits set");
    assert_no_cidr("10.0.0.0/8,fd00::/8", "more than one network");
    assert_no_cidr("10.0.0.0/8 fd00::/8", "more than one network");
}
SP_TEST_END

SP_TEST(lengths_are_whole_numbers_of_the_family)
{
    assert_no_cidr("10.0.0.0/33", "0 to 32");
    assert_no_cidr("::/129", "0 to 128");
    assert_no_cidr("10.0.0.0/", "0 to 32");
    assert_no_cidr("10.0.0.0/-1", "0 to 32");
    assert_no_cidr("10.0.0.0/08", "0 to 32");
    assert_no_cidr("10.0.0.0/255.0.0.0", "0 to 32");
    assert_no_cidr("ten/8", "not a network");
}
SP_TEST_END

/* The obvious way: bit by bit. */
static bool model_contains(const struct sp_cidr *cidr, const struct sp_address *address)
{
    for (unsigned bit = 0; bit < cidr->bits; bit++) {
        unsigned mask = 0x80U >> (bit % 8);
        if ((cidr->address.bytes[bit / 8] & mask) != (address->bytes[bit / 8] & mask)) {
            return false;
        }
    }
    return true;
}

SP_TEST(containment_agrees_with_the_model_at_every_length_and_flipped_bit)
{
    struct sp_address all = address_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    for (unsigned bits = 0; bits <= 128; bits++) {
        struct sp_cidr cidr = {.bits = (uint8_t)bits};
        for (unsigned i = 0; i < bits; i++) {
            cidr.address.bytes[i / 8] = (uint8_t)(cidr.address.bytes[i / 8] | (0x80U >> (i % 8)));
        }
        for (unsigned flipped = 0; flipped <= 128; flipped++) {
            struct sp_address address = all;
            if (flipped < 128) {
                address.bytes[flipped / 8] = (uint8_t)(address.bytes[flipped / 8] ^ (0x80U >> (flipped % 8)));
            }
            ck_assert_int_eq(sp_cidr_contains(&cidr, &address), model_contains(&cidr, &address));
        }
    }
}
SP_TEST_END

SP_TEST(a_network_ends_where_its_last_address_does)
{
    ck_assert(contains("10.0.0.0/8", "10.255.255.255"));
    ck_assert(!contains("10.0.0.0/8", "11.0.0.0"));
    ck_assert(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
    ck_assert(!contains("10.0.0.0/8", "::10.1.2.3"));
    ck_assert(contains("::1", "::1"));
    ck_assert(!contains("::1", "127.0.0.1"));
}
SP_TEST_END

SP_TEST(a_list_of_no_network_contains_nobody)
{
    struct sp_cidrs cidrs = {0};
    struct sp_address address = address_of("127.0.0.1");
    ck_assert(!sp_cidrs_contain(&cidrs, &address));
}
SP_TEST_END

SP_TEST(everybody_is_all_of_one_family_or_more)
{
    static const char *const everybody[] = {"0.0.0.0/0", "::ffff:0:0/96", "::/0", "::/1", "::/64"};
    for (size_t i = 0; i < sizeof everybody / sizeof everybody[0]; i++) {
        struct sp_cidr cidr = cidr_of(everybody[i]);
        ck_assert_msg(sp_cidr_is_everybody(&cidr), "%s", everybody[i]);
    }
    static const char *const not [] = {"0.0.0.0/1", "128.0.0.0/1", "8000::/1", "2000::/3", "::1"};
    for (size_t i = 0; i < sizeof not / sizeof not [0]; i++) {
        struct sp_cidr cidr = cidr_of(not [i]);
        ck_assert_msg(!sp_cidr_is_everybody(&cidr), "%s", not [i]);
    }
}
SP_TEST_END

SP_TEST(an_endpoint_is_an_address_and_a_port)
{
    struct sp_endpoint endpoint = endpoint_of("127.0.0.1:9181");
    struct sp_address loopback = address_of("127.0.0.1");
    ck_assert_mem_eq(&endpoint.address, &loopback, sizeof loopback);
    ck_assert_uint_eq(endpoint.port, 9181);
    ck_assert_str_eq(endpoint.text, "127.0.0.1:9181");
    free(endpoint.text);
}
SP_TEST_END

SP_TEST(a_port_alone_is_all_addresses_of_both_families)
{
    struct sp_endpoint bare = endpoint_of(":4181");
    struct sp_endpoint written = endpoint_of("[::]:4181");
    ck_assert(sp_endpoint_equal(&bare, &written));
    struct sp_endpoint ipv4 = endpoint_of("0.0.0.0:4181");
    ck_assert(!sp_endpoint_equal(&bare, &ipv4));
    free(bare.text);
    free(written.text);
    free(ipv4.text);
}
SP_TEST_END

SP_TEST(what_is_no_endpoint_is_refused)
{
    static const char *const texts[] = {
        "",           "4181",        "::1:4181",      "[::1]",         "[127.0.0.1]:80", "localhost:80",
        "*:80",       "1.2.3.4:",    "1.2.3.4:0",     "1.2.3.4:65536", "1.2.3.4:080",    "1.2.3.4:-1",
        "[::1]4181:", "[::1%lo]:80", "http://[::]:1", "[]:80",         "[:80",           "]:80",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sp_endpoint endpoint;
        struct sp_diag diag;
        ck_assert_msg(sp_endpoint_parse(sp_str_from_c(texts[i]), &diag, &endpoint) == SP_ERR_FORMAT, "%s",
                      texts[i]);
    }
}
SP_TEST_END

SP_TEST(the_first_and_last_port_are_accepted)
{
    struct sp_endpoint first = endpoint_of(":1");
    struct sp_endpoint last = endpoint_of(":65535");
    ck_assert_uint_eq(first.port, 1);
    ck_assert_uint_eq(last.port, 65535);
    free(first.text);
    free(last.text);
}
SP_TEST_END

/* The client as a string; in parentheses if it is unknown. */
static const char *client_of(const char *chain)
{
    struct sp_cidr hops[2];
    struct sp_diag diag;
    static char text[128];
    ck_assert_int_eq(sp_cidr_parse(SP_STR("10.0.0.0/8"), &diag, &hops[0]), SP_OK);
    ck_assert_int_eq(sp_cidr_parse(SP_STR("fd00::/8"), &diag, &hops[1]), SP_OK);
    const struct sp_cidrs list = {hops, 2};
    struct sp_chain_client client = sp_cidrs_find_client(&list, sp_str_from_c(chain));
    SP_BUF_ON_STACK(address, SP_CIDR_TEXT_MAX);
    sp_address_append(&client.address, &address);
    if (client.is_known) {
        snprintf(text, sizeof text, "%s", sp_buf_c_str(&address));
    } else {
        snprintf(text, sizeof text, "(%.*s)", SP_STR_ARGS(client.entry));
    }
    return text;
}

SP_TEST(the_client_is_the_rightmost_address_that_is_no_hop)
{
    ck_assert_str_eq(client_of("203.0.113.9"), "203.0.113.9");
    ck_assert_str_eq(client_of("192.0.2.66, 203.0.113.9, 10.0.0.1"), "203.0.113.9");
    ck_assert_str_eq(client_of("203.0.113.9,fd00::1 , 10.0.0.1"), "203.0.113.9");
    ck_assert_str_eq(client_of("192.0.2.66, 203.0.113.9, ::ffff:10.0.0.1"), "203.0.113.9");
    ck_assert_str_eq(client_of("10.0.0.1, ::ffff:203.0.113.9"), "203.0.113.9");
    ck_assert_str_eq(client_of("2001:DB8:0::1, 10.0.0.1"), "2001:db8::1");
}
SP_TEST_END

SP_TEST(ports_brackets_and_zones_make_no_difference_to_an_address)
{
    static const char *const cases[][2] = {
        {"203.0.113.9:443", "203.0.113.9"},
        {"203.0.113.9:0", "203.0.113.9"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:65535", "2001:db8::1"},
        {"[2001:db8::1]:1", "2001:db8::1"},
        {"2001:db8::1:443", "2001:db8::1:443"},
        {"fe80::1%eth0", "fe80::1"},
        {"[fe80::1%eth0.100]:443", "fe80::1"},
        {"fe80::1%123456789012345", "fe80::1"},
        {"[::ffff:203.0.113.9]:443", "203.0.113.9"},
        {"203.0.113.9, 10.0.0.1:443, [fd00::1]:443, fd00::2%eth0", "203.0.113.9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_str_eq(client_of(cases[i][0]), cases[i][1]);
    }
}
SP_TEST_END

SP_TEST(where_no_proxy_vouches_for_an_address_the_client_is_not_known)
{
    static const char *const ends[] = {
        "unknown",
        "_hidden",
        "",
        "203.0.113.9.",
        "203.0.113",
        "0203.0.113.9",
        "203.0.113.9:",
        "203.0.113.9:65536",
        "203.0.113.9:x",
        "203.0.113.9:-1",
        ":443",
        "203.0.113.9:1:2",
        "[203.0.113.9]",
        "[203.0.113.9]:443",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]443",
        "[2001:db8::1]x443",
        "[2001:db8::1]:",
        "[[2001:db8::1]]",
        "[]",
        "[",
        "fe80::1%",
        "fe80::1%1234567890123456",
        "fe80::1%a b",
        "203.0.113.9%eth0",
        "\"203.0.113.9\"",
        "203.0.113.9/32",
        "203.0.113.9;",
        "localhost",
        "0x7f.1",
        "2130706433",
        "203.0.113.9 198.51.100.7",
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char chain[128];
        char shown[128];
        snprintf(chain, sizeof chain, "198.51.100.7, %s, 10.0.0.1", ends[i]);
        snprintf(shown, sizeof shown, "(%s)", ends[i]);
        ck_assert_str_eq(client_of(chain), shown);
    }
    ck_assert_str_eq(client_of("10.0.0.2, 10.0.0.1"), "(10.0.0.2)");
    ck_assert_str_eq(client_of(""), "()");
    ck_assert_str_eq(client_of("203.0.113.9,"), "()");
    ck_assert_str_eq(client_of(",10.0.0.1"), "()");
}
SP_TEST_END

static void append(char *text, size_t len, const char *more)
{
    size_t at = strlen(text);
    snprintf(text + at, len - at, "%s", more);
}

SP_TEST(so_many_hops_are_passed_over_and_no_more)
{
    char chain[256] = "203.0.113.9";
    for (size_t i = 0; i < SP_CHAIN_HOPS_MAX; i++) {
        append(chain, sizeof chain, ",10.0.0.1");
    }
    ck_assert_str_eq(client_of(chain), "203.0.113.9");
    append(chain, sizeof chain, ",10.0.0.1");
    ck_assert_str_eq(client_of(chain), "(10.0.0.1)");
}
SP_TEST_END

SP_SUITE("address", an_ipv4_address_and_its_mapped_form_are_one, what_is_no_address_is_refused,
         a_network_prints_in_the_family_it_is_of, a_network_with_bits_beyond_its_length_is_refused_and_named,
         lengths_are_whole_numbers_of_the_family,
         containment_agrees_with_the_model_at_every_length_and_flipped_bit,
         a_network_ends_where_its_last_address_does, a_list_of_no_network_contains_nobody,
         everybody_is_all_of_one_family_or_more, an_endpoint_is_an_address_and_a_port,
         a_port_alone_is_all_addresses_of_both_families, what_is_no_endpoint_is_refused,
         the_first_and_last_port_are_accepted, the_client_is_the_rightmost_address_that_is_no_hop,
         ports_brackets_and_zones_make_no_difference_to_an_address,
         where_no_proxy_vouches_for_an_address_the_client_is_not_known,
         so_many_hops_are_passed_over_and_no_more)
