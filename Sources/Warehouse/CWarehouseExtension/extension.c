#include "CWarehouseExtension.h"

// 3.38 brought sqlite3_vtab_in and sqlite3_error_offset.
enum { oldest_version = 3038000 };

int th_warehouse_use(char **error, const sqlite3_api_routines *routines) {
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
    return SQLITE_OK;
}
