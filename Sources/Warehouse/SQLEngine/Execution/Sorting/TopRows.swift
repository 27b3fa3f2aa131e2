import JSON
import Vectors

/// The first rows of an order without sorting all: each thread keeps its best rows, and takes only those that
/// come before the last of them.
final class TopRows: @unchecked Sendable {
    // One thread uses each; then one thread puts them together.
    private let types: [SQLType]
    private let keys: [SortKey]
    private let count: Int
    private let context: ExecutionContext
    private var chunks: [SortChunk] = []
    private var buffered = 0
    private let reservation: MemoryReservation
    private var bound: TopBound?
    private var candidates: [UInt32] = []

    /// - Parameters:
    ///   - types: of the rows with two hidden columns, which tell where a row stands in the source.
    private init(_ types: [SQLType], _ keys: [SortKey], count: Int, _ context: ExecutionContext) {
        self.types = types
        self.keys = keys
        self.count = count
        self.context = context
        reservation = MemoryReservation(context.memory)
    }

    /// The rows from `offset` to `count`.
    static func find(
        _ streams: [any BatchStream], types: [SQLType], keys: [SortKey], count: Int, offset: Int,
        _ context: ExecutionContext
    ) throws -> any BatchStream {
        let fullTypes = types + [.integer, .integer]
        let fullKeys = keys + [SortKey(column: types.count), SortKey(column: types.count + 1)]
        let parts = streams.map { _ in TopRows(fullTypes, fullKeys, count: count, context) }
        try context.drain(streams) { try parts[$0].take($1) }
        let all = TopRows(fullTypes, fullKeys, count: count, context)
        all.chunks = parts.flatMap(\.chunks)
        for part in parts {
            part.chunks = []
            part.reservation.resize(to: 0)
        }
        let rows = try all.sorted()
        let end = min(rows.count, count)
        return SortedStream(
            rows, sortedBy: keys, from: min(offset, end), to: end, columns: types.count, context)
    }

    private func take(_ batch: Batch) throws {
        if let bound {
            bound.prefilter(batch, into: &candidates)
        } else {
            candidates.removeAll(keepingCapacity: true)
            candidates.append(contentsOf: 0..<UInt32(batch.count))
        }
        if candidates.count > 2 * count + 64 { thinOut(batch) }
        bound?.select(batch, from: &candidates)
        if candidates.isEmpty { return }
        var taken = batch.gather(candidates, count: candidates.count)
        let numbers = Vector.allocate(.integer, count: taken.count)
        for row in 0..<taken.count { numbers.int64s[row] = Int64(candidates[row]) }
        taken.columns.append(.constant(.number(Int128(batch.order), scale: 0), .integer, count: taken.count))
        taken.columns.append(numbers)
        let chunk = SortChunk(taken)
        chunks.append(chunk)
        _ = reservation.take(chunk.byteCount)
        buffered += taken.count
        if buffered >= count + max(count / 2, 256) || (bound == nil && buffered >= count) { try compact() }
    }

    /// Where a batch alone has many more candidates than are wanted, leaves those that by the first key may
    /// be among the best of it: values that rise with the rows, ordered from the last, come before any bound
    /// found so far.
    private func thinOut(_ batch: Batch) {
        guard let key = keys.first, KeyComparison.hasPrefixes(types[key.column]) else { return }
        let column = KeyComparison.comparable(
            batch.columns[key.column].gather(candidates, count: candidates.count))
        let codes = [UInt64](unsafeUninitializedCapacity: candidates.count) { codes, count in
            codes.baseAddress.map {
                KeyComparison.writePrefixes(column, key, count: candidates.count, to: $0)
            }
            count = candidates.count
        }
        let last = Self.smallest(codes, count)
        var kept = 0
        for index in candidates.indices where codes[index] <= last {
            candidates[kept] = candidates[index]
            kept += 1
        }
        candidates.removeLast(candidates.count - kept)
    }

    /// The `number`th smallest value, from 1.
    private static func smallest(_ values: [UInt64], _ number: Int) -> UInt64 {
        var values = values
        return values.withUnsafeMutableBufferPointer { values in
            var low = 0
            var high = values.count - 1
            while low < high {
                let ends = (values[low], values[high])
                let pivot = max(min(ends.0, ends.1), min(max(ends.0, ends.1), values[(low + high) / 2]))
                var left = low - 1
                var right = high + 1
                while true {
                    repeat { left += 1 } while values[left] < pivot
                    repeat { right -= 1 } while values[right] > pivot
                    if left >= right { break }
                    values.swapAt(left, right)
                }
                if number - 1 <= right { high = right } else { low = right + 1 }
            }
            return values[number - 1]
        }
    }

    private func sorted() throws -> SortedRows {
        let context = self.context
        let kept = chunks
        chunks = []
        return try SortedRows(
            kept, types: types, keys: keys, threads: 1, reservation: MemoryReservation(context.memory),
            check: { try context.checkInterruption() })
    }

    /// Keeps the best rows only.
    private func compact() throws {
        let rows = try sorted()
        let best = rows.batch(from: 0, count: min(count, rows.count), order: 0)
        let chunk = SortChunk(best)
        chunks = [chunk]
        buffered = best.count
        reservation.resize(to: chunk.byteCount)
        if best.count == count { bound = TopBound(best, row: count - 1, keys.dropLast(2)) }
    }
}

