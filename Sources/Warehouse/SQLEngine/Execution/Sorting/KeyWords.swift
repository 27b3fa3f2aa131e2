import Synchronization
import Vectors

/// The normalised keys of all rows: the fields of the sort keys, bit behind bit, in words of 64. The first
/// word is in the entries to be sorted, the others here by row.
final class KeyWords: KeyWordSource, @unchecked Sendable {
    // Filled by threads at places of their own, then only read.
    private let fields: [KeyField]
    private let bitCounts: [Int]
    private let columns: [VectorMemory]
    private let columnWords: [UnsafeMutablePointer<UInt64>]

    init(_ fields: [KeyField], count: Int) {
        self.fields = fields
        let total = fields.reduce(0) { $0 + $1.bits }
        let words = max(1, (total + 63) / 64)
        bitCounts = (0..<words).map { min(64, total - $0 * 64) }
        columns = (1..<words).map { _ in VectorMemory(byteCount: count * 8) }
        columnWords = columns.map { $0.pointer.assumingMemoryBound(to: UInt64.self) }
    }

    var levels: Int { bitCounts.count }
    func bits(_ level: Int) -> Int { bitCounts[level] }
    func word(_ level: Int, _ row: UInt32) -> UInt64 { columnWords[level - 1][Int(row)] }

    /// Bytes a row beside the entries.
    var bytesPerRow: Int { columns.count * 8 }

    /// Computes the keys of a chunk whose first row has the number `start`.
    func write(_ chunk: SortChunk, start: Int, to entries: UnsafeMutablePointer<SortEntry>) {
        let count = chunk.count
        let scratch = VectorMemory(byteCount: count * 8 * (levels + 1))
        let codes = scratch.pointer.assumingMemoryBound(to: UInt64.self)
        let words = codes + count
        words.initialize(repeating: 0, count: count * levels)
        var used = 0
        for field in fields {
            field.write(chunk, to: codes)
            Self.place(codes, bits: field.bits, at: used, in: words, count)
            used += field.bits
        }
        for row in 0..<count { entries[start + row] = SortEntry(key: words[row], row: UInt32(start + row)) }
        for level in 1..<max(1, levels) {
            (columnWords[level - 1] + start).update(from: words + level * count, count: count)
        }
    }

    /// Puts `bits` bits behind the first `used` ones. Words are filled from their lowest bit on, so what is
    /// in a word is pushed up; a field may go on in the next word.
    private static func place(
        _ codes: UnsafeMutablePointer<UInt64>, bits: Int, at used: Int,
        in words: UnsafeMutablePointer<UInt64>, _ count: Int
    ) {
        let word = words + used / 64 * count
        let room = 64 - used % 64
        if bits <= room {
            for row in 0..<count { word[row] = word[row] << UInt64(bits) | codes[row] }
            return
        }
        let rest = UInt64(bits - room)
        let next = word + count
        let mask: UInt64 = (1 << rest) - 1
        for row in 0..<count {
            word[row] = word[row] << UInt64(room) | codes[row] >> rest
            next[row] = codes[row] & mask
        }
    }

    /// Whether the entries are in order already.
    func isSorted(_ entries: UnsafeMutablePointer<SortEntry>, count: Int, threads: Int) throws -> Bool {
        let pieces = max(1, count / 65_536)
        let unsorted = Atomic(false)
        let sent = SentEntries(pointer: entries)
        try ParallelTasks.run(pieces, threads: threads) { piece in
            if unsorted.load(ordering: .relaxed) { return }
            let entries = sent.pointer
            // Each piece also compares its last row with the first of the next.
            for row in (count * piece / pieces)..<min(count - 1, count * (piece + 1) / pieces) {
                let first = entries[row].key
                let second = entries[row + 1].key
                if first > second || (first == second && self.levels > 1 && self.isGreater(row, row + 1)) {
                    return unsorted.store(true, ordering: .relaxed)
                }
            }
        }
        return !unsorted.load(ordering: .relaxed)
    }

    /// Whether the words behind the first are greater in one row than in another.
    private func isGreater(_ first: Int, _ second: Int) -> Bool {
        for words in columnWords where words[first] != words[second] { return words[first] > words[second] }
        return false
    }

    private struct SentEntries: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<SortEntry>
    }
}
