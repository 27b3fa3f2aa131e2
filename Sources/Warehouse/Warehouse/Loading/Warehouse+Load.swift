import ColumnStore
import DurableIO
import SQLEngine
import SQLiteKit
import Synchronization
import Threads
import Vectors

extension Warehouse {
    /// The number of the raw table's newest row; 0 where there has been none.
    public func lastRawID() throws -> Int64 {
        let (table, columns) = try rawTable()
        // What was removed from the table must not be taken for what comes next.
        var last = try connection.integer("SELECT max(RAW_ID_THROUGH) FROM BUILD_HISTORY") ?? 0
        guard let column = columns.first(where: { $0.name == "RAW_ID" })?.id else { return last }
        let snapshot = try self.columns.snapshot(table)
        for group in snapshot.rowGroups + snapshot.delta {
            if case .integers(_, let greatest)? = group.zone(column)?.bounds { last = max(last, greatest) }
        }
        return last
    }

    private func rawTable() throws -> (TableID, [CatalogColumn]) {
        let store = CatalogStore(connection)
        let name = QualifiedName(database: Schema.databaseName, schema: Schema.name, name: Schema.rawTable)
        guard let object = try store.object(name, .relation), let table = object.table else {
            throw WarehouseError(.unsupportedFormat, "\(path) has lost its table \(name.description)")
        }
        return (table, try store.columns(of: object))
    }

    /// Loads objects in one transaction: their rows, their rejects, the ledger's entries and the partitions'
    /// next offsets.
    ///
    /// Lines with offsets below those from which their partition is still to be loaded are left out: an
    /// earlier, shorter object brought them.
    ///
    /// - Parameters:
    ///   - objects: those of a partition in the order of their offsets.
    ///   - loadedAt: the time to stamp them with, as `YYYY-MM-DD HH:MM:SS`.
    ///   - rules: what a line must be to become a row.
    ///   - threads: how many threads may read and encode; as many as there are processors where it is `nil`.
    @discardableResult
    public func load(
        _ objects: [LoadObject], loadedAt: String, rules: LineRules = .objects, threads: Int? = nil
    ) throws -> LoadOutcome {
        try connection.transaction {
            let text = try LoadText(objects) { try nextOffset(topic: $0.topic, partition: $0.partition) }
            let (table, catalog) = try rawTable()
            let columns = try self.columns.columns(table)
            let names = Dictionary(catalog.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
            let plan = RawLoadPlan(
                sources: objects.map(\.source), text: text, rules: rules,
                encoder: RowGroupEncoder(columns: columns),
                columns: columns.map { (names[$0.id] ?? "", $0.type) }, loadedAt: Self.microseconds(loadedAt),
                firstRawID: try lastRawID() + 1)
            let pieces = try Self.run(plan, threads: threads ?? WorkerThreads.processors)
            try insert(pieces.flatMap(\.groups), into: table)
            var outcome = LoadOutcome()
            var rejected = [Int](repeating: 0, count: objects.count)
            let ledger = try RejectLedger(connection, loadedAt: loadedAt)
            for (object, offset, reject) in pieces.flatMap(\.rejects) {
                let source = objects[object].source
                if try ledger.add(reject, topic: source.topic, partition: source.partition, offset: offset) {
                    outcome.newRejects += 1
                }
                outcome.rejects.append(reject)
                rejected[object] += 1
            }
            outcome.loaded = text.lineCount - outcome.rejects.count
            try record(objects.map(\.source), text, rejected, loadedAt)
            try refreshMirror()
            return outcome
        }
    }

    private static func microseconds(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { TextParsing.timestamp($0) }?.local
    }

    /// Makes row groups of all lines, on several threads where there are enough.
    private static func run(_ plan: RawLoadPlan, threads: Int) throws -> [LoadedRawPiece] {
        let pieces = plan.text.pieces(linesMax: ShreddedVariant.rowsMax, threads: threads)
        guard pieces.count > 1, threads > 1 else {
            return try pieces.map { try RawPieceLoader.load($0, plan) }
        }
        let next = Atomic(0)
        let done = Mutex<[Int: LoadedRawPiece]>([:])
        try WorkerThreads.perform(min(threads, pieces.count)) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < pieces.count else { return }
                let piece = try RawPieceLoader.load(pieces[index], plan)
                done.withLock { $0[index] = piece }
            }
        }
        return done.withLock { done in pieces.indices.compactMap { done[$0] } }
    }

    private func insert(_ groups: [EncodedRowGroup], into table: TableID) throws {
        if groups.reduce(0, { $0 + $1.rows }) < columns.configuration.deltaAppendRowsMax {
            for group in groups { try columns.insertDelta(group, into: table) }
            if try columns.needsDeltaMerge(table) { try columns.mergeDelta(table) }
        } else {
            for group in groups { try columns.insert(group, into: table) }
        }
    }

    private func record(_ sources: [LoadSource], _ text: LoadText, _ rejected: [Int], _ loadedAt: String)
        throws
    {
        var id = try connection.integer("SELECT max(LOAD_ID) FROM LOAD_HISTORY") ?? 0
        let ledger = try connection.prepare(
            "INSERT INTO LOAD_HISTORY VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        var nextOffsets: [String: (LoadSource, Int64)] = [:]
        for (index, source) in sources.enumerated() {
            id += 1
            let next = text.nextOffsets[index]
            ledger.bind([
                .integer(id), .text(source.bucket), .text(source.key), .text(source.etag),
                .text(source.topic),
                .integer(Int64(source.partition)), .integer(source.firstOffset), .integer(next),
                .integer(Int64(source.byteCount)),
                .integer(Int64(text.parts[index].lineCount - rejected[index])),
                .integer(Int64(rejected[index])), .text(loadedAt),
            ])
            try ledger.run()
            let partition = "\(source.topic)-\(source.partition)"
            nextOffsets[partition] = (source, max(next, nextOffsets[partition]?.1 ?? 0))
        }
        for (source, next) in nextOffsets.values { try setNextOffset(source.topic, source.partition, next) }
    }

    /// Loads rejects that came with a log of their own, and that log's next offset, in one transaction.
    ///
    /// - Returns: how many of them had not been seen before.
    public func loadRejects(
        topic: String, partition: Int32, nextOffset: Int64, loadedAt: String,
        _ rejects: [(offset: Int64, LoadReject)]
    ) throws -> Int {
        try connection.transaction {
            let ledger = try RejectLedger(connection, loadedAt: loadedAt)
            let new = try rejects.reduce(0) { count, entry in
                try ledger.add(entry.1, topic: topic, partition: partition, offset: entry.offset)
                    ? count + 1 : count
            }
            try setNextOffset(topic, partition, nextOffset)
            return new
        }
    }

    private func setNextOffset(_ topic: String, _ partition: Int32, _ offset: Int64) throws {
        _ = try connection.rows(
            "INSERT INTO LOAD_OFFSETS VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET NEXT_OFFSET = max(NEXT_OFFSET, excluded.NEXT_OFFSET)",
            .text(topic), .integer(Int64(partition)), .integer(offset))
    }
}

