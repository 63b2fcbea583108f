/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_OIDC_FAULTS_H
#define SP_TEST_UNIT_OIDC_FAULTS_H

/*
 * Makes one member of a document wrong in every way, while all others are right. The faults that are allowed
 * in an optional member, or in one that is not read, are given by one bit each; the others are never allowed.
 */

#include "../suite.h"

#include <stdio.h>
#include <string.h>

#define FAULT_MISSING (1u << 0)
#define FAULT_NULL    (1u << 1)
#define FAULT_TRUE    (1u << 2)
#define FAULT_NUMBER  (1u << 3)
#define FAULT_EMPTY   (1u << 4)
#define FAULT_TEXT    (1u << 5)
#define FAULT_LONG    (1u << 6)
#define FAULT_LIST    (1u << 7)
#define FAULT_LIST_OF (1u << 8)
#define FAULT_OBJECT  (1u << 9)
#define FAULT_UNHELD  (1u << 10) /* JSON, but more than a value can represent here */
#define FAULT_ABSENT  (FAULT_MISSING | FAULT_NULL)
#define FAULT_ANY     ((1u << 11) - 1)
#define FAULT_NEVER   0u

#define FAULT_LONG_LEN     70000
#define FAULT_HUGE_LEN     300000
#define FAULT_DOCUMENT_MAX 400000 /* bytes */

/* A valid member: its value as JSON, and the faults that are allowed. */
struct member {
    const char *name;
    const char *value;
    unsigned passes;
};

/* In `format`, the first %s is the name and the second, if there is one, the value. */
struct fault {
    const char *format;
    unsigned bit;      /* 0: never allowed */
    size_t filler_len; /* length of a string of As in place of the value */
};

static const struct fault faults[] = {
    {"", FAULT_MISSING, 0},
    {"\"%s\":null", FAULT_NULL, 0},
    {"\"%s\":true", FAULT_TRUE, 0},
    {"\"%s\":7", FAULT_NUMBER, 0},
    {"\"%s\":-1", FAULT_NUMBER, 0},
    {"\"%s\":0.5", FAULT_NUMBER, 0},
    {"\"%s\":1e300", FAULT_NUMBER, 0},
    {"\"%s\":\"\"", FAULT_EMPTY, 0},
    {"\"%s\":\"x\"", FAULT_TEXT, 0},
    {"\"%s\":\"%s\"", FAULT_LONG, FAULT_LONG_LEN},
    {"\"%s\":[]", FAULT_LIST, 0},
    {"\"%s\":[null]", FAULT_LIST, 0},
    {"\"%s\":[%s,7]", FAULT_LIST, 0},
    {"\"%s\":[%s]", FAULT_LIST_OF, 0},
    {"\"%s\":{}", FAULT_OBJECT, 0},
    {"\"%s\":{\"x\":%s}", FAULT_OBJECT, 0},
    {"\"%1$s\":%2$s,\"%1$s\":%2$s", 0, 0},
    {"\"%1$s\":%2$s,\"%1$s\":null", 0, 0},
    {"\"%1$s\":null,\"%1$s\":%2$s", 0, 0},
    {"\"%s\":{\"x\":1,\"x\":1}", 0, 0},
    {"\"%s\":\"%s\"", 0, FAULT_HUGE_LEN},
    {"\"%s\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", FAULT_UNHELD, 0},
    {"\"%s\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 0, 0},
    {"\"%s\":\"a\xff\"", 0, 0},
    {"\"%s\":\"\xc0\xaf\"", 0, 0},
    {"\"%s\":\"\xed\xa0\x80\"", 0, 0},
    {"\"%s\":\"\xf4\x90\x80\x80\"", 0, 0},
    {"\"%s\":\"\\ud800\"", FAULT_UNHELD, 0},
    {"\"%s\":\"a\\u0000\"", FAULT_UNHELD, 0},
    {"\"%s\":\"a\nb\"", 0, 0},
    {"\"%s\":\"a\\x\"", 0, 0},
    {"\"%s\":99999999999999999999", FAULT_UNHELD, 0},
    {"\"%s\":1e999", FAULT_UNHELD, 0},
    {"\"%s\":NaN", 0, 0},
    {"\"%s\":", 0, 0},
    {"\"%s\"", 0, 0},
    {"\"%s\":\"a", 0, 0},
    {"'%s':%s", 0, 0},
    {"\"%s\":%s/**/", 0, 0},
    {"\"%s\":%s,", 0, 0},
};

#define FAULTS_N           (sizeof faults / sizeof faults[0])
#define MEMBERS_N(members) (sizeof(members) / sizeof(members)[0])

static char fault_document[FAULT_DOCUMENT_MAX];
static char fault_filler[FAULT_HUGE_LEN + 1];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static int write_member(char *out, size_t max, const struct member *member, const struct fault *fault)
{
    if (fault == NULL) {
        return snprintf(out, max, "\"%s\":%s", member->name, member->value);
    }
    memset(fault_filler, 'A', fault->filler_len);
    fault_filler[fault->filler_len] = '\0';
    return snprintf(out, max, fault->format, member->name,
                    fault->filler_len > 0 ? fault_filler : member->value);
}

#pragma GCC diagnostic pop

/* An object of the members, of which the one at `at` has the fault. Valid until the next call. */
static const char *write_faulty(const struct member *members, size_t n, size_t at, const struct fault *fault)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        bool faulty = i == at;
        if (faulty && fault->bit == FAULT_MISSING) {
            continue;
        }
        fault_document[len] = len == 0 ? '{' : ',';
        len++;
        int written = write_member(fault_document + len, sizeof fault_document - len, &members[i],
                                   faulty ? fault : NULL);
        ck_assert(written > 0 && (size_t)written < sizeof fault_document - len);
        len += (size_t)written;
    }
    ck_assert(len + 1 < sizeof fault_document);
    memcpy(fault_document + len, "}", 2);
    return fault_document;
}

/* Checks every member with every fault: `parses(document)` must be true where the fault is allowed, and
 * nowhere else. */
static void check_faults(const struct member *members, size_t n, bool (*parses)(const char *document))
{
    for (size_t at = 0; at < n; at++) {
        for (size_t i = 0; i < FAULTS_N; i++) {
            const char *document = write_faulty(members, n, at, &faults[i]);
            bool passes = (members[at].passes & faults[i].bit) != 0;
            ck_assert_msg(parses(document) == passes, "%s with %s should %spass", members[at].name,
                          faults[i].format, passes ? "" : "not ");
        }
    }
}

#endif
