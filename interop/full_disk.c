/* Preloaded into a studio: while the file FULL_DISK_WHEN exists, the disk below FULL_DISK is full. A write gets half through,
   the next one fails with ENOSPC, as on a disk that fills up in the middle of a file. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __thread int half_written = -1;

static int is_full(int fd) {
    const char *when = getenv("FULL_DISK_WHEN"), *root = getenv("FULL_DISK");
    char link[64], path[4096];
    if (!when || !root || access(when, F_OK) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strncmp(path, root, strlen(root)) == 0;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (!is_full(fd))
        return real(fd, bytes, count);
    if (count > 1 && half_written != fd) {
        half_written = fd;
        return real(fd, bytes, count / 2);
    }
    half_written = -1;
    errno = ENOSPC;
    return -1;
}
