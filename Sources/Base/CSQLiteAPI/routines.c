#include "CSQLiteAPI.h"

// Built with TAPEHOUSE_LOADABLE, nothing here refers to the linked library, so that a loadable extension does without one.
#ifndef TAPEHOUSE_LOADABLE
static const sqlite3_api_routines linked = {
    .bind_blob64 = sqlite3_bind_blob64,
    .bind_double = sqlite3_bind_double,
    .bind_int64 = sqlite3_bind_int64,
    .bind_null = sqlite3_bind_null,
    .bind_text64 = sqlite3_bind_text64,
    .bind_zeroblob = sqlite3_bind_zeroblob,
    .busy_timeout = sqlite3_busy_timeout,
    .changes64 = sqlite3_changes64,
    .close_v2 = sqlite3_close_v2,
    .column_blob = sqlite3_column_blob,
    .column_bytes = sqlite3_column_bytes,
    .column_count = sqlite3_column_count,
    .column_double = sqlite3_column_double,
    .column_int64 = sqlite3_column_int64,
    .column_name = sqlite3_column_name,
    .column_text = sqlite3_column_text,
    .column_type = sqlite3_column_type,
    .complete = sqlite3_complete,
    .create_module_v2 = sqlite3_create_module_v2,
    .db_config = sqlite3_db_config,
    .declare_vtab = sqlite3_declare_vtab,
    .errmsg = sqlite3_errmsg,
    .error_offset = sqlite3_error_offset,
    .errstr = sqlite3_errstr,
    .extended_errcode = sqlite3_extended_errcode,
    .finalize = sqlite3_finalize,
    .free = sqlite3_free,
    .get_autocommit = sqlite3_get_autocommit,
    .interruptx = sqlite3_interrupt,
    .mprintf = sqlite3_mprintf,
    .open_v2 = sqlite3_open_v2,
    .prepare_v3 = sqlite3_prepare_v3,
    .reset = sqlite3_reset,
    .result_blob64 = sqlite3_result_blob64,
    .result_double = sqlite3_result_double,
    .result_int64 = sqlite3_result_int64,
    .result_null = sqlite3_result_null,
    .result_text64 = sqlite3_result_text64,
    .sql = sqlite3_sql,
    .step = sqlite3_step,
    .stmt_readonly = sqlite3_stmt_readonly,
    .system_errno = sqlite3_system_errno,
    .txn_state = sqlite3_txn_state,
    .value_bytes = sqlite3_value_bytes,
    .value_double = sqlite3_value_double,
    .value_int64 = sqlite3_value_int64,
    .value_text = sqlite3_value_text,
    .value_type = sqlite3_value_type,
    .vtab_collation = sqlite3_vtab_collation,
    .vtab_config = sqlite3_vtab_config,
    .vtab_in = sqlite3_vtab_in,
    .vtab_in_first = sqlite3_vtab_in_first,
    .vtab_in_next = sqlite3_vtab_in_next,
};
const sqlite3_api_routines *th_sqlite3 = &linked;
#else
const sqlite3_api_routines *th_sqlite3 = 0;
#endif

// The host's routines, once there are any.
static const sqlite3_api_routines *host = 0;

int th_sqlite3_use(const sqlite3_api_routines *routines) {
    const sqlite3_api_routines *none = 0;
    if (!__atomic_compare_exchange_n(&host, &none, routines, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return none == routines;
    }
    th_sqlite3 = routines;
    return 1;
}
