/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CODE_EXCHANGES_H
#define SP_IO_CODE_EXCHANGES_H

/*
 * Exchanges the codes of callbacks for tokens (io/code_exchange_run.h), and answers the requests that wait
 * for the outcome (io/waiting.h).
 *
 * A code that yields tokens is exchanged once. A second callback of the same login with the same code (a
 * double click, a reloaded page) waits for the same exchange, or gets its outcome for SP_CODE_OUTCOME_KEPT_MS
 * afterwards. Issuers respond to a second exchange by revoking the tokens of the first (RFC 6749, section
 * 4.1.2). A failure is not kept: the issuer may have been down, and the login cookie still allows another
 * attempt. Only a browser with the login cookie gets this far, so the outcome is not shared with anybody
 * else. Two requests may wait for one code, because users double-click.
 *
 * A code is exchanged even if the client of its request has disconnected, because another request may need
 * the outcome. Such calls hold memory too, so they have two limits of their own: 4 codes of one login, 128 in
 * all. A normal login has one code, or two if the user went back to the issuer. Without the lower limit, one
 * login with invented codes could block all others for as long as the token endpoint is slow.
 */

#include "io/code_exchange_run.h"
#include "io/waiting.h"
#include "session/login.h"

#define SP_CODE_WAITING_MAX     2   /* requests that wait for one code */
#define SP_CODE_OF_LOGIN_MAX    4   /* codes of one login that are being exchanged */
#define SP_CODE_EXCHANGES_MAX   128 /* exchanges in progress */
#define SP_CODE_OUTCOME_MAX_N   256 /* outcomes kept for later requests */
#define SP_CODE_OUTCOME_KEPT_MS 30000

/* A code and the data for its exchange. */
struct sp_code {
    struct sp_login_id login_id; /* the login that the code belongs to */
    struct sp_str code;
    struct sp_str redirect_uri;
    struct sp_str verifier; /* SP_LOGIN_SECRET_TEXT_LEN bytes, like the nonce */
    struct sp_str nonce;
};

struct sp_code_exchanges;

/* Borrows `waiting`, which must outlive it, and takes a reference to the client. NULL if out of memory. */
struct sp_code_exchanges *sp_code_exchanges_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                                const struct sp_client *client, struct sp_waiting *waiting);

/* On the worker: sets the client for new exchanges. */
void sp_code_exchanges_use_client(struct sp_code_exchanges *exchanges, const struct sp_client *client);

/* After the worker and the loops have ended. */
void sp_code_exchanges_free(struct sp_code_exchanges *exchanges);

/*
 * From a loop. Returns NULL if `wait` waits. It is then posted once with a struct sp_code_outcome, to which
 * it holds a reference. Otherwise it is refused, and the returned text names what is full, for the log.
 * Everything that `code` points to is copied.
 */
const char *sp_code_exchanges_begin(struct sp_code_exchanges *exchanges, const struct sp_code *code,
                                    struct sp_wait *wait) __attribute__((warn_unused_result));

#endif
