#define _GNU_SOURCE
#include "CKernels.h"

#include <errno.h>
#include <fcntl.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

// What <linux/openat2.h> has, which older systems' headers lack.
struct how {
    uint64_t flags, mode, resolve;
};
enum { resolve_no_symlinks = 4, openat2_number = 437 };

int th_open_without_links(const char *path) {
    struct how how = {O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0, resolve_no_symlinks};
    return (int)syscall(openat2_number, AT_FDCWD, path, &how, sizeof how);
}
#elif defined(__APPLE__)
int th_open_without_links(const char *path) { return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW_ANY); }
#else
int th_open_without_links(const char *path) {
    (void)path;
    errno = ENOSYS;
    return -1;
}
#endif
