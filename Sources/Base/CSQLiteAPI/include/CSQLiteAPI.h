#ifndef CSQLITEAPI_H
#define CSQLITEAPI_H

// SQLite's functions by way of its table of routines.
//
// A program uses the library that it is linked with. A loadable extension must use the library that its host has, which
// may be another copy: two copies that open one file in one process drop each other's locks. So everything here calls
// through `th_sqlite3`, which stands for the linked library until `th_sqlite3_use` names the host's.

// Without this the header turns the names of the functions into macros.
#ifndef SQLITE_CORE
#define SQLITE_CORE 1
#endif
#include <sqlite3ext.h>

/// The routines in use. NULL in an extension that is not linked with SQLite, until it is loaded.
extern const sqlite3_api_routines *th_sqlite3 __attribute__((visibility("hidden")));

/// Makes a host's routines those in use.
///
/// Returns 0 where another library's are in use already, by a host of its own.
int th_sqlite3_use(const sqlite3_api_routines *routines) __attribute__((visibility("hidden")));

/// Names the main schema of a connection. `name` must outlive the connection.
static inline int th_sqlite3_name_main_schema(sqlite3 *db, const char *name) {
    return th_sqlite3->db_config(db, SQLITE_DBCONFIG_MAINDBNAME, name);
}

/// Says, while a virtual table connects, that reading it does no harm.
static inline int th_sqlite3_vtab_is_innocuous(sqlite3 *db) {
    return th_sqlite3->vtab_config(db, SQLITE_VTAB_INNOCUOUS);
}

/// A copy of a message in SQLite's own memory, for it to free.
static inline char *th_sqlite3_copy(const char *text) {
    return th_sqlite3->mprintf("%s", text);
}

// The others are as SQLite has them, whose documentation holds.

static inline int th_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs) {
    return th_sqlite3->open_v2(path, db, flags, vfs);
}

static inline int th_sqlite3_close_v2(sqlite3 *db) {
    return th_sqlite3->close_v2(db);
}

static inline int th_sqlite3_prepare_v3(
    sqlite3 *db, const char *sql, int bytes, unsigned int flags, sqlite3_stmt **statement,
    const char **tail) {
    return th_sqlite3->prepare_v3(db, sql, bytes, flags, statement, tail);
}

static inline int th_sqlite3_step(sqlite3_stmt *statement) {
    return th_sqlite3->step(statement);
}

static inline int th_sqlite3_reset(sqlite3_stmt *statement) {
    return th_sqlite3->reset(statement);
}

static inline int th_sqlite3_finalize(sqlite3_stmt *statement) {
    return th_sqlite3->finalize(statement);
}

static inline const char *th_sqlite3_sql(sqlite3_stmt *statement) {
    return th_sqlite3->sql(statement);
}

static inline int th_sqlite3_stmt_readonly(sqlite3_stmt *statement) {
    return th_sqlite3->stmt_readonly(statement);
}

static inline int th_sqlite3_bind_int64(sqlite3_stmt *statement, int index, sqlite3_int64 value) {
    return th_sqlite3->bind_int64(statement, index, value);
}

static inline int th_sqlite3_bind_double(sqlite3_stmt *statement, int index, double value) {
    return th_sqlite3->bind_double(statement, index, value);
}

static inline int th_sqlite3_bind_null(sqlite3_stmt *statement, int index) {
    return th_sqlite3->bind_null(statement, index);
}

static inline int th_sqlite3_bind_text64(
    sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 bytes, void (*release)(void *),
    unsigned char encoding) {
    return th_sqlite3->bind_text64(statement, index, text, bytes, release, encoding);
}

static inline int th_sqlite3_bind_blob64(
    sqlite3_stmt *statement, int index, const void *data, sqlite3_uint64 bytes, void (*release)(void *)) {
    return th_sqlite3->bind_blob64(statement, index, data, bytes, release);
}

static inline int th_sqlite3_bind_zeroblob(sqlite3_stmt *statement, int index, int bytes) {
    return th_sqlite3->bind_zeroblob(statement, index, bytes);
}

static inline int th_sqlite3_column_count(sqlite3_stmt *statement) {
    return th_sqlite3->column_count(statement);
}

static inline const char *th_sqlite3_column_name(sqlite3_stmt *statement, int column) {
    return th_sqlite3->column_name(statement, column);
}

static inline int th_sqlite3_column_type(sqlite3_stmt *statement, int column) {
    return th_sqlite3->column_type(statement, column);
}

static inline sqlite3_int64 th_sqlite3_column_int64(sqlite3_stmt *statement, int column) {
    return th_sqlite3->column_int64(statement, column);
}

