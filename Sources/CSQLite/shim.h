#include <sqlite3.h>

/// Names the main schema of a connection; `sqlite3_db_config` is variadic, which Swift cannot call.
/// `name` must outlive the connection.
static inline int th_sqlite3_name_main_schema(sqlite3 *db, const char *name) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_MAINDBNAME, name);
}
