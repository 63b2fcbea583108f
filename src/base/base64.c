/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char standard_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/*
 * The six bits of each character of the URL-safe alphabet, with IN_ALPHABET set; zero for all others. ANDing
 * several entries checks the flag of all of them in one step.
 */
#define IN_ALPHABET 0x40
#define SIX_BITS    0x3f

static const uint8_t
    values[256] =
        {
            ['A'] = 0x40, 0x41, 0x42, 0x43, 0x44,         0x45, 0x46, 0x47,         0x48,         0x49, 0x4a,
            0x4b,         0x4c, 0x4d, 0x4e, 0x4f,         0x50, 0x51, 0x52,         0x53,         0x54, 0x55,
            0x56,         0x57, 0x58, 0x59, ['a'] = 0x5a, 0x5b, 0x5c, 0x5d,         0x5e,         0x5f, 0x60,
            0x61,         0x62, 0x63, 0x64, 0x65,         0x66, 0x67, 0x68,         0x69,         0x6a, 0x6b,
            0x6c,         0x6d, 0x6e, 0x6f, 0x70,         0x71, 0x72, 0x73,         ['0'] = 0x74, 0x75, 0x76,
            0x77,         0x78, 0x79, 0x7a, 0x7b,         0x7c, 0x7d, ['-'] = 0x7e, ['_'] = 0x7f,
};

static size_t encode(const uint8_t *bytes, size_t len, const char *alphabet, char *out)
{
    size_t in = 0;
    size_t at = 0;
    for (; len - in >= 3; in += 3, at += 4) {
        uint32_t bits = (uint32_t)bytes[in] << 16 | (uint32_t)bytes[in + 1] << 8 | bytes[in + 2];
        out[at] = alphabet[bits >> 18];
        out[at + 1] = alphabet[bits >> 12 & SIX_BITS];
        out[at + 2] = alphabet[bits >> 6 & SIX_BITS];
        out[at + 3] = alphabet[bits & SIX_BITS];
    }
    if (in < len) { /* one or two bytes remain after the complete groups */
        bool are_two = len - in == 2;
        uint32_t bits = (uint32_t)bytes[in] << 16 | (are_two ? (uint32_t)bytes[in + 1] << 8 : 0);
        out[at++] = alphabet[bits >> 18];
        out[at++] = alphabet[bits >> 12 & SIX_BITS];
        if (are_two) {
            out[at++] = alphabet[bits >> 6 & SIX_BITS];
        }
    }
    return at;
}

size_t sp_base64url_encode(const uint8_t *bytes, size_t len, char *out)
{
    return encode(bytes, len, url_alphabet, out);
}

size_t sp_base64_encode(const uint8_t *bytes, size_t len, char *out)
{
    size_t written = encode(bytes, len, standard_alphabet, out);
    while (written % 4 != 0) {
        out[written++] = '=';
    }
    return written;
}

/* The last 2 or 3 characters hold 1 or 2 bytes and 4 or 2 bits that must be zero (RFC 4648, section 3.5). */
static bool decode_rest(const uint8_t *in, size_t len, uint8_t *out)
{
    uint8_t a = values[in[0]];
    uint8_t b = values[in[1]];
    uint8_t c = len == 3 ? values[in[2]] : IN_ALPHABET;
    uint32_t bits =
        (uint32_t)(a & SIX_BITS) << 18 | (uint32_t)(b & SIX_BITS) << 12 | (uint32_t)(c & SIX_BITS) << 6;
    uint32_t left_over = len == 3 ? 0x00ff : 0xffff;
    if ((a & b & c & IN_ALPHABET) == 0 || (bits & left_over) != 0) {
        return false;
    }
    out[0] = (uint8_t)(bits >> 16);
    if (len == 3) {
        out[1] = (uint8_t)(bits >> 8);
    }
    return true;
}

/* Decodes complete groups of four. False on a character outside the alphabet. */
static bool decode_groups(const uint8_t *in, size_t groups_n, uint8_t *out)
{
    uint8_t all = IN_ALPHABET;
    for (size_t i = 0; i < groups_n; i++, in += 4, out += 3) {
        uint8_t a = values[in[0]];
        uint8_t b = values[in[1]];
        uint8_t c = values[in[2]];
        uint8_t d = values[in[3]];
        uint32_t bits = (uint32_t)(a & SIX_BITS) << 18 | (uint32_t)(b & SIX_BITS) << 12 |
                        (uint32_t)(c & SIX_BITS) << 6 | (uint32_t)(d & SIX_BITS);
        all &= a & b & c & d;
        out[0] = (uint8_t)(bits >> 16);
        out[1] = (uint8_t)(bits >> 8);
        out[2] = (uint8_t)bits;
    }
    return all != 0;
}

enum sp_error sp_base64url_decode(struct sp_str encoded, uint8_t *out, size_t out_max, size_t *out_len)
{
    size_t groups_n = encoded.len / 4;
    size_t rest_len = encoded.len % 4;
    size_t len = groups_n * 3 + (rest_len > 0 ? rest_len - 1 : 0);
    if (rest_len == 1) {
        return SP_ERR_FORMAT;
    }
    if (len > out_max) {
        return SP_ERR_LIMIT;
    }
    const uint8_t *in = (const uint8_t *)encoded.ptr;
    if (!decode_groups(in, groups_n, out)) {
        return SP_ERR_FORMAT;
    }
    if (rest_len > 0 && !decode_rest(in + groups_n * 4, rest_len, out + groups_n * 3)) {
        return SP_ERR_FORMAT;
    }
    *out_len = len;
    return SP_OK;
}

/* Translates the input to the URL-safe alphabet and then decodes it strictly. */
enum sp_error sp_base64_decode(struct sp_str encoded, struct sp_buf *out)
{
    SP_BUF_SCOPED struct sp_buf plain;
    sp_buf_init(&plain, encoded.len);
    for (size_t i = 0; i < encoded.len; i++) {
        char c = encoded.ptr[i];
        if (c == '-' || c == '_') {
            return SP_ERR_FORMAT;
        }
        if (c != '\n' && c != '\r' && c != ' ') {
            sp_buf_append_char(&plain, (char)(c == '+' ? '-' : c == '/' ? '_' : c));
        }
    }
    while (plain.len > 0 && plain.ptr[plain.len - 1] == '=') {
        plain.len--;
    }
    SP_BUF_SCOPED struct sp_buf bytes;
    size_t max = SP_BASE64URL_DECODED_MAX(plain.len);
    size_t len = 0;
    sp_buf_init(&bytes, max);
    uint8_t *place = (uint8_t *)sp_buf_extend(&bytes, max);
    if (place == NULL || sp_buf_error(&plain) != SP_OK) {
        return SP_ERR_LIMIT;
    }
    enum sp_error error = sp_base64url_decode(sp_buf_str(&plain), place, max, &len);
    if (error == SP_OK) {
        sp_buf_append(out, (struct sp_str){bytes.ptr, len});
        error = sp_buf_error(out);
    }
    return error;
}
