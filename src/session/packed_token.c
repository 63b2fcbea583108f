/* SPDX-License-Identifier: Apache-2.0 */
#include "session/packed_token.h"

#include "base/base64.h"
#include "session/wire.h"

struct parts {
    struct sp_str header;
    struct sp_str payload;
    struct sp_str signature;
};

/* Room for any JWT of the permitted length. */
struct scratch {
    uint8_t bytes[SP_BASE64URL_DECODED_MAX(SP_PACKED_TOKEN_TEXT_MAX)];
    size_t len;
};

static void wipe_scratch(struct scratch *scratch)
{
    explicit_bzero(scratch->bytes, scratch->len);
}

/* Decodes `text`, appends it to the scratch space and sets `part` to it. */
static enum sp_error decode_part(struct sp_str text, struct scratch *scratch, struct sp_str *part)
{
    uint8_t *to = scratch->bytes + scratch->len;
    size_t len = 0;
    enum sp_error error =
        text.len == 0 ? SP_OK : sp_base64url_decode(text, to, sizeof scratch->bytes - scratch->len, &len);
    if (error != SP_OK) {
        return error;
    }
    scratch->len += len;
    *part = (struct sp_str){(const char *)to, len};
    return SP_OK;
}

_Static_assert(SP_PACKED_TOKEN_TEXT_MAX <= UINT16_MAX, "the length of every part fits its two bytes");

static bool are_there(const struct parts *parts)
{
    return parts->header.len > 0 && parts->payload.len > 0;
}

enum sp_error sp_packed_token_encode(struct sp_str text, struct sp_buf *out)
{
    if (text.len > SP_PACKED_TOKEN_TEXT_MAX) {
        return SP_ERR_LIMIT;
    }
    struct sp_str rest = text;
    struct sp_str header = sp_str_cut(&rest, '.');
    struct sp_str payload = sp_str_cut(&rest, '.');
    if (rest.ptr == NULL) {
        return SP_ERR_FORMAT;
    }

    __attribute__((cleanup(wipe_scratch))) struct scratch scratch;
    scratch.len = 0;
    struct parts parts;
    if (decode_part(header, &scratch, &parts.header) != SP_OK ||
        decode_part(payload, &scratch, &parts.payload) != SP_OK ||
        decode_part(rest, &scratch, &parts.signature) != SP_OK || !are_there(&parts)) {
        return SP_ERR_FORMAT;
    }

    sp_wire_write_u16(out, (uint16_t)parts.header.len);
    sp_wire_write_u16(out, (uint16_t)parts.payload.len);
    sp_wire_write_bytes(out, scratch.bytes, scratch.len);
    return sp_buf_error(out);
}

static enum sp_error split_packed(struct sp_str packed, struct parts *parts)
{
    struct sp_wire_reader reader = sp_wire_reader_of(packed);
    size_t header_len = sp_wire_read_number(&reader, 2);
    size_t payload_len = sp_wire_read_number(&reader, 2);
    parts->header = sp_wire_read_bytes(&reader, header_len);
    parts->payload = sp_wire_read_bytes(&reader, payload_len);
    parts->signature = sp_wire_read_bytes(&reader, (size_t)(reader.end - reader.at));
    size_t text_len = SP_BASE64URL_LEN(parts->header.len) + 1 + SP_BASE64URL_LEN(parts->payload.len) + 1 +
                      SP_BASE64URL_LEN(parts->signature.len);
    bool is_sound = sp_wire_done(&reader) && are_there(parts) && text_len <= SP_PACKED_TOKEN_TEXT_MAX;
    return is_sound ? SP_OK : SP_ERR_FORMAT;
}

static void append_encoded(struct sp_str bytes, struct sp_buf *out)
{
    char *to = sp_buf_extend(out, SP_BASE64URL_LEN(bytes.len));
    if (to != NULL) {
        sp_base64url_encode((const uint8_t *)bytes.ptr, bytes.len, to);
    }
}

enum sp_error sp_packed_token_decode(struct sp_str packed, struct sp_buf *out)
{
    struct parts parts;
    enum sp_error error = split_packed(packed, &parts);
    if (error != SP_OK) {
        return error;
    }
    append_encoded(parts.header, out);
    sp_buf_append_char(out, '.');
    append_encoded(parts.payload, out);
    sp_buf_append_char(out, '.');
    append_encoded(parts.signature, out);
    return sp_buf_error(out);
}

bool sp_packed_token_valid(struct sp_str packed)
{
    struct parts parts;
    return split_packed(packed, &parts) == SP_OK;
}

struct sp_str sp_packed_token_claims(struct sp_str packed)
{
    struct parts parts;
    return split_packed(packed, &parts) == SP_OK ? parts.payload : SP_STR_NONE;
}

/* ---- any token ------------------------------------------------------------------------------------- */

static bool append_bytes_of(struct sp_str text, struct sp_buf *out)
{
    __attribute__((cleanup(wipe_scratch))) struct scratch scratch;
    struct sp_str bytes;
    scratch.len = 0;
    if (text.len == 0 || text.len > SP_PACKED_TOKEN_TEXT_MAX ||
        decode_part(text, &scratch, &bytes) != SP_OK) {
        return false;
    }
    sp_buf_append(out, bytes);
    return true;
}

enum sp_packed_token_form sp_packed_token_shorten(struct sp_str text, struct sp_buf *out)
{
    if (sp_packed_token_encode(text, out) == SP_OK) {
        return SP_PACKED_TOKEN_JWT;
    }
    if (append_bytes_of(text, out)) {
        return SP_PACKED_TOKEN_BYTES;
    }
    sp_buf_append(out, text);
    return SP_PACKED_TOKEN_TEXT;
}

enum sp_error sp_packed_token_restore(enum sp_packed_token_form form, struct sp_str packed,
                                      struct sp_buf *out)
{
    size_t begin = out->len;
    enum sp_error error = SP_OK;
    if (form == SP_PACKED_TOKEN_JWT) {
        error = sp_packed_token_decode(packed, out);
    } else if (form == SP_PACKED_TOKEN_BYTES) {
        append_encoded(packed, out);
        error = sp_buf_error(out);
    } else {
        sp_buf_append(out, packed);
        error = sp_buf_error(out);
    }
    if (error != SP_OK) {
        return error;
    }
    char storage[SP_PACKED_TOKEN_TEXT_MAX];
    SP_BUF_SCOPED struct sp_buf again = SP_BUF_ON(storage);
    struct sp_str text = {out->ptr + begin, out->len - begin};
    bool is_canonical = text.len > sizeof storage ? form == SP_PACKED_TOKEN_TEXT
                                                  : sp_packed_token_shorten(text, &again) == form;
    return is_canonical ? SP_OK : SP_ERR_FORMAT;
}
