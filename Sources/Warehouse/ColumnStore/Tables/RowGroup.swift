internal import Vectors

/// What a snapshot knows of one segment.
package struct SegmentEntry: Sendable {
    /// The segment in TH_SEGMENT_DATA; 0 for one of the delta.
    let segment: Int64
    package let byteCount: Int
    let checksum: UInt32
    package let zone: ZoneMap
    /// Of what is left of a VARIANT: the outermost keys that occur in it; `nil` where they are not known.
    let residueKeys: Set<String>?
    /// The segment itself, where it is of the delta.
    let inline: SegmentReader?
}

/// A row group or an entry of the delta, as a snapshot sees it.
package final class RowGroup: Sendable {
    package let id: Int64
    /// Where it stands among the row groups of its table.
    let position: Int64
    /// Its rows, deleted ones included.
    package let rows: Int
    package let deleted: DeletedRows?
    let segments: [SegmentKey: SegmentEntry]
    let isDelta: Bool

    init(
        id: Int64, position: Int64, rows: Int, deleted: DeletedRows?, segments: [SegmentKey: SegmentEntry],
        isDelta: Bool
    ) {
        self.id = id
        self.position = position
        self.rows = rows
        self.deleted = deleted
        self.segments = segments
        self.isDelta = isDelta
    }

    /// Its rows without the deleted ones.
    package var liveRows: Int { rows - (deleted?.count ?? 0) }

    /// The zone map of a whole column; `nil` where the column is younger than the row group, or a VARIANT.
    package func zone(_ column: ColumnID) -> ZoneMap? { segments[SegmentKey(column: column, path: 0)]?.zone }

    /// The bytes of its segments.
    package var byteCount: Int { segments.values.reduce(0) { $0 + $1.byteCount } }
}

/// The outermost keys of a residue as bytes: their number, and each with its count of bytes.
enum ResidueKeys {
    static func append(_ keys: [String], to sink: inout ByteSink) {
        sink.append(UInt32(keys.count))
        for key in keys { sink.appendCounted(Array(key.utf8)) }
    }

    static func keys(sealed bytes: UnsafeRawBufferPointer) throws -> Set<String> {
        var source = try SealedBytes.open(bytes, "residue's keys")
        return Set(try keys(&source))
    }

    static func keys(_ source: inout ByteSource) throws -> [String] {
        let count = Int(try source.integer(UInt32.self))
        var keys: [String] = []
        for _ in 0..<count { keys.append(String(decoding: try source.countedBytes(), as: UTF8.self)) }
        return keys
    }
}
