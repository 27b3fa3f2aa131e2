#ifndef CWAREHOUSEEXTENSION_H
#define CWAREHOUSEEXTENSION_H

#include <stdint.h>

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

/// What SQLite calls when it loads `libwarehouse`.
__attribute__((visibility("default"))) int sqlite3_warehouse_init(
    sqlite3 *db, char **error, const sqlite3_api_routines *routines);

#endif
