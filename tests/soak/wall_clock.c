/* LD_PRELOAD: the wall clock goes off by the seconds in the file WALL_CLOCK; every other clock stays right.
   cc -shared -fPIC -o wall_clock.so wall_clock.c */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int (*real)(clockid_t, struct timespec *);
static volatile const int64_t *offset;

__attribute__((constructor)) static void open_offset(void) {
    static const int64_t none = 0;
    const char *path = getenv("WALL_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *seen = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    real = dlsym(RTLD_NEXT, "clock_gettime");
    offset = seen == MAP_FAILED ? &none : seen;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!real) open_offset();
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
    return failed;
}
