internal import CKernels

/// A stream of 128-bit integers in blocks; see SegmentFormat.swift. Points into bytes that its owner keeps.
struct WideStream {
    private let table: UnsafeRawBufferPointer
    private let data: UnsafeRawBufferPointer
    let rows: Int

    init(_ bytes: UnsafeRawBufferPointer, rows: Int) throws {
        self.rows = rows
        var source = ByteSource(bytes)
        table = try source.take((rows + SegmentFormat.blockRows - 1) / SegmentFormat.blockRows * 4)
        data = source.rest
    }

    private func end(_ index: Int) -> Int {
        Int(UInt32(littleEndian: table.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
    }

    /// Writes the values of some rows; `start` is a multiple of 1,024.
    func decode(from start: Int, count: Int, into out: UnsafeMutablePointer<Int128>) throws {
        var offset = 0
        while offset < count {
            let index = (start + offset) / SegmentFormat.blockRows
            let blockCount = min(SegmentFormat.blockRows, rows - index * SegmentFormat.blockRows)
            let begin = index == 0 ? 0 : end(index - 1)
            guard begin <= end(index), end(index) <= data.count else {
                throw SegmentDamage("block \(index) lies outside of its stream")
            }
            let taken = min(blockCount, count - offset)
            var source = ByteSource(UnsafeRawBufferPointer(rebasing: data[begin..<end(index)]))
            try Self.decode(&source, blockCount, taken, into: out + offset)
            offset += taken
        }
    }

    private static func decode(
        _ source: inout ByteSource, _ count: Int, _ taken: Int, into out: UnsafeMutablePointer<Int128>
    ) throws {
        let encoding = try source.integer(UInt8.self)
        let width = Int(try source.integer(UInt8.self))
        let base = try source.integer(Int128.self)
        switch encoding {
        case 0: out.update(repeating: base, count: taken)
        case 1:
            guard width <= 64 else { throw SegmentDamage("a block has impossible widths") }
            let packed = try source.take(SegmentFormat.packedBytes(count, width: width))
            try withScratch { scratch in
                th_unpack64(packed.baseAddress, UInt32(width), (count + 31) / 32, 0, scratch)
                for row in 0..<taken { out[row] = base &+ Int128(UInt64(bitPattern: scratch[row])) }
            }
        case 2:
            let values = try source.take(count * 16)
            for row in 0..<taken {
                out[row] = Int128(
                    littleEndian: values.loadUnaligned(fromByteOffset: row * 16, as: Int128.self))
            }
        default: throw SegmentDamage("a block has the unknown encoding \(encoding)")
        }
    }

    /// Appends a stream of values.
    static func encode(_ values: UnsafePointer<Int128>, rows: Int, to sink: inout ByteSink) {
        let blocks = (rows + SegmentFormat.blockRows - 1) / SegmentFormat.blockRows
        let start = sink.count
        _ = sink.extend(blocks * 4)
        let data = sink.count
        var residues = [Int64](repeating: 0, count: SegmentFormat.blockRows)
        for block in 0..<blocks {
            let first = block * SegmentFormat.blockRows
            let count = min(SegmentFormat.blockRows, rows - first)
            encode(values + first, count, &residues, to: &sink)
            sink.store(UInt32(sink.count - data), at: start + block * 4)
        }
    }

    private static func encode(
        _ values: UnsafePointer<Int128>, _ count: Int, _ residues: inout [Int64], to sink: inout ByteSink
    ) {
        var least = values[0]
        var most = values[0]
        for row in 1..<max(1, count) {
            least = min(least, values[row])
            most = max(most, values[row])
        }
        let range = UInt128(bitPattern: most &- least)
        guard range <= UInt128(UInt64.max) else {
            sink.append(UInt8(2))
            sink.append(UInt8(128))
            sink.append(least)
            for row in 0..<count { sink.append(values[row]) }
            return
        }
        let width = bitWidth(UInt64(range))
        sink.append(UInt8(range == 0 ? 0 : 1))
        sink.append(UInt8(width))
        sink.append(least)
        for row in 0..<SegmentFormat.blockRows {
            residues[row] = Int64(truncatingIfNeeded: values[min(row, count - 1)] &- least)
        }
        let packed = sink.extend(SegmentFormat.packedBytes(count, width: width))
        th_pack64(residues, 0, UInt32(width), (count + 31) / 32, packed)
    }
}
