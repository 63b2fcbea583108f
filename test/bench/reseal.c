/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Many sessions out of one: opens the value of a session cookie and seals what is in it anew, so that no two
 * values are the same and each has to be opened for itself.
 *
 *   reseal KEYS_FILE ISSUER CLIENT_ID HOST NUMBER <VALUE
 *
 * Values go to standard output, one a line.
 */

#include "session/realm.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILE_MAX 65536

static struct sp_str read_all(FILE *file)
{
    char *text = malloc(FILE_MAX);
    if (file == NULL || text == NULL) {
        perror("reseal: read");
        exit(1);
    }
    size_t len = fread(text, 1, FILE_MAX, file);
    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    return (struct sp_str){text, len};
}

static void check(enum sp_error error, const char *what)
{
    if (error != SP_OK) {
        fprintf(stderr, "reseal: %s: %s\n", what, sp_error_text(error));
        exit(1);
    }
}

int main(int arguments_n, char **arguments)
{
    static struct sp_seal_storage storage;
    struct sp_keyring *keys;
    struct sp_cookies cookies;
    struct sp_str plain;
    int64_t now_s = time(NULL);
    if (arguments_n != 6 || sp_random_init() != 0) {
        fprintf(stderr, "usage: reseal KEYS_FILE ISSUER CLIENT_ID HOST NUMBER <VALUE\n");
        return 2;
    }
    check(sp_keyring_parse(read_all(fopen(arguments[1], "re")), now_s, NULL, &keys), "keys");
    check(sp_cookies_init(&cookies, SP_COOKIES_HTTPS, SP_STR("sallyport"), SP_STR_NONE), "cookie");
    struct sp_realm realm = {
        .keys = keys,
        .cookies = &cookies,
        .issuer = sp_str_from_c(arguments[2]),
        .client_id = sp_str_from_c(arguments[3]),
        .scope = sp_str_from_c(arguments[4]),
    };
    struct sp_seal_context context = sp_realm_session_context(&realm);
    check(sp_seal_open(keys, &context, read_all(stdin), &storage, &plain), "value");
    for (long i = strtol(arguments[5], NULL, 10); i > 0; i--) {
        SP_BUF_ON_STACK(out, SP_SEAL_TEXT_MAX);
        check(sp_seal_bytes(keys, &context, now_s, &sp_random_system, plain, &out), "seal");
        printf("%.*s\n", SP_STR_ARGS(sp_buf_str(&out)));
    }
    sp_keyring_free(keys);
    return 0;
}
