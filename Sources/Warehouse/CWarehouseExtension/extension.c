#include "CWarehouseExtension.h"

// 3.38 brought sqlite3_vtab_in and sqlite3_error_offset.
enum { oldest_version = 3038000 };

// Swift: adds the modules to a connection. The message is SQLite's to free.
extern int th_warehouse_register(sqlite3 *db, char **error);

int sqlite3_warehouse_init(sqlite3 *db, char **error, const sqlite3_api_routines *routines) {
    if (routines->libversion_number() < oldest_version) {
        *error = routines->mprintf(
            "the warehouse extension needs SQLite 3.38 or later; this program has %s", routines->libversion());
        return SQLITE_ERROR;
    }
    if (!th_sqlite3_use(routines)) {
        *error = routines->mprintf(
            "the warehouse extension serves another copy of SQLite in this process already");
        return SQLITE_ERROR;
    }
    int code = th_warehouse_register(db, error);
    // The Swift runtime in this library cannot be unloaded.
    return code == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : code;
}
