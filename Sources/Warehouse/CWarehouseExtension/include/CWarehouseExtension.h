#ifndef CWAREHOUSEEXTENSION_H
#define CWAREHOUSEEXTENSION_H

#include <stdint.h>

#include "CSQLiteAPI.h"

// The objects of the virtual tables whose layout SQLite knows: its own part comes first.

/// A virtual table.
typedef struct {
    sqlite3_vtab base;
    /// The Swift object, retained.
    void *object;
} th_table;

/// A cursor. What steps from row to row touches nothing but this struct.
typedef struct {
    sqlite3_vtab_cursor base;
    /// The row of the batch.
    int64_t row;
    /// The rows of the batch; 0 at the end.
    int64_t count;
    /// The rows of the batch that are there, where not all are.
    const uint32_t *rows;
    /// The number of the batch's first row in the table.
    int64_t first_rowid;
    /// The columns of the batch, in the table's order.
    void *cells;
    /// The Swift object, retained.
    void *object;
} th_cursor;

/// Uses the SQLite of a host that loads this library. Where that cannot be, the message is the host's to free.
int th_warehouse_use(char **error, const sqlite3_api_routines *routines);

/// What the loading of a library returns that cannot be unloaded.
static const int th_loaded_permanently = SQLITE_OK_LOAD_PERMANENTLY;

#endif