/// Writes lines that are not loaded into `LOAD_REJECTS`.
private struct RejectLedger {
    private let statement: SQLiteKit.Statement
    private let loadedAt: String

    init(_ connection: Connection, loadedAt: String) throws {
        self.loadedAt = loadedAt
        statement = try connection.prepare(
            """
            INSERT INTO LOAD_REJECTS (SOURCE_FILE, LINE_NUMBER, COLUMN_NUMBER, REASON, RAW_LINE, BYTE_OFFSET,
                BYTE_COUNT, CONTENT_HASH, TOPIC, LOG_PARTITION, LOG_OFFSET, LOADED_AT)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET TIMES_SEEN = TIMES_SEEN + 1 RETURNING TIMES_SEEN
            """)
    }

    /// Adds a line, or counts it where it is known; whether it had not been seen before.
    func add(_ reject: LoadReject, topic: String, partition: Int32, offset: Int64) throws -> Bool {
        let text = String(validating: reject.content, as: UTF8.self)
        statement.bind([
            .text(reject.source), .integer(reject.line), reject.column.map(SQLiteValue.integer) ?? .null,
            .text(reject.reason), text.map(SQLiteValue.text) ?? .blob(reject.content),
            reject.byteOffset.map(SQLiteValue.integer) ?? .null, .integer(reject.byteCount),
            .integer(reject.contentHash), .text(topic), .integer(Int64(partition)), .integer(offset),
            .text(loadedAt),
        ])
        defer { statement.reset() }
        return try statement.step() && statement.integer(0) == 1
    }
}
