/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/revoke.h"

#include "base/number.h"
#include "base/time.h"
#include "base/wording.h"
#include "cli/options.h"
#include "cli/setup.h"
#include "io/clock.h"
#include "io/http_client.h"
#include "session/revocations.h"
#include "session/revoke_message.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#define USAGE                                                                                                \
    "sallyport revoke --sub S | --sid S | --session LABEL | --all-before TIME [--to NAME:PORT] [--config "   \
    "FILE]"

#define TARGETS_MAX 256 /* addresses of one name */
#define ANSWER_MAX  256 /* bytes of a response that are shown */

/* ---- recipients -------------------------------------------------------------------------------------- */

struct targets {
    struct sp_endpoint items[TARGETS_MAX];
    size_t n;
};

static bool add_address(struct targets *targets, const struct addrinfo *found, uint16_t port)
{
    char text[NI_MAXHOST];
    struct sp_endpoint endpoint = {.port = port};
    if (targets->n == TARGETS_MAX ||
        getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0 ||
        !sp_address_parse(sp_str_from_c(text), &endpoint.address)) {
        return false;
    }
    targets->items[targets->n++] = endpoint;
    return true;
}

/* Every address of the name in `to`: each is a separate process. Returns 0, or the exit status. */
static int find_targets(const char *to, struct targets *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const char *colon = strrchr(to, ':');
    uint64_t port = 0;
    if (colon == NULL || !sp_number_parse_u64(sp_str_from_c(colon + 1), UINT16_MAX, &port) || port == 0) {
        fprintf(stderr, "sallyport: --to must be NAME:PORT, such as sallyport-admin:9181, not \"%s\"\n",
                SP_QUOTE(sp_str_from_c(to)));
        return 2;
    }
    struct sp_str host = {to, (size_t)(colon - to)};
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host = (struct sp_str){host.ptr + 1, host.len - 2};
    }
    char *name = sp_str_dup(host);
    int error = name != NULL ? getaddrinfo(name, NULL, &hints, &found) : EAI_MEMORY;
    free(name);
    if (error != 0) {
        fprintf(stderr, "sallyport: the name of \"%s\" has no address: %s\n", SP_QUOTE(sp_str_from_c(to)),
                gai_strerror(error));
        return 1;
    }
    bool all = true;
    for (const struct addrinfo *one = found; one != NULL; one = one->ai_next) {
        all = add_address(out, one, (uint16_t)port) && all;
    }
    freeaddrinfo(found);
    if (!all) {
        fprintf(stderr,
                "sallyport: the name of \"%s\" has more than %d addresses, or one that cannot be used\n",
                SP_QUOTE(sp_str_from_c(to)), TARGETS_MAX);
    }
    return all ? 0 : 1;
}

/* True for the reply of a process that accepted the message: any web server may respond with 200. */
static bool is_word(struct sp_str said)
{
    bool is_one = false;
    for (enum sp_revoked i = SP_REVOKED_ADDED; i <= SP_REVOKED_FULL; i++) {
        is_one = is_one || sp_str_equal(said, sp_str_from_c(sp_revoked_name(i)));
    }
    return is_one;
}

/* True if the process accepted the message. */
static bool tell(const struct sp_endpoint *target, struct sp_str message)
{
    SP_BUF_ON_STACK(url_text, 128);
    SP_BUF_ON_STACK(answer, ANSWER_MAX);
    struct sp_diag diag = {0};
    sp_setup_append_admin_url(target, "/revoke", &url_text);
    const char *url = sp_buf_c_str(&url_text);
    bool has_answered = sp_http_client_probe(url, message, &answer, &diag) == SP_OK;
    struct sp_str said = sp_buf_str(&answer);
    said.len = sp_str_find(said, '\n');
    if (has_answered && !is_word(said)) {
        printf("%s: not accepted: another program responds there\n", url);
        return false;
    }
    printf("%s: %s: %s\n", url, has_answered ? "accepted" : "not accepted",
           said.len > 0 ? SP_QUOTE(said) : diag.text);
    return has_answered;
}

/* ---- the message ------------------------------------------------------------------------------------- */

struct wishes {
    const char *sub;
    const char *sid;
    const char *session;
    const char *all_before;
    const char *to;
    const char *config;
};

static bool read_message(const struct wishes *wishes, int64_t now_s, struct sp_revoke_message *out)
{
    if ((wishes->sub != NULL) + (wishes->sid != NULL) + (wishes->session != NULL) +
            (wishes->all_before != NULL) !=
        1) {
        fputs("sallyport: give one of --sub, --sid, --session and --all-before\nusage: " USAGE "\n", stderr);
        return false;
    }
    *out = (struct sp_revoke_message){.bound_s = now_s};
    if (wishes->all_before != NULL) {
        out->kind = SP_REVOKE_ALL;
        if (sp_time_parse(sp_str_from_c(wishes->all_before), &out->bound_s) != SP_OK || out->bound_s < 0) {
            fputs("sallyport: the time of --all-before must be one such as 2026-11-24T11:00:00Z\n", stderr);
            return false;
        }
    } else {
        out->kind = wishes->sub != NULL   ? SP_REVOKE_SUB
                    : wishes->sid != NULL ? SP_REVOKE_SID
                                          : SP_REVOKE_LABEL;
        out->value = sp_str_from_c(wishes->sub != NULL   ? wishes->sub
                                   : wishes->sid != NULL ? wishes->sid
                                                         : wishes->session);
    }
    return true;
}

