internal import DurableIO
internal import Vectors

/// Doubles in compressed chunks; see SegmentFormat.swift. Points into bytes that its owner keeps.
struct ChunkStream {
    private let table: UnsafeRawBufferPointer
    private let data: UnsafeRawBufferPointer
    let rows: Int

    init(_ bytes: UnsafeRawBufferPointer, rows: Int) throws {
        self.rows = rows
        var source = ByteSource(bytes)
        table = try source.take((rows + SegmentFormat.chunkRows - 1) / SegmentFormat.chunkRows * 4)
        data = source.rest
    }

    private func end(_ index: Int) -> Int {
        Int(UInt32(littleEndian: table.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
    }

    /// Writes the values of some rows.
    func decode(from start: Int, count: Int, into out: UnsafeMutablePointer<Double>) throws {
        var offset = 0
        while offset < count {
            let index = (start + offset) / SegmentFormat.chunkRows
            let skipped = (start + offset) % SegmentFormat.chunkRows
            let held = min(SegmentFormat.chunkRows, rows - index * SegmentFormat.chunkRows)
            let begin = index == 0 ? 0 : end(index - 1)
            guard begin < end(index), end(index) <= data.count else {
                throw SegmentDamage("chunk \(index) lies outside of its stream")
            }
            let taken = min(held - skipped, count - offset)
            let content = UnsafeRawBufferPointer(rebasing: data[(begin + 1)..<end(index)])
            switch data[begin] {
            case 0:
                guard content.count == held * 8 else {
                    throw SegmentDamage("chunk \(index) has the wrong size")
                }
                UnsafeMutableRawPointer(out + offset).copyMemory(
                    from: content.baseAddress.unsafelyUnwrapped + skipped * 8, byteCount: taken * 8)
            case 1:
                let planes = try inflate(content, byteCount: held * 8)
                withExtendedLifetime(planes) {
                    let bytes = planes.pointer.assumingMemoryBound(to: UInt8.self) + skipped
                    for row in 0..<taken {
                        var bits: UInt64 = 0
                        for plane in 0..<8 { bits |= UInt64(bytes[plane * held + row]) << UInt64(8 * plane) }
                        out[offset + row] = Double(bitPattern: bits)
                    }
                }
            case let mode: throw SegmentDamage("chunk \(index) has the unknown mode \(mode)")
            }
            offset += taken
        }
    }

    /// Appends a stream of values.
    static func encode(
        _ values: UnsafePointer<Double>, rows: Int, _ compressor: ZstdCompressor, to sink: inout ByteSink
    ) throws {
        let chunks = (rows + SegmentFormat.chunkRows - 1) / SegmentFormat.chunkRows
        let start = sink.count
        _ = sink.extend(chunks * 4)
        let data = sink.count
        var planes = [UInt8](repeating: 0, count: SegmentFormat.chunkRows * 8)
        var frame: [UInt8] = []
        for chunk in 0..<chunks {
            let first = chunk * SegmentFormat.chunkRows
            let held = min(SegmentFormat.chunkRows, rows - first)
            for row in 0..<held {
                let bits = values[first + row].bitPattern
                for plane in 0..<8 {
                    planes[plane * held + row] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * plane))
                }
            }
            frame.removeAll(keepingCapacity: true)
            try planes.withUnsafeBytes {
                try compressor.compress(
                    UnsafeRawBufferPointer(rebasing: $0[..<(held * 8)]), appendingTo: &frame)
            }
            if frame.count < held * 8 {
                sink.append(UInt8(1))
                frame.withUnsafeBytes { sink.append($0) }
            } else {
                sink.append(UInt8(0))
                sink.append(UnsafeRawBufferPointer(start: values + first, count: held * 8))
            }
            sink.store(UInt32(sink.count - data), at: start + chunk * 4)
        }
    }
}

/// The content of a zstd frame that must come to exactly `byteCount` bytes.
func inflate(_ bytes: UnsafeRawBufferPointer, byteCount: Int) throws -> VectorMemory {
    let memory = VectorMemory(byteCount: byteCount)
    let decompressor = ZstdDecompressor()
    var consumed = 0
    var produced = 0
    do {
        repeat {
            let step = try decompressor.stream(
                UnsafeRawBufferPointer(rebasing: bytes[consumed...]),
                into: UnsafeMutableRawBufferPointer(
                    start: memory.pointer + produced, count: byteCount - produced))
            consumed += step.consumed
            produced += step.produced
            if step == (0, 0) { break }
        } while consumed < bytes.count || !decompressor.isAtFrameBoundary
    } catch let error as DurableIOError {
        throw SegmentDamage(error.message)
    }
    guard produced == byteCount, consumed == bytes.count, decompressor.isAtFrameBoundary else {
        throw SegmentDamage("a compressed part has not the size that is announced")
    }
    return memory
}
