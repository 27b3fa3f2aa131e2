import Synchronization
import Vectors

/// Aggregation of more groups than fit into memory: from the moment the budget is used up, rows are written
/// to files, one
/// for each part of the keys' hashes; in the end the parts are aggregated one after the other.
final class SpillingGroups: Sendable {
    private let context: ExecutionContext
    private let types: [SQLType]
    private let keys: [Int]
    private let isFull = Atomic(false)
    private let parts: [Part]
    private static let partBits = 5

    /// The rows of one part.
    private final class Part: Sendable {
        let file = Mutex<SpillFile?>(nil)
    }

    init(_ context: ExecutionContext, types: [SQLType], keys: [Int]) {
        self.context = context
        self.types = types
        self.keys = keys
        parts = (0..<(1 << Self.partBits)).map { _ in Part() }
    }

    var isSpilling: Bool { isFull.load(ordering: .relaxed) }

    /// Accounts for what a table has grown by.
    func account(_ groups: GroupTable) {
        let bytes = groups.byteCount
        let isWithin = context.memory.take(bytes - groups.accounted)
        groups.accounted = bytes
        // Without keys there is nothing to divide.
        if !isWithin, !keys.isEmpty { isFull.store(true, ordering: .relaxed) }
    }

    func release(_ groups: [GroupTable]) {
        for table in groups {
            context.memory.release(table.accounted)
            table.accounted = 0
        }
    }

    private static func part(_ hash: UInt64) -> Int { Int(hash >> (64 - UInt64(partBits))) }

    /// Writes the rows of a batch to the files of their parts.
    func spill(_ batch: Batch) throws {
        let hashes = Self.hashes(batch, keys)
        var rows = [[UInt32]](repeating: [], count: parts.count)
        for (row, hash) in hashes.enumerated() { rows[Self.part(hash)].append(UInt32(row)) }
        for (place, rows) in rows.enumerated() where !rows.isEmpty {
            let piece = Batch(batch.columns.map { $0.picking(rows) }, count: rows.count, order: batch.order)
            try parts[place].file.withLock { file in
                let open = try file ?? SpillFile(directory: context.spillDirectory)
                file = open
                try open.append(piece)
            }
        }
    }

    private static func hashes(_ batch: Batch, _ keys: [Int]) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: batch.count) { buffer, count in
            if let base = buffer.baseAddress { RowHashes.compute(batch, columns: keys, into: base) }
            count = batch.count
        }
    }

    /// All groups, a part after the other.
    func finish(_ tables: [GroupTable], make: @escaping () -> GroupTable) -> any BatchStream {
        let owned = tables.map { table -> [UInt8] in
            let count = table.table.count
            guard count > 0 else { return [] }
            let batch = Batch(table.table.keyVectors(), count: count)
            return Self.hashes(batch, Array(keys.indices)).map { UInt8(Self.part($0)) }
        }
        return Stream(self, tables, owned, make)
    }

    private final class Stream: BatchStream {
        private let owner: SpillingGroups
        private let tables: [GroupTable]
        /// The part of each group of each table.
        private let partOfGroups: [[UInt8]]
        private let make: () -> GroupTable
        private var part = 0
        private var batches: [Batch] = []
        private var order: UInt64 = 0

        init(
            _ owner: SpillingGroups, _ tables: [GroupTable], _ parts: [[UInt8]],
            _ make: @escaping () -> GroupTable
        ) {
            self.owner = owner
            self.tables = tables
            partOfGroups = parts
            self.make = make
        }

        func next() throws -> Batch? {
            while batches.isEmpty {
                guard part < owner.parts.count else {
                    owner.release(tables)
                    return nil
                }
                batches = try aggregate(part).reversed()
                part += 1
            }
            var batch = batches.removeLast()
            batch.order = order
            order &+= UInt64(batch.count)
            return batch
        }

        private func aggregate(_ part: Int) throws -> [Batch] {
            let groups = make()
            for (table, parts) in zip(tables, partOfGroups) {
                try groups.merge(table) { Int(parts[$0]) == part }
            }
            if let file = owner.parts[part].file.withLock({ $0 }) {
                try file.finish()
                let stream = try file.makeStream(types: owner.types)
                while let batch = try stream.next() {
                    try owner.context.checkInterruption()
                    try groups.add(batch)
                }
                owner.parts[part].file.withLock { $0 = nil }
            }
            return try groups.finish(inFirstRowOrder: true)
        }
    }
}
