import DurableIO
import Synchronization

extension PartitionLog {
    /// A record's place and its time.
    public struct OffsetAndTimestamp: Equatable, Sendable {
        /// The place.
        public let offset: Offset
        /// The time, in milliseconds since 1970.
        public let timestamp: Int64
    }

    /// The latest timestamp of a record, in milliseconds since 1970; `nil` where there is none.
    public var maxTimestamp: Int64? {
        state.withLock { state in state.segments.map(\.maxTimestamp).max().flatMap { $0 < 0 ? nil : $0 } }
    }

    /// The first record whose time is `timestamp` or later; `nil` where there is none.
    ///
    /// - Throws: `LogError` with code `corruptMessage`, `DurableIOError`.
    public func offset(forTimestamp timestamp: Int64, isolation: Isolation = .readUncommitted) throws
        -> OffsetAndTimestamp?
    {
        try firstRecord(isolation, segments: { $0.maxTimestamp >= timestamp }, timestamp: timestamp)
    }

    /// The first record that has the latest time of all; `nil` where there are none.
    ///
    /// - Throws: as `offset(forTimestamp:)`.
    public func offsetOfMaxTimestamp() throws -> OffsetAndTimestamp? {
        guard let latest = maxTimestamp else {
            if let refusal = state.withLock({ $0.refusal }) { throw refusal }
            return nil
        }
        return try firstRecord(.readUncommitted, segments: { $0.maxTimestamp == latest }, timestamp: latest)
    }

    private func firstRecord(
        _ isolation: Isolation, segments isCandidate: (LogSegment) -> Bool, timestamp: Int64
    ) throws -> OffsetAndTimestamp? {
        typealias Candidate = (file: File, start: Int, end: Int)
        let (candidates, start, limit) = try state.withLock { state in
            if let refusal = state.refusal { throw refusal }
            let candidates = try state.segments.filter(isCandidate).map { segment -> Candidate in
                (segment.file, try segment.floorPosition(timestamp: timestamp), segment.byteCount)
            }
            return (candidates, state.logStart, Self.limit(isolation, &state))
        }
        var scratch = RecordScratch()
        for candidate in candidates {
            let reader = BatchFileReader(
                candidate.file, from: candidate.start, to: candidate.end, pieceBytes: 64 << 10)
            while let batch = try reader.next(), batch.header.baseOffset < limit {
                guard batch.header.maxTimestamp >= timestamp, batch.header.lastOffset >= start else {
                    continue
                }
                var found: OffsetAndTimestamp?
                try batch.forEachRecord(&scratch) { record in
                    guard found == nil, record.timestamp >= timestamp, record.offset >= start else { return }
                    found = OffsetAndTimestamp(offset: record.offset, timestamp: record.timestamp)
                }
                if let found { return found.offset < limit ? found : nil }
            }
        }
        return nil
    }
}
