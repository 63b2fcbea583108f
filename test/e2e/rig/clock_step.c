/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Preloaded into the program by clock.py. The file named by CLOCK_STEP_FILE holds two integers of this machine:
 * by how many seconds the wall clock is ahead, and the monotonic clock. They apply as soon as the test writes
 * them.
 */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile struct {
    int64_t wall_s;
    int64_t monotonic_s;
} * step;

__attribute__((constructor)) static void find_step(void)
{
    const char *name = getenv("CLOCK_STEP_FILE");
    int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *step, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
        abort(); /* a test whose clock stays would show nothing */
    }
    close(fd);
    step = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (failed == 0 && step != NULL) {
        now->tv_sec += clock == CLOCK_REALTIME    ? step->wall_s
                       : clock == CLOCK_MONOTONIC ? step->monotonic_s
                                                  : 0;
    }
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    *now = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}
