/// The files of a segment: all are named by its base offset.
struct SegmentPaths {
    private let stem: String

    init(_ directory: String, _ baseOffset: Offset) {
        stem = "\(directory)/\(baseOffset.fileName)"
    }

    /// Record batches, back to back.
    var log: String { stem + ".log" }
    /// Offsets to positions.
    var offsetIndex: String { stem + ".index" }
    /// Timestamps to offsets.
    var timeIndex: String { stem + ".timeindex" }
    /// Aborted transactions; there only where there are some.
    var transactionIndex: String { stem + ".txnindex" }
    /// The producers' state before the segment's first record.
    var snapshot: String { stem + ".snapshot" }

    /// What goes with the log file.
    var indexes: [String] { [offsetIndex, timeIndex, transactionIndex] }

    /// The base offset that a file's name states, where its name ends in `suffix`.
    static func baseOffset(_ name: String, suffix: String) -> Offset? {
        guard name.utf8.count == 20 + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
        let digits = name.dropLast(suffix.count)
        guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return Int64(digits).map { Offset($0) }
    }
}
