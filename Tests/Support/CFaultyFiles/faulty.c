#include "CFaultyFiles.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

static sqlite3_vfs *under;
static sqlite3_vfs over;
static char folder[4096];
static atomic_long left, count;
static atomic_int is_armed, full;

typedef struct {
    sqlite3_file base;
    int is_watched;
    sqlite3_file *real;
} faulty_file;

static sqlite3_file *real(sqlite3_file *file) { return ((faulty_file *)file)->real; }

// SQLITE_OK for an operation that may go on.
static int counted(sqlite3_file *file, int failure) {
    if (!((faulty_file *)file)->is_watched || !atomic_load(&is_armed))
        return SQLITE_OK;
    atomic_fetch_add(&count, 1);
    if (atomic_fetch_sub(&left, 1) > 0)
        return SQLITE_OK;
    return atomic_load(&full) ? SQLITE_FULL : failure;
}

static int file_close(sqlite3_file *f) { return real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK; }
static int file_read(sqlite3_file *f, void *to, int bytes, sqlite3_int64 at) {
    return real(f)->pMethods->xRead(real(f), to, bytes, at);
}
static int file_write(sqlite3_file *f, const void *from, int bytes, sqlite3_int64 at) {
    int code = counted(f, SQLITE_IOERR_WRITE);
    return code ? code : real(f)->pMethods->xWrite(real(f), from, bytes, at);
}
static int file_truncate(sqlite3_file *f, sqlite3_int64 size) {
    int code = counted(f, SQLITE_IOERR_TRUNCATE);
    return code ? code : real(f)->pMethods->xTruncate(real(f), size);
}
static int file_sync(sqlite3_file *f, int flags) {
    int code = counted(f, SQLITE_IOERR_FSYNC);
    return code ? code : real(f)->pMethods->xSync(real(f), flags);
}
static int file_size(sqlite3_file *f, sqlite3_int64 *size) { return real(f)->pMethods->xFileSize(real(f), size); }
static int file_lock(sqlite3_file *f, int level) { return real(f)->pMethods->xLock(real(f), level); }
static int file_unlock(sqlite3_file *f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
static int file_reserved(sqlite3_file *f, int *out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
static int file_control(sqlite3_file *f, int what, void *with) {
    return real(f)->pMethods->xFileControl(real(f), what, with);
}
static int file_sector(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }
static int file_traits(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
static int file_map(sqlite3_file *f, int page, int size, int extend, void volatile **at) {
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, at);
}
static int file_shared(sqlite3_file *f, int from, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), from, n, flags);
}
static void file_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }
static int file_unmap(sqlite3_file *f, int deletes) { return real(f)->pMethods->xShmUnmap(real(f), deletes); }

static const sqlite3_io_methods methods = {
    2,          file_close,    file_read,     file_write,   file_truncate, file_sync,   file_size, file_lock,    file_unlock,
    file_reserved, file_control, file_sector, file_traits, file_map,      file_shared, file_barrier, file_unmap, 0, 0,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    faulty_file *f = (faulty_file *)file;
    f->real = (sqlite3_file *)(f + 1);
    f->is_watched = name && folder[0] && strncmp(name, folder, strlen(folder)) == 0;
    f->base.pMethods = 0;
    int code = under->xOpen(under, name, f->real, flags, out);
    if (code == SQLITE_OK)
        f->base.pMethods = &methods;
    return code;
}

int th_faulty_install(void) {
    if (under)
        return SQLITE_OK;
    under = sqlite3_vfs_find(0);
    over = *under;
    over.zName = "faulty";
    over.szOsFile = (int)sizeof(faulty_file) + under->szOsFile;
    over.xOpen = open_file;
    return sqlite3_vfs_register(&over, 1);
}

void th_faulty_arm(const char *path, long operations, int is_full) {
    atomic_store(&is_armed, 0);
    if (path) {
        strncpy(folder, path, sizeof folder - 1);
        atomic_store(&left, operations);
        atomic_store(&count, 0);
        atomic_store(&full, is_full);
        atomic_store(&is_armed, 1);
    }
}

long th_faulty_count(void) { return atomic_load(&count); }
