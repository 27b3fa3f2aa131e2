internal import CKernels

// A few rows that were appended together, in one blob:
//
//   0  4  CRC-32C of the directory
//   4  4  bytes of the directory
//   8     directory: the number of segments (4 bytes), and of each its column and path (8 bytes each), its
//   bytes (4), its
//         checksum (4), its zone map, 1 and the keys of a residue or 0
//         the segments, one after the other

enum DeltaEntry {
    static func bytes(_ group: EncodedRowGroup, paths: [Int64]) -> SegmentBytes {
        var directory = ByteSink(capacity: 1024)
        directory.append(UInt32(group.parts.count))
        for (part, path) in zip(group.parts, paths) {
            directory.append(part.column.value)
            directory.append(path)
            directory.append(UInt32(part.segment.bytes.count))
            directory.append(part.segment.checksum)
            part.segment.zone.append(to: &directory)
            directory.append(UInt8(part.residueKeys == nil ? 0 : 1))
            if let keys = part.residueKeys { ResidueKeys.append(keys, to: &directory) }
        }
        var sink = ByteSink(capacity: 8 + directory.count + group.byteCount)
        sink.append(th_crc32c(0, directory.bytes.baseAddress, directory.count))
        sink.append(UInt32(directory.count))
        sink.append(directory)
        for part in group.parts { sink.append(part.segment.bytes) }
        return sink.finish()
    }

    static func segments(_ bytes: UnsafeRawBufferPointer, rows: Int) throws -> [SegmentKey: SegmentEntry] {
        var source = ByteSource(bytes)
        let checksum = try source.integer(UInt32.self)
        let head = try source.take(Int(try source.integer(UInt32.self)))
        guard th_crc32c(0, head.baseAddress, head.count) == checksum else {
            throw SegmentDamage("the checksum of its directory is wrong")
        }
        var directory = ByteSource(head)
        var result: [SegmentKey: SegmentEntry] = [:]
        for _ in 0..<(try directory.integer(UInt32.self)) {
            let key = SegmentKey(column: ColumnID(try directory.integer()), path: try directory.integer())
            let byteCount = Int(try directory.integer(UInt32.self))
            let stated = try directory.integer(UInt32.self)
            let zone = try ZoneMap(from: &directory)
            let keys = try directory.integer(UInt8.self) == 0 ? nil : Set(try ResidueKeys.keys(&directory))
            let reader = try SegmentReader(SegmentBytes(copying: try source.take(byteCount)))
            guard reader.rows == rows, reader.checksum == stated else {
                throw SegmentDamage("a segment is not the one that its directory names")
            }
            result[key] = SegmentEntry(
                segment: 0, byteCount: byteCount, checksum: stated, zone: zone, residueKeys: keys,
                inline: reader)
        }
        return result
    }
}