/// The last of the best rows: what does not come before it is of no interest.
private struct TopBound {
    private let keys: [SortKey]
    private let values: [Vector]

    init(_ batch: Batch, row: Int, _ keys: ArraySlice<SortKey>) {
        self.keys = Array(keys)
        values = keys.map { KeyComparison.comparable(batch.columns[$0.column].slice(from: row, count: 1)) }
    }

    /// Rows that may come before.
    func prefilter(_ batch: Batch, into rows: inout [UInt32]) {
        rows.removeAll(keepingCapacity: true)
        // Without keys all rows are equal, and the first ones are known.
        if let key = keys.first { prefilter(batch.columns[key.column], key, batch.count, &rows) }
    }

    /// Leaves the rows that come before. (Later rows that are equal to the bound are behind it.)
    func select(_ batch: Batch, from rows: inout [UInt32]) {
        guard !rows.isEmpty else { return }
        // The few rows are compared in full, in a form that is common to all batches.
        let columns = keys.map { key -> Vector in
            let column = batch.columns[key.column]
            return KeyComparison.comparable(
                column.type == .float || column.type.isSemiStructured
                    ? column.gather(rows, count: rows.count) : column)
        }
        var kept = 0
        for index in rows.indices where isBefore(columns, index, Int(rows[index])) {
            rows[kept] = rows[index]
            kept += 1
        }
        rows.removeLast(rows.count - kept)
    }

    private func isBefore(_ columns: [Vector], _ index: Int, _ row: Int) -> Bool {
        for (place, key) in keys.enumerated() {
            let column = columns[place]
            let isGathered = column.type == .float || column.type.isSemiStructured
            let order = KeyComparison.compare(column, isGathered ? index : row, values[place], 0, key)
            if order != 0 { return order < 0 }
        }
        return false
    }

    /// Rows that by the first key may come before the bound.
    private func prefilter(_ column: Vector, _ key: SortKey, _ count: Int, _ rows: inout [UInt32]) {
        let bound = values[0]
        guard bound.isValid(0) else {
            // NULLs are the first or the last of all.
            for row in 0..<count where !key.nullsFirst || !column.isValid(row) { rows.append(UInt32(row)) }
            return
        }
        let nulls = column.validity
        switch (column.layout, bound.layout) {
        case (.int64, .int64) where column.type != .variant:
            // All of one instant, whatever their offsets, are on the same side.
            var limit = bound.int64s[0]
            if column.type == .timestampTZ { limit = key.isDescending ? limit & ~127 : limit | 127 }
            scan(column.int64s, nulls, key, limit, count, &rows)
        case (.int64, .double):
            let scaled = bound.doubles[0] * decimalPower(column.scale)
            let rounded = (key.isDescending ? scaled.rounded(.down) - 2 : scaled.rounded(.up) + 2)
            guard let limit = Int64(exactly: rounded), abs(rounded) < 0x1p52 else { return all(count, &rows) }
            scan(column.int64s, nulls, key, limit, count, &rows)
        case (.double, .double) where !bound.doubles[0].isNaN:
            scan(column.doubles, nulls, key, bound.doubles[0], count, &rows)
        case (.string, .string) where !bound.isJSON && !column.isJSON: strings(column, key, count, &rows)
        default: all(count, &rows)
        }
    }

    private func all(_ count: Int, _ rows: inout [UInt32]) { rows.append(contentsOf: 0..<UInt32(count)) }

    /// Values up to the limit, or from it on where descending; and NaN, which compares with nothing.
    @inline(__always)
    private func scan<Value: Comparable>(
        _ values: UnsafePointer<Value>, _ validity: UnsafePointer<UInt8>?, _ key: SortKey, _ limit: Value,
        _ count: Int,
        _ rows: inout [UInt32]
    ) {
        let isDescending = key.isDescending
        var start = 0
        while start < count {
            let end = min(count, start + 128)
            var hits = 0
            if isDescending {
                for row in start..<end { hits &+= values[row] < limit ? 0 : 1 }
            } else {
                for row in start..<end { hits &+= values[row] > limit ? 0 : 1 }
            }
            if let validity {
                if hits > 0 || key.nullsFirst {
                    for row in start..<end {
                        let isHit = isDescending ? !(values[row] < limit) : !(values[row] > limit)
                        if validity[row] == 0 ? key.nullsFirst : isHit { rows.append(UInt32(row)) }
                    }
                }
            } else if hits > 0 {
                for row in start..<end where isDescending ? !(values[row] < limit) : !(values[row] > limit) {
                    rows.append(UInt32(row))
                }
            }
            start = end
        }
    }

    private func strings(_ column: Vector, _ key: SortKey, _ count: Int, _ rows: inout [UInt32]) {
        guard let dictionary = column.dictionary else { return all(count, &rows) }
        let limit = values[0].bytes(0)
        let passes = { (code: Int) -> Bool in
            let order = UTF8Order.compare(dictionary[code], limit)
            return key.isDescending ? order >= 0 : order <= 0
        }
        guard dictionary.count <= count else {
            for row in 0..<count where column.isValid(row) ? passes(Int(column.codes[row])) : key.nullsFirst {
                rows.append(UInt32(row))
            }
            return
        }
        let passing = (0..<dictionary.count).map(passes)
        if !passing.contains(true), column.validity == nil { return }
        for row in 0..<count where column.isValid(row) ? passing[Int(column.codes[row])] : key.nullsFirst {
            rows.append(UInt32(row))
        }
    }
}
