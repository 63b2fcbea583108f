/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Counts the heap allocations of a process. Preloaded, it stands before the C library's allocator and counts
 * every call that takes memory, in a number of 64 bits that the file named by ALLOCATIONS_FILE holds (made
 * with its size beforehand), so that it can be read while the process runs. Without that file it counts for
 * nobody.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The C library's own entry points, which cannot lead back here while the loader still resolves. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *old, size_t len);
void *__libc_memalign(size_t alignment, size_t len);

static _Atomic(uint64_t) unread;
static _Atomic(uint64_t) *counter = &unread;

__attribute__((constructor)) static void open_counter(void)
{
    const char *path = getenv("ALLOCATIONS_FILE");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) {
        return;
    }
    void *mapped = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) {
        counter = mapped;
    }
    close(fd);
}

static void count(void)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
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
