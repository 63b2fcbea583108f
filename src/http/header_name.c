/* SPDX-License-Identifier: Apache-2.0 */
#include "http/header_name.h"

#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct sp_str names[SP_HEADER_ID_COUNT] = {
#define NAME(id, name, before, last, role) [SP_HEADER_##id] = {name, sizeof(name) - 1},
    SP_HEADER_NAMES(NAME)
#undef NAME
};

static const uint8_t roles[SP_HEADER_ID_COUNT] = {
#define ROLE(id, name, before, last, role) [SP_HEADER_##id] = (role),
    SP_HEADER_NAMES(ROLE)
#undef ROLE
};

/*
 * Length and last two letters distinguish all names in the table. The factors were found by trial so that no
 * two names share a slot. If a new name collides, the compiler reports an overridden initializer, the test
 * fails, and other factors are needed.
 */
#define SLOT(len, before, last) ((uint8_t)(3 * (len) + 4 * (before) + 9 * (last)))

static const uint8_t slots[UINT8_MAX + 1] = {
#define PLACE(id, name, before, last, role) [SLOT(sizeof(name) - 1, before, last)] = SP_HEADER_##id,
    SP_HEADER_NAMES(PLACE)
#undef PLACE
};

/* These limits let two pieces of four bytes, or four of eight, cover a name. */
#define NAME_LEN_MIN 4
#define NAME_LEN_MAX 32
#define LENGTH(id, name, before, last, role)                                                                 \
    _Static_assert(sizeof(name) - 1 >= NAME_LEN_MIN && sizeof(name) - 1 <= NAME_LEN_MAX, name);
SP_HEADER_NAMES(LENGTH)
#undef LENGTH

static inline uint64_t difference(const char *a, const char *b, size_t len)
{
    uint64_t words[2] = {0};
    memcpy(&words[0], a, len);
    memcpy(&words[1], b, len);
    return words[0] ^ words[1];
}

enum sp_header_id sp_header_id_of(struct sp_str name)
{
    if (name.len < NAME_LEN_MIN) {
        return SP_HEADER_OTHER;
    }
    unsigned last = (unsigned char)name.ptr[name.len - 1] | 0x20U; /* lower-cases a letter */
    unsigned before = (unsigned char)name.ptr[name.len - 2] | 0x20U;
    enum sp_header_id id = slots[SLOT((unsigned)name.len, before, last)];
    size_t len = names[id].len;
    if (name.len != len) {
        return SP_HEADER_OTHER;
    }

    /*
     * Compares ignoring the case bit. For letters that bit is the case. A hyphen with it flipped is a
     * control, which no field name contains.
     */
    const char *a = name.ptr;
    const char *b = names[id].ptr;
    uint64_t found;
    if (len < 8) {
        found = difference(a, b, 4) | difference(a + len - 4, b + len - 4, 4);
    } else {
        found = difference(a, b, 8) | difference(a + len - 8, b + len - 8, 8);
    }
    if (len > 16) {
        found |= difference(a + 8, b + 8, 8) | difference(a + len - 16, b + len - 16, 8);
    }
    return (found & ~UINT64_C(0x2020202020202020)) == 0 ? id : SP_HEADER_OTHER;
}

static char fold(char c)
{
    return sp_ascii_is_alnum(c) ? sp_ascii_lower(c) : '-';
}

enum sp_header_id sp_header_alias_of(struct sp_str name)
{
    if (name.len > NAME_LEN_MAX || sp_header_id_of(name) != SP_HEADER_OTHER) {
        return SP_HEADER_OTHER;
    }
    char folded[NAME_LEN_MAX];
    for (size_t i = 0; i < name.len; i++) {
        folded[i] = fold(name.ptr[i]);
    }
    return sp_header_id_of((struct sp_str){folded, name.len});
}

struct sp_str sp_header_name(enum sp_header_id id)
{
    return names[id];
}

unsigned sp_header_roles(enum sp_header_id id)
{
    return roles[id];
}

bool sp_header_folds_into(struct sp_str name, struct sp_str other)
{
    if (name.len != other.len) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (fold(name.ptr[i]) != sp_ascii_lower(other.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool sp_header_is_reserved(struct sp_str name)
{
    static const struct sp_str others[] = {
        SP_STR("Cache-Control"),
        SP_STR("Connection"),
        SP_STR("Content-Encoding"),
        SP_STR("Content-Range"),
        SP_STR("Date"),
        SP_STR("ETag"),
        SP_STR("Expect"),
        SP_STR("Forwarded"),
        SP_STR("Keep-Alive"),
        SP_STR("Last-Modified"),
        SP_STR("Location"),
        SP_STR("Proxy-Authenticate"),
        SP_STR("Proxy-Authorization"),
        SP_STR("Proxy-Connection"),
        SP_STR("Range"),
        SP_STR("Referer"),
        SP_STR("Retry-After"),
        SP_STR("Server"),
        SP_STR("Set-Cookie"),
        SP_STR("TE"),
        SP_STR("Tracestate"),
        SP_STR("Trailer"),
        SP_STR("Upgrade"),
        SP_STR("Vary"),
        SP_STR("Via"),
        SP_STR("WWW-Authenticate"),
        SP_STR("X-Forwarded-Port"),
        SP_STR("X-Forwarded-Server"),
        SP_STR("X-Real-Ip"),
        SP_STR("X-Request-Id"),
    };
    static const struct sp_str families[] = {
        SP_STR("Access-Control-"), SP_STR("If-"), SP_STR("Impersonate-"), SP_STR("Sec-"),
        SP_STR("X-Sallyport-"),
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        if (sp_str_equal_ci(name, others[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(families); i++) {
        if (sp_str_starts_with_ci(name, families[i])) {
            return true;
        }
    }
    return sp_header_id_of(name) != SP_HEADER_OTHER;
}
