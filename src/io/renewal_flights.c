/* SPDX-License-Identifier: Apache-2.0 */
#include "io/renewal_flights.h"

#include "io/clock.h"
#include "oidc/claims.h"

#include <stdlib.h>

#define BUCKETS_N       SP_RENEWAL_KEPT_N
#define BLOCKS_BYTES    64 /* bytes of the allocator's headers for one flight */
#define ID_TOKEN_REST_S 60 /* lifetime that a result must have left to answer a later request */

/* Flights that are kept, ordered by the time when they were added. */
struct shelf {
    struct sp_renewal_flight *newest;
    struct sp_renewal_flight *oldest;
};

struct sp_renewal_flights {
    struct sp_renewal_flight *buckets[BUCKETS_N];
    struct shelf shelves[2]; /* by `is_seen`; those that were seen are evicted first */
    size_t kept_n;
    size_t kept_memory;
};

/* ---- the table --------------------------------------------------------------------------------------- */

struct sp_renewal_flights *sp_renewal_flights_new(void)
{
    return calloc(1, sizeof(struct sp_renewal_flights));
}

void sp_renewal_flights_free(struct sp_renewal_flights *flights)
{
    for (size_t i = 0; flights != NULL && i < BUCKETS_N; i++) {
        while (flights->buckets[i] != NULL) {
            struct sp_renewal_flight *flight = flights->buckets[i];
            flights->buckets[i] = flight->in_bucket;
            sp_renewal_flight_free(flight);
        }
    }
    free(flights);
}

static size_t bucket_of(const uint8_t name[SP_GRANTS_NAME_LEN])
{
    uint32_t at;
    memcpy(&at, name, sizeof at);
    return at % BUCKETS_N;
}

struct sp_renewal_flight *sp_renewal_flights_find(const struct sp_renewal_flights *flights,
                                                  const uint8_t name[SP_GRANTS_NAME_LEN])
{
    struct sp_renewal_flight *flight = flights->buckets[bucket_of(name)];
    while (flight != NULL && memcmp(flight->name, name, SP_GRANTS_NAME_LEN) != 0) {
        flight = flight->in_bucket;
    }
    return flight;
}

struct sp_renewal_flight *sp_renewal_flight_new(const uint8_t name[SP_GRANTS_NAME_LEN], struct sp_str sub)
{
    struct sp_renewal_flight *flight = calloc(1, sizeof *flight);
    if (flight == NULL) {
        return NULL;
    }
    memcpy(flight->name, name, SP_GRANTS_NAME_LEN);
    sp_buf_init(&flight->sub, SP_CLAIMS_SUB_MAX + 1);
    sp_buf_init(&flight->bytes, SP_RENEWAL_GRANT_MAX);
    sp_buf_append(&flight->sub, sub);
    if (sp_buf_error(&flight->sub) != SP_OK) {
        sp_renewal_flight_free(flight);
        return NULL;
    }
    return flight;
}

void sp_renewal_flight_free(struct sp_renewal_flight *flight)
{
    sp_buf_done(&flight->sub);
    sp_buf_done(&flight->bytes);
    sp_saved_renewal_done(&flight->saved);
    sp_code_outcome_unref(flight->run.outcome);
    sp_renewal_outcome_unref(flight->outcome);
    free(flight);
}

/* ---- keeping ----------------------------------------------------------------------------------------- */

/* Adds a flight to the kept ones. It leaves them when its next call begins, or when it is dropped. */
static void keep(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight)
{
    struct shelf *shelf = &flights->shelves[flight->is_seen];
    flight->newer = NULL;
    flight->older = shelf->newest;
    *(flight->older != NULL ? &flight->older->newer : &shelf->oldest) = flight;
    shelf->newest = flight;
    flight->is_kept = true;
    flights->kept_n++;
    flights->kept_memory += flight->memory;
}

static void keep_no_more(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight)
{
    struct shelf *shelf = &flights->shelves[flight->is_seen];
    *(flight->newer != NULL ? &flight->newer->older : &shelf->newest) = flight->older;
    *(flight->older != NULL ? &flight->older->newer : &shelf->oldest) = flight->newer;
    flight->is_kept = false;
    flights->kept_n--;
    flights->kept_memory -= flight->memory;
}

static void drop(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight)
{
    struct sp_renewal_flight **link = &flights->buckets[bucket_of(flight->name)];
    while (*link != flight) {
        link = &(*link)->in_bucket;
    }
    *link = flight->in_bucket;
    keep_no_more(flights, flight);
    sp_renewal_flight_free(flight);
}

