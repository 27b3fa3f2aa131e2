import Vectors

/// Rows in memory in their order.
final class SortedRows: @unchecked Sendable {
    // Made by one thread, then only read.
    let count: Int
    private let forms: [ColumnForm]
    private let reservation: MemoryReservation
    /// The rows' numbers in their order, and the rows; `nil` where they came in that order.
    private var moved: (order: VectorMemory, store: RowStore)?
    private var chunks: [SortChunk]
    private var starts: [Int] = []

    /// Sorts chunks, whose sequence says which of equal rows comes first.
    ///
    /// - Parameter reservation: what has been taken of the budget for the rows; kept until the rows go.
    init(
        _ chunks: [SortChunk], types: [SQLType], keys: [SortKey], threads: Int,
        reservation: MemoryReservation,
        check: @escaping @Sendable () throws -> Void
    ) throws {
        self.chunks = chunks
        self.reservation = reservation
        var count = 0
        for chunk in chunks {
            starts.append(count)
            count += chunk.count
        }
        self.count = count
        let keyColumns = Set(keys.map(\.column))
        forms = types.enumerated().map { index, type in
            ColumnForm.unify(chunks, column: index, type: type, isKey: keyColumns.contains(index))
        }
        try check()
        guard let order = try Self.order(chunks, starts, forms, keys, count, threads, check) else {
            reservation.resize(to: chunks.reduce(dictionaryBytes) { $0 + $1.byteCount })
            return
        }
        let store = RowStore(forms, count: count)
        let owned = Owned(chunks)
        let first = starts
        self.chunks = []
        try ParallelTasks.run(first.count, threads: threads) { index in
            // The chunk's own memory is free as soon as the rows are copied.
            guard let chunk = owned.take(index) else { return }
            store.write(chunk, start: first[index])
            chunk.columns = []
        }
        moved = (order, store)
        reservation.resize(to: store.byteCount + order.byteCount + dictionaryBytes)
    }

    private var dictionaryBytes: Int { forms.reduce(0) { $0 + ($1.dictionary?.byteCount ?? 0) } }

    /// The rows' numbers in their order, `nil` where that is how they are.
    private static func order(
        _ chunks: [SortChunk], _ starts: [Int], _ forms: [ColumnForm], _ keys: [SortKey], _ count: Int,
        _ threads: Int,
        _ check: @escaping @Sendable () throws -> Void
    ) throws -> VectorMemory? {
        let fields = try keys.flatMap { try KeyField.of($0, forms[$0.column], threads: threads) }
        guard count > 1, !fields.isEmpty else { return nil }
        let words = KeyWords(fields, count: count)
        let entryBytes = count * MemoryLayout<SortEntry>.stride
        let memory = VectorMemory(byteCount: entryBytes)
        let built = SentEntries(memory)
        try ParallelTasks.run(chunks.count, threads: threads) { index in
            words.write(chunks[index], start: starts[index], to: built.entries)
        }
        try check()
        if try words.isSorted(built.entries, count: count, threads: threads) { return nil }
        let spare = SentEntries(VectorMemory(byteCount: entryBytes))
        try RadixSort(built.entries, spare: spare.entries, count: count, words: words, threads: threads)
            .sort()
        try check()
        let order = VectorMemory(byteCount: count * 4)
        let rows = order.pointer.assumingMemoryBound(to: UInt32.self)
        for index in 0..<count { rows[index] = built.entries[index].row }
        return order
    }

    /// Rows from a place in the order on.
    func batch(from start: Int, count: Int, order: UInt64) -> Batch {
        Batch(columns(Array(forms.indices), from: start, count: count), count: count, order: order)
    }

    /// Some columns of rows from a place in the order on.
    func columns(_ indices: [Int], from start: Int, count: Int) -> [Vector] {
        guard let moved else { return indices.map { column(at: $0, start, count) } }
        let rows = moved.order.pointer.assumingMemoryBound(to: UInt32.self) + start
        return moved.store.gather(indices, rows, count: count)
    }

    /// Rows of chunks as they came.
    private func column(at index: Int, _ start: Int, _ count: Int) -> Vector {
        let form = forms[index]
        let vector = form.allocate(count)
        guard form.hasValues, count > 0 else { return vector }
        // The last chunk that starts at or before the first row.
        var low = 0
        var high = starts.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= start { low = middle } else { high = middle - 1 }
        }
        var done = 0
        while done < count {
            let chunk = chunks[low]
            let from = start + done - starts[low]
            let part = min(count - done, chunk.count - from)
            if part > 0 { copy(chunk.columns[index], form, from, part, vector, done) }
            done += max(0, part)
            low += 1
        }
        return form.finished(vector)
    }

    private func copy(
        _ column: ChunkColumn, _ form: ColumnForm, _ from: Int, _ count: Int, _ vector: Vector, _ place: Int
    ) {
        if let validity = vector.validity {
            if let own = column.validityBytes, column.hasValues {
                (validity + place).update(from: own + from, count: count)
            } else {
                (validity + place).initialize(repeating: column.hasValues ? 1 : 0, count: count)
            }
        }
        guard form.width > 0 else { return }
        switch form.layout {
        case .bool: column.unpack(from: from, count: count, to: vector.bools + place)
        case .int64, .double: column.unpack(from: from, count: count, to: vector.int64s + place)
        case .int128: column.unpack(from: from, count: count, to: vector.int128s + place)
        case .string:
            column.unpack(from: from, count: count, to: vector.codes + place)
            form.translate(vector.codes + place, of: column, count: count)
        }
    }

    /// Entries that threads fill at places of their own.
    private final class SentEntries: @unchecked Sendable {
        private let memory: VectorMemory
        var entries: UnsafeMutablePointer<SortEntry> {
            memory.pointer.assumingMemoryBound(to: SortEntry.self)
        }
        init(_ memory: VectorMemory) { self.memory = memory }
    }

    /// Chunks, each taken once.
    private final class Owned: @unchecked Sendable {
        private let chunks: UnsafeMutableBufferPointer<SortChunk?>
        init(_ chunks: [SortChunk]) {
            self.chunks = .allocate(capacity: chunks.count)
            _ = self.chunks.initialize(from: chunks.map(Optional.some))
        }
        deinit { chunks.deinitialize().deallocate() }
        func take(_ index: Int) -> SortChunk? {
            defer { chunks[index] = nil }
            return chunks[index]
        }
    }
}

/// Bytes taken of a budget, given back when this object goes.
final class MemoryReservation: @unchecked Sendable {
    // One thread at a time changes it.
    private let budget: MemoryBudget
    private(set) var byteCount = 0

    init(_ budget: MemoryBudget) { self.budget = budget }
    deinit { budget.release(byteCount) }

    /// Takes more; whether the budget's limit still holds.
    func take(_ bytes: Int) -> Bool {
        byteCount += bytes
        return budget.take(bytes)
    }

    func resize(to bytes: Int) {
        if bytes < byteCount { budget.release(byteCount - bytes) } else { budget.take(bytes - byteCount) }
        byteCount = bytes
    }
}