static inline double th_sqlite3_column_double(sqlite3_stmt *statement, int column) {
    return th_sqlite3->column_double(statement, column);
}

static inline const unsigned char *th_sqlite3_column_text(sqlite3_stmt *statement, int column) {
    return th_sqlite3->column_text(statement, column);
}

static inline const void *th_sqlite3_column_blob(sqlite3_stmt *statement, int column) {
    return th_sqlite3->column_blob(statement, column);
}

static inline int th_sqlite3_column_bytes(sqlite3_stmt *statement, int column) {
    return th_sqlite3->column_bytes(statement, column);
}

static inline sqlite3_int64 th_sqlite3_changes64(sqlite3 *db) {
    return th_sqlite3->changes64(db);
}

static inline int th_sqlite3_complete(const char *sql) {
    return th_sqlite3->complete(sql);
}

static inline int th_sqlite3_busy_timeout(sqlite3 *db, int milliseconds) {
    return th_sqlite3->busy_timeout(db, milliseconds);
}

static inline int th_sqlite3_get_autocommit(sqlite3 *db) {
    return th_sqlite3->get_autocommit(db);
}

static inline int th_sqlite3_txn_state(sqlite3 *db, const char *schema) {
    return th_sqlite3->txn_state(db, schema);
}

static inline void th_sqlite3_interrupt(sqlite3 *db) {
    th_sqlite3->interruptx(db);
}

static inline const char *th_sqlite3_errmsg(sqlite3 *db) {
    return th_sqlite3->errmsg(db);
}

static inline const char *th_sqlite3_errstr(int code) {
    return th_sqlite3->errstr(code);
}

static inline int th_sqlite3_extended_errcode(sqlite3 *db) {
    return th_sqlite3->extended_errcode(db);
}

static inline int th_sqlite3_error_offset(sqlite3 *db) {
    return th_sqlite3->error_offset(db);
}

static inline int th_sqlite3_system_errno(sqlite3 *db) {
    return th_sqlite3->system_errno(db);
}

static inline int th_sqlite3_value_type(sqlite3_value *value) {
    return th_sqlite3->value_type(value);
}

static inline sqlite3_int64 th_sqlite3_value_int64(sqlite3_value *value) {
    return th_sqlite3->value_int64(value);
}

static inline double th_sqlite3_value_double(sqlite3_value *value) {
    return th_sqlite3->value_double(value);
}

static inline const unsigned char *th_sqlite3_value_text(sqlite3_value *value) {
    return th_sqlite3->value_text(value);
}

static inline int th_sqlite3_value_bytes(sqlite3_value *value) {
    return th_sqlite3->value_bytes(value);
}

static inline void th_sqlite3_result_null(sqlite3_context *context) {
    th_sqlite3->result_null(context);
}

static inline void th_sqlite3_result_int64(sqlite3_context *context, sqlite3_int64 value) {
    th_sqlite3->result_int64(context, value);
}

static inline void th_sqlite3_result_double(sqlite3_context *context, double value) {
    th_sqlite3->result_double(context, value);
}

static inline void th_sqlite3_result_text64(
    sqlite3_context *context, const char *text, sqlite3_uint64 bytes, void (*release)(void *),
    unsigned char encoding) {
    th_sqlite3->result_text64(context, text, bytes, release, encoding);
}

static inline void th_sqlite3_result_blob64(
    sqlite3_context *context, const void *data, sqlite3_uint64 bytes, void (*release)(void *)) {
    th_sqlite3->result_blob64(context, data, bytes, release);
}

static inline int th_sqlite3_create_module_v2(
    sqlite3 *db, const char *name, const sqlite3_module *module, void *data, void (*release)(void *)) {
    return th_sqlite3->create_module_v2(db, name, module, data, release);
}

static inline int th_sqlite3_declare_vtab(sqlite3 *db, const char *sql) {
    return th_sqlite3->declare_vtab(db, sql);
}

static inline const char *th_sqlite3_vtab_collation(sqlite3_index_info *info, int constraint) {
    return th_sqlite3->vtab_collation(info, constraint);
}

static inline int th_sqlite3_vtab_in(sqlite3_index_info *info, int constraint, int handles) {
    return th_sqlite3->vtab_in(info, constraint, handles);
}

static inline int th_sqlite3_vtab_in_first(sqlite3_value *list, sqlite3_value **value) {
    return th_sqlite3->vtab_in_first(list, value);
}

static inline int th_sqlite3_vtab_in_next(sqlite3_value *list, sqlite3_value **value) {
    return th_sqlite3->vtab_in_next(list, value);
}

static inline void th_sqlite3_free(void *memory) {
    th_sqlite3->free(memory);
}

#endif