/* Why a message cannot be sealed. */
static const char *text_of_fault(enum sp_error error, enum sp_revoke_kind kind)
{
    if (error == SP_ERR_KEY) {
        return "no key of keys_file seals now";
    }
    switch (kind) {
    case SP_REVOKE_ALL:
        return "the time of --all-before is in the future";
    case SP_REVOKE_LABEL:
        return "the label of --session is the eight characters that the log and the page me show";
    case SP_REVOKE_SUB:
    case SP_REVOKE_SID:
        break;
    }
    return "the value is empty or longer than 512 bytes";
}

/* A remark that the processes cannot make, because they do not know which sessions exist. Empty: none. */
static const char *note_on(const struct sp_revoke_message *message)
{
    switch (message->kind) {
    case SP_REVOKE_SUB:
        return sp_str_contains(message->value, '@') ? "sallyport: note: --sub is the issuer's name of the "
                                                      "user, `subject` in the log and on the "
                                                      "page me; it is seldom the e-mail address\n"
                                                    : "";
    case SP_REVOKE_SID:
        return "sallyport: note: --sid is the `sid` of the issuer's ID tokens; if it has none there, as with "
               "Dex 2.45, no session matches\n";
    case SP_REVOKE_LABEL:
        return "sallyport: note: if several sessions have this label, all of them end\n";
    case SP_REVOKE_ALL:
        break;
    }
    return "";
}

static int revoke(const struct wishes *wishes, const struct sp_revoke_message *message, int64_t now_s,
                  const struct sp_snapshot *snapshot)
{
    static struct targets targets;
    const char *to = wishes->to != NULL ? wishes->to : snapshot->config->revoke_to;
    if (to == NULL) {
        targets = (struct targets){.items = {snapshot->config->admin_listen.items[0]}, .n = 1};
    } else {
        int status = find_targets(to, &targets);
        if (status != 0) {
            return status;
        }
    }
    fputs(note_on(message), stderr);
    SP_BUF_ON_STACK(sealed, SP_REVOKE_MESSAGE_MAX);
    struct sp_sealer sealer = sp_snapshot_sealer(snapshot, SP_STR_NONE, now_s, &sp_random_system);
    enum sp_error error = sp_revoke_message_seal(&sealer, message, &sealed);
    if (error != SP_OK) {
        fprintf(stderr, "sallyport: %s\n", text_of_fault(error, message->kind));
        return error == SP_ERR_FORMAT ? 2 : 1;
    }
    size_t took_n = 0;
    for (size_t i = 0; i < targets.n; i++) {
        took_n += tell(&targets.items[i], sp_buf_str(&sealed));
    }
    return took_n > 0 && took_n == targets.n ? 0 : 1;
}

int sp_command_revoke(int argc, char **argv)
{
    struct wishes wishes = {0};
    const struct sp_option options[] = {
        {.name = "sub",
         .value = &wishes.sub,
         .help = "S ends the sessions of the user with this sub: subject in the log"},
        {.name = "sid", .value = &wishes.sid, .help = "S ends the sessions with this sid of the issuer"},
        {.name = "session",
         .value = &wishes.session,
         .help = "LABEL ends one session, by the eight characters of the log"},
        {.name = "all-before",
         .value = &wishes.all_before,
         .help = "TIME ends all that began before, such as 2026-11-24T11:00:00Z"},
        {.name = "to",
         .value = &wishes.to,
         .help = "NAME:PORT of the admin listeners, at every address of the name; else revoke_to"},
        {.name = "config", .value = &wishes.config, .help = SP_SETUP_CONFIG_HELP},
        {.name = NULL},
    };
    struct sp_revoke_message message;
    int64_t now_s = sp_clock_now_s();
    static const struct sp_usage usage = {
        .line = USAGE,
        .summary = "Ends sessions early, in every process at the address.",
        .statuses = {"every process accepted it", "one did not, or cannot be reached", "wrong usage"},
    };
    int read = sp_options_read(argc, argv, options, &usage, 0, NULL);
    if (read != SP_OPTIONS_READ) {
        return read;
    }
    if (!read_message(&wishes, now_s, &message)) {
        return 2;
    }
    struct sp_loading loading;
    struct sp_snapshot *snapshot = NULL;
    int status = 1;
    enum sp_error error = sp_loading_read(&loading, sp_setup_path(wishes.config), &snapshot);
    if (error != SP_OK) {
        (void)sp_setup_print_reports(&loading, error);
    } else {
        status = revoke(&wishes, &message, now_s, snapshot);
    }
    sp_snapshot_unref(snapshot);
    sp_loading_done(&loading);
    return status;
}
