import DurableIO

/// From which offset on each leader epoch wrote: `leader-epoch-checkpoint`, text, `0`, the number of lines, then
/// `epoch start-offset` a line (org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache).
///
/// A log that is not replicated has one leader. Its epoch goes up where an unclean stop has lost records, so that
/// a reader that had seen them can tell (KIP-320).
struct LeaderEpochs: Equatable {
    static let fileName = "leader-epoch-checkpoint"

    struct Entry: Equatable {
        let epoch: Int32
        let startOffset: Offset
    }

    private(set) var entries: [Entry] = []

    /// The epoch of what is appended now.
    var current: Int32 { entries.last?.epoch ?? 0 }

    init() {}

    /// Reads the file; what is not in the format is left out, since the batches hold their epochs too.
    init(reading bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst(2) {
            let words = line.split(separator: " ")
            guard words.count == 2, let epoch = Int32(words[0]), let start = Int64(words[1]) else { continue }
            assign(epoch, from: Offset(start))
        }
    }

    var encoded: [UInt8] {
        let lines = entries.map { "\($0.epoch) \($0.startOffset)\n" }
        return Array("0\n\(lines.count)\n\(lines.joined())".utf8)
    }

    /// Notes that an epoch begins at an offset, unless it has begun already.
    mutating func assign(_ epoch: Int32, from offset: Offset) {
        guard epoch > entries.last?.epoch ?? -1 else { return }
        entries.removeAll { $0.startOffset >= offset }
        entries.append(Entry(epoch: epoch, startOffset: offset))
    }

    /// Forgets the epochs that began behind the log's end.
    mutating func truncate(to end: Offset) {
        entries.removeAll { $0.startOffset > end }
    }

    /// Forgets what is before the log's start, but for the epoch that holds it.
    mutating func truncate(before start: Offset) {
        guard let index = entries.lastIndex(where: { $0.startOffset <= start }) else { return }
        let kept = Entry(epoch: entries[index].epoch, startOffset: start)
        entries.replaceSubrange(...index, with: [kept])
    }

    /// The largest epoch that is no later than `epoch`, and where it ended; `nil` where there is none.
    func end(of epoch: Int32, logEnd: Offset) -> (epoch: Int32, endOffset: Offset)? {
        if epoch == current { return (epoch, logEnd) }
        guard let index = entries.lastIndex(where: { $0.epoch <= epoch }) else { return nil }
        let next = index + 1 < entries.count ? entries[index + 1].startOffset : logEnd
        return (entries[index].epoch, next)
    }
}
