import Vectors
internal import CKernels

/// A stream of 64-bit integers in blocks; see SegmentFormat.swift. Points into bytes that its owner keeps.
struct IntegerStream {
    private let table: UnsafeRawPointer
    private let data: UnsafeRawBufferPointer
    let rows: Int
    /// What all values are, where the stream says so as a whole.
    let constant: Int64?

    init(_ bytes: UnsafeRawBufferPointer, rows: Int) throws {
        self.rows = rows
        var source = ByteSource(bytes)
        switch try source.integer(UInt8.self) {
        case 1:
            constant = try source.integer(Int64.self)
            table = bytes.baseAddress.unsafelyUnwrapped
            data = UnsafeRawBufferPointer(start: nil, count: 0)
        case 0:
            constant = nil
            let blocks = (rows + SegmentFormat.blockRows - 1) / SegmentFormat.blockRows
            table = try source.take(blocks * 4).baseAddress ?? bytes.baseAddress.unsafelyUnwrapped
            data = source.rest
            var end: UInt32 = 0
            for block in 0..<blocks {
                let next = UInt32(
                    littleEndian: table.loadUnaligned(fromByteOffset: block * 4, as: UInt32.self))
                guard next >= end, Int(next) <= data.count else {
                    throw SegmentDamage("block \(block) lies outside of its stream")
                }
                end = next
            }
        case let mode: throw SegmentDamage("a stream has the unknown mode \(mode)")
        }
    }

    var blockCount: Int { (rows + SegmentFormat.blockRows - 1) / SegmentFormat.blockRows }

    /// One block; not of a constant stream.
    func block(_ index: Int) throws -> IntegerBlock {
        let start = index == 0 ? 0 : end(index - 1)
        let count = min(SegmentFormat.blockRows, rows - index * SegmentFormat.blockRows)
        return try IntegerBlock(UnsafeRawBufferPointer(rebasing: data[start..<end(index)]), count: count)
    }

    private func end(_ index: Int) -> Int {
        Int(UInt32(littleEndian: table.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
    }

    func bounds(block index: Int) throws -> (min: Int64, max: Int64) {
        if let constant { return (constant, constant) }
        return try block(index).bounds
    }

    /// What all values of some rows are, where the heads of their blocks say so.
    func constant(from start: Int, count: Int) throws -> Int64? {
        if let constant { return constant }
        guard count > 0 else { return nil }
        let first = start / SegmentFormat.blockRows
        let last = (start + count - 1) / SegmentFormat.blockRows
        let head = try block(first)
        guard head.kind == .constant else { return nil }
        if last > first {
            for index in (first + 1)...last {
                let next = try block(index)
                guard next.kind == .constant, next.base == head.base else { return nil }
            }
        }
        return head.base
    }

    /// Calls `body` for each block of a range of rows that begins with a block: the block, the offset of its
    /// first row in the range and how many of its rows are in the range.
    @inline(__always)
    private func forEachBlock(
        from start: Int, count: Int, _ body: (IntegerBlock, _ offset: Int, _ count: Int) throws -> Void
    ) throws {
        var offset = 0
        while offset < count {
            let block = try block((start + offset) / SegmentFormat.blockRows)
            let taken = min(block.count, count - offset)
            try body(block, offset, taken)
            offset += taken
        }
    }

    /// Writes the values of some rows, `start` being a multiple of 1,024, to `out`, which has room for
    /// `count`.
    func decode(from start: Int, count: Int, into out: UnsafeMutablePointer<Int64>) throws {
        if let constant { return out.update(repeating: constant, count: count) }
        try forEachBlock(from: start, count: count) { block, offset, taken in
            // Kernels write whole rows of 32 values.
            if taken == SegmentFormat.blockRows || block.kind == .constant && taken == block.count {
                return try block.decode(into: out + offset)
            }
            try withScratch { scratch in
                try block.decode(into: scratch)
                (out + offset).update(from: scratch, count: taken)
            }
        }
    }

    /// The same for codes: the low 32 bits.
    func decode(from start: Int, count: Int, into out: UnsafeMutablePointer<UInt32>) throws {
        if let constant { return out.update(repeating: UInt32(truncatingIfNeeded: constant), count: count) }
        try withScratch { scratch in
            try forEachBlock(from: start, count: count) { block, offset, taken in
                if taken == SegmentFormat.blockRows {
                    return try block.decode(into: out + offset, scratch: scratch)
                }
                try block.decode(into: scratch)
                th_narrow32(scratch, taken, out + offset)
            }
        }
    }

    /// The same for truth values and validity: the low 8 bits.
    func decode(from start: Int, count: Int, into out: UnsafeMutablePointer<UInt8>) throws {
        if let constant { return out.update(repeating: UInt8(truncatingIfNeeded: constant), count: count) }
        try withScratch { scratch in
            try forEachBlock(from: start, count: count) { block, offset, taken in
                if block.kind == .constant {
                    return (out + offset).update(
                        repeating: UInt8(truncatingIfNeeded: block.base), count: taken)
                }
                try block.decode(into: scratch)
                th_narrow8(scratch, taken, out + offset)
            }
        }
    }
}

/// Gives `body` room for one block.
@inline(__always)
func withScratch<Result>(_ body: (UnsafeMutablePointer<Int64>) throws -> Result) throws -> Result {
    try withTemporaryMemory(of: Int64.self, capacity: SegmentFormat.blockRows) {
        try body($0.baseAddress.unsafelyUnwrapped)
    }
}
