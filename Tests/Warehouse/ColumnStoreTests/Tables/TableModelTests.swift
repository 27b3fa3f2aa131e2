import ColumnStore
import SQLiteKit
import TestSupport
import Testing
import Vectors

@Suite struct TableModelTests {
    private func open(_ path: String) throws -> (Connection, ColumnDatabase) {
        let connection = try Connection(path: path, access: .readWrite)
        try ColumnDatabase.prepare(connection)
        return (connection, try ColumnDatabase(connection, configuration: TableModel.configuration))
    }

    private func step(_ model: TableModel, _ random: inout SeededGenerator) throws -> String {
        switch Int.random(in: 0...19, using: &random) {
        case 0...7:
            let count = [1, 7, 40, 200, 299, 300, 1500, 3000, 3001, 7000].randomElement(using: &random) ?? 1
            try model.append((0..<count).map { _ in ModelRow.random(&random, hasLate: model.hasLate) })
            return "append \(count)"
        case 8...12:
            let share = [1, 5, 50, 90].randomElement(using: &random) ?? 1
            try model.delete(
                Set(model.rows.indices.filter { _ in Int.random(in: 0..<100, using: &random) < share }))
            return "delete \(share) %"
        case 13, 14:
            try model.database.mergeDelta(model.table)
            return "merge the delta"
        case 15, 16:
            _ = try model.database.compact(model.table)
            return "compact"
        case 17:
            _ = try model.database.compact(model.table, clusterBy: [model.columns[1], model.columns[0]])
            // Rows of one snapshot are sorted in one run, as there are fewer than 32 row groups.
            let order = model.rows.enumerated().sorted { first, second in
                let keys = { (row: (offset: Int, element: ModelRow)) -> (Int, String, Int, Int64, Int) in
                    let row0 = row.element
                    return (
                        row0.text == nil ? 1 : 0, row0.text ?? "", row0.number == nil ? 1 : 0,
                        row0.number ?? 0, row.offset
                    )
                }
                return keys(first) < keys(second)
            }
            model.rows = order.map(\.element)
            return "cluster"
        case 18 where !model.hasLate:
            let column = try model.database.addColumn(
                model.table, .number(precision: 9, scale: 0), defaultValue: .number(42, scale: 0))
            model.columns.append(column)
            for row in model.rows.indices { model.rows[row].late = 42 }
            return "add a column"
        case 19 where model.hasLate:
            try model.database.dropColumn(model.table, model.columns.removeLast())
            for row in model.rows.indices { model.rows[row].late = nil }
            return "drop a column"
        default:
            if Int.random(in: 0...3, using: &random) > 0 { return "nothing" }
            try model.database.truncateTable(model.table)
            model.rows = []
            return "truncate"
        }
    }

    @Test(arguments: 1...6) func tablesAreWhatTheModelIs(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let directory = try TemporaryDirectory()
        var (connection, database) = try open(directory.file("tables.sqlite"))
        var model = try TableModel(database)
        var history: [String] = []
        for number in 0..<30 {
            if Int.random(in: 0...5, using: &random) == 0 {
                (connection, database) = try open(directory.file("tables.sqlite"))
                model = TableModel(model, on: database)
                history.append("reopen")
            }
            let before = (model.rows, model.columns)
            struct Undo: Error {}
            let isUndone = Int.random(in: 0...7, using: &random) == 0
            do {
                try connection.transaction {
                    history.append(try step(model, &random) + (isUndone ? ", undone" : ""))
                    try model.check("inside of step \(number) of seed \(seed): \(history.suffix(4))")
                    if isUndone { throw Undo() }
                }
            } catch is Undo { (model.rows, model.columns) = before }
            try model.check("step \(number) of seed \(seed): \(history.suffix(4))")
        }
        #expect(try model.database.verify(model.table).isEmpty)
        #expect(try connection.rows("PRAGMA integrity_check") == [[.text("ok")]])
    }

    @Test func readersKeepTheirSnapshotWhileAWriterGoesOn() throws {
        var random = SeededGenerator(seed: 77)
        let directory = try TemporaryDirectory()
        let (writing, database) = try open(directory.file("tables.sqlite"))
        let model = try TableModel(database)
        try model.append((0..<7000).map { _ in ModelRow.random(&random, hasLate: false) })
        let (reading, other) = try open(directory.file("tables.sqlite"))
        for round in 0..<6 {
            try reading.execute("BEGIN")
            let reader = TableModel(model, on: other)
            let snapshot = try other.snapshot(model.table)
            try writing.transaction {
                try model.append(
                    (0..<(round % 2 == 0 ? 100 : 4000)).map { _ in ModelRow.random(&random, hasLate: false) })
                try model.delete(Set(0..<500))
                _ = try database.compact(model.table, clusterBy: round % 2 == 0 ? [model.columns[0]] : [])
            }
            #expect(try reader.stored(snapshot) == reader.rows, "round \(round)")
            try reader.check("the reader of round \(round)")
            try reading.execute("COMMIT")
            let now = TableModel(model, on: other)
            now.rows = try model.stored(database.snapshot(model.table))
            try now.check("after round \(round)")
            model.rows = now.rows
        }
    }

    @Test func droppedTablesLeaveNothing() throws {
        let (connection, database) = try open(":memory:")
        var random = SeededGenerator(seed: 1)
        let model = try TableModel(database)
        try model.append((0..<5000).map { _ in ModelRow.random(&random, hasLate: false) })
        try model.append((0..<5).map { _ in ModelRow.random(&random, hasLate: false) })
        try database.dropTable(model.table)
        for name in [
            "TH_TABLES", "TH_COLUMNS", "TH_PATHS", "TH_ROW_GROUPS", "TH_SEGMENTS", "TH_SEGMENT_DATA",
            "TH_DELTA",
        ] {
            #expect(try connection.integer("SELECT COUNT(*) FROM \(name)") == 0, "\(name)")
        }
        #expect(throws: ColumnStoreError.self) { try database.snapshot(model.table) }
        #expect(try database.createTable([.varchar]) != model.table)
    }

