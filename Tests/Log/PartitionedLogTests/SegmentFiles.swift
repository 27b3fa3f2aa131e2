import DurableIO
import Testing

@testable import PartitionedLog

/// Checks the files of a partition against each other, by the rules of Kafka's DumpLogSegments.
enum SegmentFiles {
    struct Checked {
        var batches = 0
        var offsetEntries = 0
        var timeEntries = 0
    }

    /// Checks every segment in a directory.
    static func check(_ directory: String) throws -> Checked {
        var checked = Checked()
        for name in try FileSystem.local.list(directory) where name.hasSuffix(".log") {
            let base = Offset(try #require(Int64(name.dropLast(4))))
            let path = "\(directory)/\(name.dropLast(4))"
            let log = try FileSystem.local.contents(of: "\(path).log")
            var byPosition: [Int: RecordBatchHeader] = [:]
            var position = 0
            while position < log.count {
                let header = try log[position...].withUnsafeBytes {
                    try RecordBatchHeader(reading: UnsafeRawBufferPointer(rebasing: $0[...]))
                }
                _ = try RecordBatch(validating: Array(log[position..<position + header.byteCount]))
                byPosition[position] = header
                position += header.byteCount
                checked.batches += 1
            }
            let offsets = try #require(
                try SegmentIndex<OffsetEntry>(
                    mapping: "\(path).index", base: base, fileSystem: .local,
                    { $0.position >= 0 && $0.position < log.count }))
            for entry in offsets.entries {
                #expect(byPosition[entry.position]?.lastOffset == entry.offset, "\(path).index at \(entry)")
            }
            let times = try #require(
                try SegmentIndex<TimeEntry>(
                    mapping: "\(path).timeindex", base: base, fileSystem: .local, { $0.offset >= base }))
            for entry in times.entries {
                let named = byPosition.values.first { $0.lastOffset == entry.offset }
                #expect(named?.maxTimestamp == entry.timestamp, "\(path).timeindex at \(entry)")
            }
            #expect(times.entries.last?.timestamp == byPosition.values.map(\.maxTimestamp).max())
            checked.offsetEntries += offsets.entries.count
            checked.timeEntries += times.entries.count
        }
        return checked
    }
}