void sp_renewal_flights_begin(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight)
{
    if (flight->is_kept) {
        keep_no_more(flights, flight);
        return;
    }
    struct sp_renewal_flight **bucket = &flights->buckets[bucket_of(flight->name)];
    flight->in_bucket = *bucket;
    *bucket = flight;
}

/* Makes room for one more outcome of this size. */
static void make_room(struct sp_renewal_flights *flights, size_t memory)
{
    while (flights->kept_n == SP_RENEWAL_KEPT_N ||
           (flights->kept_n > 0 && flights->kept_memory + memory > SP_RENEWAL_KEPT_BYTES_MAX)) {
        drop(flights, flights->shelves[flights->shelves[true].oldest != NULL].oldest);
    }
}

/* Stores the outcome of a flight, which it takes. False if out of memory: nothing is stored. */
static bool store(struct sp_renewal_flight *flight, struct sp_renewal_outcome *outcome)
{
    bool is_renewed = outcome->result == SP_RENEWAL_RENEWED;
    sp_saved_renewal_done(&flight->saved);
    sp_renewal_outcome_unref(flight->outcome);
    flight->result = outcome->result;
    flight->outcome = outcome;
    bool is_stored = !is_renewed || sp_saved_renewal_make(&flight->saved, outcome);
    if (is_renewed) {
        sp_renewal_outcome_unref(outcome);
        flight->outcome = NULL;
        sp_buf_done(&flight->bytes); /* the token of the call is no longer needed */
        sp_buf_init(&flight->bytes, SP_RENEWAL_GRANT_MAX);
        flight->grant = (struct sp_refresh_grant){.issued_s = 0};
    }
    flight->memory = sizeof *flight + (is_renewed ? 0 : sizeof *outcome) + flight->sub.cap +
                     flight->bytes.cap + sp_saved_renewal_memory(&flight->saved) + BLOCKS_BYTES;
    return is_stored;
}

void sp_renewal_flights_end(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight,
                            struct sp_renewal_outcome *outcome)
{
    bool is_stored = store(flight, outcome);
    flight->is_seen = false;
    flight->ended_ms = sp_clock_monotonic_ms();
    make_room(flights, flight->memory);
    keep(flights, flight);
    if (!is_stored) {
        drop(flights, flight);
    }
}

static void move(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight, bool is_seen)
{
    keep_no_more(flights, flight);
    flight->is_seen = is_seen;
    keep(flights, flight);
}

void sp_renewal_flights_note_sent(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight)
{
    move(flights, flight, false);
}

void sp_renewal_flights_note_seen(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight)
{
    move(flights, flight, true);
}

/* ---- how long, and for whom --------------------------------------------------------------------------- */

static int64_t kept_ms(enum sp_renewal_result result, int64_t kept_s)
{
    return result == SP_RENEWAL_RENEWED ? kept_s * 1000 : SP_RENEWAL_REFUSED_MS;
}

bool sp_renewal_flights_clear(struct sp_renewal_flights *flights, int64_t kept_s)
{
    int64_t now_ms = sp_clock_monotonic_ms();
    for (size_t i = 0; i < 2; i++) {
        struct sp_renewal_flight *newer;
        for (struct sp_renewal_flight *flight = flights->shelves[i].oldest; flight != NULL; flight = newer) {
            newer = flight->newer;
            if (now_ms - flight->ended_ms >= kept_ms(flight->result, kept_s)) {
                drop(flights, flight);
            }
        }
    }
    return flights->kept_n > 0;
}

/* True if the session with the token `own` lacks the result, and the result stays valid for a while. */
static bool is_news(const struct sp_renewal_flight *flight, const struct sp_refresh_grant *own)
{
    return own->issued_s < flight->saved.claims_issued_s &&
           (flight->saved.claims_expires_s == 0 ||
            sp_clock_now_s() + ID_TOKEN_REST_S < flight->saved.claims_expires_s);
}

bool sp_renewal_flight_answers(const struct sp_renewal_flight *flight, const struct sp_refresh_grant *own,
                               const struct sp_refresh_grant *newest, int64_t kept_s)
{
    int64_t age_ms = sp_clock_monotonic_ms() - flight->ended_ms;
    if (flight->result == SP_RENEWAL_RENEWED) {
        return age_ms < kept_ms(flight->result, kept_s) &&
               sp_refresh_grant_is_same(newest, &flight->saved.grant) && is_news(flight, own);
    }
    bool is_refused = flight->result == SP_RENEWAL_REFUSED;
    return age_ms < (is_refused ? SP_RENEWAL_REFUSED_MS : SP_RENEWAL_PAUSE_MS) &&
           sp_refresh_grant_is_same(newest, &flight->grant);
}