    @Test func damageIsReportedWithItsPlace() throws {
        let (connection, database) = try open(":memory:")
        var random = SeededGenerator(seed: 2)
        let model = try TableModel(database)
        try model.append((0..<6000).map { _ in ModelRow.random(&random, hasLate: false) })
        let fresh = try ColumnDatabase(connection, configuration: TableModel.configuration)
        try connection.execute(
            """
            UPDATE TH_SEGMENT_DATA SET DATA = CAST(SUBSTR(DATA, 1, 60) || X'5A' || SUBSTR(DATA, 62) AS BLOB)
            WHERE SEGMENT_ID = (SELECT SEGMENT_ID FROM TH_SEGMENTS WHERE GROUP_ID = 2 AND COLUMN_ID = 1)
            """)
        let reports = try fresh.verify(model.table)
        #expect(reports.count == 1)
        #expect(reports.first?.column == ColumnID(1) && reports.first?.group == 2)
        #expect(reports.first?.message.contains("table 1, column 1, row group 2 is damaged") == true)
        #expect { try TableModel(model, on: fresh).stored(fresh.snapshot(model.table)) } throws: { error in
            (error as? ColumnStoreError)?.code == .damaged
        }
        try connection.execute(
            "DELETE FROM TH_SEGMENT_DATA WHERE SEGMENT_ID IN (SELECT SEGMENT_ID FROM TH_SEGMENTS WHERE COLUMN_ID = 2)"
        )
        #expect(try fresh.verify(model.table).count == 3)
        try connection.execute("UPDATE TH_SEGMENTS SET ZONE_MAP = X'0102' WHERE COLUMN_ID = 3")
        let again = try ColumnDatabase(connection, configuration: TableModel.configuration)
        #expect(try again.verify(model.table).count == 1)
    }

    /// What would leave out rows, or bring back deleted ones, without a word.
    @Test func flippedBitsOfTheDirectoryAreFound() throws {
        let (connection, database) = try open(":memory:")
        var random = SeededGenerator(seed: 4)
        let model = try TableModel(database)
        try model.append((0..<6000).map { _ in ModelRow.random(&random, hasLate: false) })
        try model.append((0..<3).map { _ in ModelRow.random(&random, hasLate: false) })
        let all = try database.snapshot(model.table)
        for group in all.rowGroups + all.delta {
            _ = try database.delete([RowAddress(group: group.id, row: 1)], from: model.table)
        }
        for (table, column, title) in [
            ("TH_ROW_GROUPS", "DELETED_ROWS", "deleted rows"), ("TH_DELTA", "DELETED_ROWS", "deleted rows"),
            ("TH_SEGMENTS", "ZONE_MAP", "zone map"), ("TH_SEGMENTS", "RESIDUE_KEYS", "residue's keys"),
        ] {
            let stored = try connection.rows(
                "SELECT \(column) FROM \(table) WHERE \(column) IS NOT NULL ORDER BY GROUP_ID LIMIT 1")
            guard case .blob(let bytes)? = stored.first?[0] else {
                Issue.record("\(table) has no \(column)")
                continue
            }
            for place in bytes.indices {
                var flipped = bytes
                flipped[place] ^= 1 << UInt8(place % 8)
                let change = "UPDATE \(table) SET \(column) = ? WHERE \(column) = ?"
                _ = try connection.rows(change, .blob(flipped), .blob(bytes))
                let fresh = try ColumnDatabase(connection, configuration: TableModel.configuration)
                let message = try fresh.verify(model.table).first?.message ?? ""
                #expect(
                    message.contains("row group") && message.contains("checksum of its \(title)"),
                    "\(table) \(column) \(place): \(message)")
                _ = try connection.rows(change, .blob(bytes), .blob(flipped))
            }
        }
        #expect(
            try ColumnDatabase(connection, configuration: TableModel.configuration).verify(model.table)
                .isEmpty)
    }

    @Test func zoneMapsAreComparedWithTheValues() throws {
        let (connection, database) = try open(":memory:")
        let table = try database.createTable([.integer])
        for first in [0, 10_000] {
            let writer = try database.writer(table)
            let numbers = Vector.allocate(.integer, layout: .int64, count: 3000)
            for row in 0..<3000 { numbers.int64s[row] = Int64(first + row) }
            try writer.append([numbers], count: 3000)
            try writer.finish()
        }
        #expect(try database.verify(table).isEmpty)
        try connection.execute(
            "UPDATE TH_SEGMENTS SET ZONE_MAP = (SELECT ZONE_MAP FROM TH_SEGMENTS ORDER BY GROUP_ID DESC LIMIT 1) WHERE GROUP_ID = 1"
        )
        let fresh = try ColumnDatabase(connection, configuration: TableModel.configuration)
        #expect(try fresh.verify(table).first?.message.contains("zone map says") == true)
    }

    @Test func theCacheStaysWithinItsLimit() throws {
        let connection = try Connection(path: ":memory:", access: .readWrite)
        let cache = SegmentCache(bytesMax: 20_000)
        let database = try ColumnDatabase(connection, configuration: TableModel.configuration, cache: cache)
        var random = SeededGenerator(seed: 3)
        let model = try TableModel(database)
        try model.append((0..<12_000).map { _ in ModelRow.random(&random, hasLate: false) })
        for _ in 0..<3 { try model.check("with a small cache") }
        #expect(cache.byteCount <= 20_000 && cache.byteCount > 0)
    }
}
