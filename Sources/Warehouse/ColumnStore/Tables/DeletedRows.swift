/// Which rows of a row group are deleted. Immutable; may be shared between threads.
package struct DeletedRows: Sendable {
    private var words: [UInt64]
    /// How many rows are deleted.
    package private(set) var count = 0
    private let rows: Int

    init(rows: Int) {
        self.rows = rows
        words = [UInt64](repeating: 0, count: (rows + 63) / 64)
    }

    @inline(__always)
    package func contains(_ row: Int) -> Bool { words[row >> 6] & (1 << UInt64(row & 63)) != 0 }

    /// Deletes a row; returns whether it was there.
    mutating func insert(_ row: Int) -> Bool {
        let bit = UInt64(1) << UInt64(row & 63)
        guard words[row >> 6] & bit == 0 else { return false }
        words[row >> 6] |= bit
        count += 1
        return true
    }

    /// The rows of a range that are not deleted, counted from `start`; `nil` for all. `start` is a multiple
    /// of 64.
    package func live(from start: Int, count: Int) -> [UInt32]? {
        var deleted = 0
        for word in (start / 64)..<((start + count + 63) / 64) { deleted += words[word].nonzeroBitCount }
        guard deleted > 0 else { return nil }
        return [UInt32](unsafeUninitializedCapacity: count) { buffer, found in
            found = 0
            for row in 0..<count where !contains(start + row) {
                buffer[found] = UInt32(row)
                found += 1
            }
        }
    }

    // MARK: As bytes: sealed, the count of deleted rows (4 bytes), and an integer stream of their numbers

    func encoded() -> SegmentBytes {
        let numbers = (0..<rows).filter(contains).map { Int64($0) }
        return SealedBytes.seal { sink in
            sink.append(UInt32(numbers.count))
            var encoder = IntegerStreamEncoder()
            encoder.encode(numbers, rows: numbers.count, to: &sink)
        }
    }

    /// How many rows are deleted, according to the bytes.
    static func count(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var source = try SealedBytes.open(bytes, "deleted rows")
        return Int(try source.integer(UInt32.self))
    }

    init(_ bytes: UnsafeRawBufferPointer, rows: Int) throws {
        self.init(rows: rows)
        var source = try SealedBytes.open(bytes, "deleted rows")
        let stated = Int(try source.integer(UInt32.self))
        guard stated <= rows else { throw SegmentDamage("more rows are deleted than there are") }
        let stream = try IntegerStream(source.rest, rows: stated)
        try withScratch { scratch in
            for first in stride(from: 0, to: stated, by: SegmentFormat.blockRows) {
                let count = min(SegmentFormat.blockRows, stated - first)
                try stream.decode(from: first, count: count, into: scratch)
                for index in 0..<count {
                    guard scratch[index] >= 0, scratch[index] < Int64(rows), insert(Int(scratch[index]))
                    else {
                        throw SegmentDamage("a deleted row is not in its row group, or there twice")
                    }
                }
            }
        }
    }
}
