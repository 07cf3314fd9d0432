/* Counts the calls that change what is below FAULT_DIR, and lets the FAULT_AT-th of them meet a fault.
 *
 * Preloaded into the daemon's own process: the constructor takes LD_PRELOAD out of the environment, so its
 * workers run without. FAULT_KIND is `kill` (SIGKILL before the call), `crash` (SIGKILL after it: done, but
 * nobody heard), `short` (half of a write), `writer` (another process opens the files of FAULT_WRITERS, parted by
 * colons, before the call, and appends FAULT_ROW to each a little later) or the number of an errno. FAULT_STATE is a file of a page: how
 * many calls there were, whether one met the fault, and its name; it outlives every kill.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct state {
    atomic_ulong calls;
    atomic_ulong fired;
    char name[48];
};

enum kind { NONE, KILL, CRASH, SHORT, WRITER, ERRNO };
enum { WRITERS_MOST = 16, WRITES_AFTER_MS = 30 };

static struct state *state;
static const char *folder;
static size_t folder_length;
static unsigned long at;
static enum kind kind;
static int code;

__attribute__((constructor)) static void prepare(void) {
    const char *path = getenv("FAULT_STATE"), *what = getenv("FAULT_KIND");
    unsetenv("LD_PRELOAD");
    folder = getenv("FAULT_DIR");
    if (path == NULL || what == NULL || folder == NULL) return;
    folder_length = strlen(folder);
    at = strtoul(getenv("FAULT_AT"), NULL, 10);
    code = atoi(what);
    kind = !strcmp(what, "kill") ? KILL : !strcmp(what, "crash") ? CRASH : !strcmp(what, "short") ? SHORT
           : !strcmp(what, "writer") ? WRITER : code ? ERRNO : NONE;
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    void *page = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (page != MAP_FAILED) state = page;
}

static int below(int descriptor, const char *name) {
    char link[64], path[PATH_MAX];
    if (name != NULL && name[0] == '/') return !strncmp(name, folder, folder_length);
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length >= (ssize_t)folder_length && !strncmp(path, folder, folder_length);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Open the files that are there; let a child hold them, append and end. Return how many there were. */
static unsigned long write_soon(void) {
    int files[WRITERS_MOST];
    unsigned long count = 0;
    char names[PATH_MAX], *rest;
    const char *row = getenv("FAULT_ROW");
    __typeof__(&open) opens = REAL(open);
    __typeof__(&write) writes = REAL(write);
    snprintf(names, sizeof names, "%s", getenv("FAULT_WRITERS"));
    for (char *name = strtok_r(names, ":", &rest); name && count < WRITERS_MOST; name = strtok_r(NULL, ":", &rest)) {
        int file = opens(name, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (file >= 0) files[count++] = file;
    }
    if (fork() == 0) {
        struct timespec pause = {0, WRITES_AFTER_MS * 1000000L};
        nanosleep(&pause, NULL);
        for (unsigned long each = 0; each < count; each++) (void)!writes(files[each], row, strlen(row));
        _exit(0);
    }
    for (unsigned long each = 0; each < count; each++) close(files[each]);
    return count;
}

/* Whether this call is the one. */
static int meets(const char *call, int descriptor, const char *name) {
    if (state == NULL || !below(descriptor, name)) return 0;
    if (kind == SHORT && strcmp(call, "write")) return 0;
    if (atomic_fetch_add(&state->calls, 1) + 1 != at) return 0;
    snprintf(state->name, sizeof state->name, "%s", call);
    atomic_store(&state->fired, kind == WRITER ? write_soon() : 1);
    if (kind == KILL) raise(SIGKILL);
    return 1;
}

/* Make the call, or fail; a crash comes when it has been made. */
#define AROUND(call, descriptor, path, make)              \
    do {                                                  \
        int one = meets(call, descriptor, path);          \
        if (one && kind == ERRNO) {                       \
            errno = code;                                 \
            return -1;                                    \
        }                                                 \
        __typeof__(make) result = (make);                 \
        if (one && kind == CRASH) raise(SIGKILL);         \
        return result;                                    \
    } while (0)

ssize_t write(int descriptor, const void *bytes, size_t size) {
    int one = meets("write", descriptor, NULL);
    if (one && kind == ERRNO) {
        errno = code;
        return -1;
    }
    ssize_t done = REAL(write)(descriptor, bytes, one && kind == SHORT && size > 1 ? size / 2 : size);
    if (one && kind == CRASH) raise(SIGKILL);
    return done;
}

int fsync(int descriptor) { AROUND("fsync", descriptor, NULL, REAL(fsync)(descriptor)); }
int fdatasync(int descriptor) { AROUND("fdatasync", descriptor, NULL, REAL(fdatasync)(descriptor)); }

int mkdir(const char *path, mode_t mode) { AROUND("mkdir", AT_FDCWD, path, REAL(mkdir)(path, mode)); }
int mkdirat(int at_folder, const char *path, mode_t mode) {
    AROUND("mkdirat", at_folder, path, REAL(mkdirat)(at_folder, path, mode));
}
int unlink(const char *path) { AROUND("unlink", AT_FDCWD, path, REAL(unlink)(path)); }
int unlinkat(int at_folder, const char *path, int flags) {
    AROUND("unlinkat", at_folder, path, REAL(unlinkat)(at_folder, path, flags));
}
int rename(const char *from, const char *to) { AROUND("rename", AT_FDCWD, from, REAL(rename)(from, to)); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    AROUND("renameat", from_folder, from, REAL(renameat)(from_folder, from, to_folder, to));
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    AROUND("renameat2", from_folder, from, REAL(renameat2)(from_folder, from, to_folder, to, flags));
}
int link(const char *from, const char *to) { AROUND("link", AT_FDCWD, to, REAL(link)(from, to)); }
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    AROUND("linkat", from_folder, from, REAL(linkat)(from_folder, from, to_folder, to, flags));
}
int ftruncate(int descriptor, off_t size) { AROUND("ftruncate", descriptor, NULL, REAL(ftruncate)(descriptor, size)); }
int ftruncate64(int descriptor, off64_t size) {
    AROUND("ftruncate", descriptor, NULL, REAL(ftruncate64)(descriptor, size));
}

#define MODE(flags, mode)                                 \
    mode_t mode = 0;                                      \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                \
        va_list rest;                                     \
        va_start(rest, flags);                            \
        mode = va_arg(rest, mode_t);                      \
        va_end(rest);                                     \
    }

/* An open that makes nothing is not counted: what is read can be read again. */
#define OPEN(function, at_folder, path, flags, make)      \
    if (!((flags) & O_CREAT)) return make;                \
    AROUND(#function, at_folder, path, make)

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    OPEN(open, AT_FDCWD, path, flags, REAL(open)(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    OPEN(open, AT_FDCWD, path, flags, REAL(open64)(path, flags, mode));
}
int openat(int at_folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    OPEN(openat, at_folder, path, flags, REAL(openat)(at_folder, path, flags, mode));
}
int openat64(int at_folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    OPEN(openat, at_folder, path, flags, REAL(openat64)(at_folder, path, flags, mode));
}
