import Threads

internal import DurableIO
internal import Synchronization
internal import Vectors

/// A row group ready to be stored.
package struct EncodedRowGroup: Sendable {
    /// One segment and what it holds.
    struct Part: Sendable {
        var column: ColumnID
        /// The keys of a sub-column; `nil` for a whole column, or what is left of a VARIANT.
        var path: [String]?
        var segment: EncodedSegment
        var residueKeys: [String]?
    }

    package let rows: Int
    var parts: [Part]

    /// The bytes of its segments.
    package var byteCount: Int { parts.reduce(0) { $0 + $1.segment.bytes.count } }
}

/// Encodes row groups, on any thread: a value to be passed around.
package struct RowGroupEncoder: Sendable {
    private let columns: [(id: ColumnID, type: SQLType)]

    /// - Parameter columns: the table's columns.
    package init(columns: [ColumnInfo]) {
        self.columns = columns.map { ($0.id, $0.type) }
    }

    private struct Job: Sendable {
        var column: ColumnID
        var path: [String]?
        var vector: Vector
        var residueKeys: [String]?
    }

    /// Encodes up to 131,072 rows.
    ///
    /// - Parameters:
    ///   - values: the values of each column, in the table's order.
    ///   - threads: how many threads share the work.
    /// - Throws: `ColumnStoreError` with code `mismatch` where values are not of their columns' types.
    package func encode(_ values: [ColumnValues], rows: Int, threads: Int = 1) throws -> EncodedRowGroup {
        guard values.count == columns.count else {
            throw ColumnStoreError(
                code: .mismatch,
                message: "the table has \(columns.count) columns, and values are given for \(values.count)")
        }
        precondition(rows <= SegmentFormat.rowsMax, "a row group has no room for \(rows) rows")
        var jobs: [Job] = []
        for (column, values) in zip(columns, values) {
            switch values {
            case .plain(let vector):
                try Self.check(vector, column.type, rows: rows)
                if column.type.isSemiStructured {
                    jobs += try variantJobs(vector, column.id, rows: rows)
                } else {
                    jobs.append(Job(column: column.id, vector: vector))
                }
            case .shredded(let shredded):
                guard column.type.isSemiStructured else {
                    throw ColumnStoreError(
                        code: .mismatch, message: "sub-columns are for VARIANT, not \(column.type)")
                }
                jobs += Self.jobs(shredded, column.id, column.type, rows: rows)
            }
        }
        return EncodedRowGroup(rows: rows, parts: try Self.run(jobs, threads: threads))
    }

    /// The value of a column for a row, given as one segment: what a column that is added has in older rows.
    static func encodeDefault(_ value: Scalar, _ type: SQLType) throws -> EncodedSegment {
        let vector = Vector.constant(value, type, count: 1)
        try check(vector, type, rows: 1)
        return try SegmentEncoder().encode(type.isSemiStructured ? vector.asJSONText() : vector)
    }

    private static func check(_ vector: Vector, _ type: SQLType, rows: Int) throws {
        guard vector.count == rows else {
            throw ColumnStoreError(
                code: .mismatch, message: "a column has \(vector.count) values for \(rows) rows")
        }
        let suits =
            switch type {
            case .number(_, let scale):
                (vector.layout == .int64 || vector.layout == .int128) && vector.scale == scale
            case .float: vector.layout == .double || vector.layout == .int64 || vector.layout == .int128
            case .variant, .object, .array: true
            default: vector.layout == type.layout
            }
        guard suits else {
            throw ColumnStoreError(
                code: .mismatch,
                message:
                    "a vector of \(vector.type), laid out as \(vector.layout), does not suit a column of \(type)"
            )
        }
    }

    private func variantJobs(_ vector: Vector, _ column: ColumnID, rows: Int) throws -> [Job] {
        let text = vector.asJSONText()
        let shredded = ShreddedColumn(try VariantShredder.shred(jsonText: text))
        return Self.jobs(shredded, column, text.type, rows: rows)
    }

    private static func jobs(_ shredded: ShreddedColumn, _ column: ColumnID, _ type: SQLType, rows: Int)
        -> [Job]
    {
        var jobs = shredded.parts.map { Job(column: column, path: $0.path, vector: $0.vector) }
        // A segment tells that the column has values, be they all NULL.
        if let residue = shredded.residue ?? (jobs.isEmpty ? .nulls(type, count: rows) : nil) {
            jobs.append(
                Job(
                    column: column, vector: residue,
                    residueKeys: shredded.residue == nil ? [] : shredded.residueKeys))
        }
        return jobs
    }

    private static func run(_ jobs: [Job], threads: Int) throws -> [EncodedRowGroup.Part] {
        let next = Atomic<Int>(0)
        let done = Mutex<[Int: EncodedSegment]>([:])
        @Sendable func work(_: Int) throws {
            let encoder = SegmentEncoder()
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < jobs.count else { return }
                let segment = try encoder.encode(jobs[index].vector)
                done.withLock { $0[index] = segment }
            }
        }
        if threads > 1, jobs.count > 1 {
            try WorkerThreads.perform(min(threads, jobs.count), work)
        } else {
            try work(0)
        }
        let segments = done.withLock { $0 }
        return jobs.indices.compactMap { index in
            segments[index].map {
                EncodedRowGroup.Part(
                    column: jobs[index].column, path: jobs[index].path, segment: $0,
                    residueKeys: jobs[index].residueKeys)
            }
        }
    }
}
