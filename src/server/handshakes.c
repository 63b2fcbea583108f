/* SPDX-License-Identifier: Apache-2.0 */
#include "server/handshakes.h"

#include "io/clock.h"
#include "server/loop.h"
#include "server/peer.h"

#include <pthread.h>
#include <string.h>

#define AGAIN_MS   50 /* until a loop that is full checks its handshakes again */
#define PROVEN_MAX 8  /* addresses that are remembered */

/* The last addresses that completed a handshake, for all loops. */
static struct {
    pthread_mutex_t lock;
    struct sp_address all[PROVEN_MAX];
    size_t n; /* addresses added so far */
} proven = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_proven(const struct sp_address *address)
{
    bool found = false;
    for (size_t i = 0; i < PROVEN_MAX && i < proven.n && !found; i++) {
        found = memcmp(&proven.all[i], address, sizeof *address) == 0;
    }
    return found;
}

void sp_handshakes_note(h2o_socket_t *socket)
{
    struct sp_address address;
    if (!sp_peer_address(socket, &address)) {
        return;
    }
    pthread_mutex_lock(&proven.lock);
    if (!is_proven(&address)) {
        proven.all[proven.n++ % PROVEN_MAX] = address;
    }
    pthread_mutex_unlock(&proven.lock);
}

/* How long a handshake with this client keeps its place. */
static int64_t patience_ms(h2o_socket_t *socket)
{
    struct sp_address address = {{0}};
    bool is_known = sp_peer_address(socket, &address);
    pthread_mutex_lock(&proven.lock);
    int64_t proven_ms = is_known && is_proven(&address) ? SP_HANDSHAKES_PROVEN_MS : 0;
    int64_t ms = proven.n == 0 ? SP_HANDSHAKES_FIRST_MS : proven_ms;
    pthread_mutex_unlock(&proven.lock);
    return ms;
}

struct sp_connection *sp_handshakes_next_to_go(const struct sp_service *service, int64_t now_ms)
{
    const h2o_linklist_t *all = &service->waiting[SP_PHASE_HANDSHAKE];
    for (h2o_linklist_t *link = all->next; link != all; link = link->next) {
        struct sp_connection *connection = H2O_STRUCT_FROM_MEMBER(struct sp_connection, waiting, link);
        if (now_ms - connection->since_ms >= patience_ms(connection->socket)) {
            return connection;
        }
    }
    return NULL;
}

bool sp_handshakes_are_full(struct sp_service *service)
{
    int64_t now_ms = sp_clock_monotonic_ms();
    if (service->handshakes_n < service->handshakes_max_n ||
        sp_handshakes_next_to_go(service, now_ms) != NULL) {
        return false;
    }
    sp_connections_look_again_at(service->loop, now_ms + AGAIN_MS);
    return true;
}
