/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Counts the heap allocations of a process. When preloaded, it intercepts the C library's allocator and
 * counts every call that allocates memory. It also intercepts the pool of libh2o, whose allocations end with
 * the request and are counted separately. The counts are two 64-bit numbers in the file that ALLOCATIONS_FILE
 * names, which must exist with that size, so that they can be read while the process runs. Without the file
 * the counts are discarded.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The C library's own entry points, which cannot recurse into this code while the loader still resolves
 * symbols. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *old, size_t len);
void *__libc_memalign(size_t alignment, size_t len);

enum place {
    PLACE_ELSEWHERE,
    PLACE_POOL,
    PLACES_N,
};

static _Atomic(uint64_t) unread[PLACES_N];
static _Atomic(uint64_t) *counts = unread;
static __thread __attribute__((tls_model("initial-exec"))) enum place place;

typedef void *alloc_pool_fn(void *pool, size_t len);
static alloc_pool_fn *pool_of_library;

__attribute__((constructor)) static void open_counter(void)
{
    void *found = dlsym(RTLD_NEXT, "h2o_mem_alloc_pool");
    memcpy(&pool_of_library, &found, sizeof found); /* an object pointer cannot be converted to a function
                                                     * pointer */
    const char *path = getenv("ALLOCATIONS_FILE");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) {
        return;
    }
    void *mapped = mmap(NULL, sizeof unread, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) {
        counts = mapped;
    }
    close(fd);
}

static void count(void)
{
    atomic_fetch_add_explicit(&counts[place], 1, memory_order_relaxed);
}

void *malloc(size_t len)
{
    count();
    return __libc_malloc(len);
}

void *calloc(size_t n, size_t len)
{
    count();
    return __libc_calloc(n, len);
}

void *realloc(void *old, size_t len)
{
    count();
    return __libc_realloc(old, len);
}

void *aligned_alloc(size_t alignment, size_t len)
{
    count();
    return __libc_memalign(alignment, len);
}

int posix_memalign(void **out, size_t alignment, size_t len)
{
    count();
    *out = __libc_memalign(alignment, len);
    return *out != NULL ? 0 : ENOMEM;
}

void *h2o_mem_alloc_pool(void *pool, size_t len)
{
    enum place before = place;
    place = PLACE_POOL;
    void *taken = pool_of_library(pool, len);
    place = before;
    return taken;
}
