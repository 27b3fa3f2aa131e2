package import Vectors

/// Looks keys up in a table to which nothing is added any more. One thread; each has its own.
package final class KeyFinder {
    private let table: KeyTable
    private let reader: KeyReader
    private let scratch = KeyScratch()
    private let slots: KeySlots

    /// - Parameter table: complete.
    package init(_ table: KeyTable) {
        self.table = table
        reader = KeyReader(finding: table.reader)
        slots = table.slots
        scratch.reserve(wordCount: table.layout.wordCount)
    }

    /// The groups of `count` rows, `KeyTable.none` where there is none.
    package func find(_ columns: [Vector], count rows: Int, into target: UnsafeMutablePointer<UInt32>) throws
    {
        guard !table.types.isEmpty else {
            return target.initialize(repeating: table.count > 0 ? 0 : KeyTable.none, count: rows)
        }
        guard table.count > 0 else { return target.initialize(repeating: KeyTable.none, count: rows) }
        var start = 0
        while start < rows {
            let part = min(KeyReader.rowsMax, rows - start)
            try find(columns, from: start, part, into: target + start)
            start += part
        }
    }

    private func find(
        _ columns: [Vector], from start: Int, _ rows: Int, into target: UnsafeMutablePointer<UInt32>
    ) throws {
        let absent = scratch.absent
        absent.initialize(repeating: 0, count: rows)
        _ = try reader.read(columns, from: start, count: rows, absent: absent)
        let layout = table.layout
        layout.pack(reader.parts, count: rows, into: scratch.words, stride: KeyReader.rowsMax, absent: absent)
        let runs = scratch.findRuns(rows, wordCount: layout.wordCount)
        let found = runs.isCompact ? scratch.runGroups : target
        if let direct = slots.direct {
            let limit = UInt64(1) << UInt64(layout.firstBits)
            for row in 0..<runs.count {
                let word = runs.words[row]
                found[row] = word < limit ? direct[Int(truncatingIfNeeded: word)] &- 1 : KeyTable.none
            }
        } else if layout.wordCount == 1 {
            findSingle(runs.words, runs.count, into: found)
        } else {
            KeySlots.hash(
                runs.words, wordCount: layout.wordCount, count: runs.count, stride: KeyReader.rowsMax,
                into: scratch.hashes)
            findWide(runs.words, runs.count, layout.wordCount, into: found)
        }
        if runs.isCompact { scratch.expandRuns(runs.count, rows, into: target) }
        // Rows that are no key were looked up as some other.
        for row in 0..<rows where absent[row] != 0 { target[row] = KeyTable.none }
    }

    private func findSingle(
        _ words: UnsafePointer<UInt64>, _ rows: Int, into target: UnsafeMutablePointer<UInt32>
    ) {
        let table = slots.slots
        let mask = slots.mask
        let loadedWords = scratch.loadedWords
        let loadedGroups = scratch.loadedGroups
        var start = 0
        while start < rows {
            let part = min(KeyScratch.blockRows, rows - start)
            scratch.load(words + start, part, slots)
            for row in 0..<part {
                // An empty slot gives group 0, which becomes `none`.
                if loadedGroups[row] == 0 || loadedWords[row] == words[start + row] {
                    target[start + row] = UInt32(truncatingIfNeeded: loadedGroups[row] &- 1)
                    continue
                }
                let word = words[start + row]
                var slot = Int(scratch.loadedSlots[row] &+ 1) & mask
                while table[slot].group != 0, table[slot].word != word { slot = (slot &+ 1) & mask }
                target[start + row] = UInt32(truncatingIfNeeded: table[slot].group &- 1)
            }
            start += part
        }
    }

    private func findWide(
        _ words: UnsafePointer<UInt64>, _ rows: Int, _ wordCount: Int,
        into target: UnsafeMutablePointer<UInt32>
    ) {
        let table = slots.slots
        let mask = slots.mask
        let keys = self.table.keyWords
        let hashes = scratch.hashes
        var start = 0
        while start < rows {
            let part = min(KeyScratch.blockRows, rows - start)
            scratch.load(hashes + start, part, slots)
            for row in start..<start + part {
                var slot = Int(scratch.loadedSlots[row - start])
                while table[slot].group != 0 {
                    if table[slot].word == hashes[row] {
                        let key = keys + Int(table[slot].group &- 1) * wordCount
                        if KeyScratch.equals(key, words + row, wordCount) { break }
                    }
                    slot = (slot &+ 1) & mask
                }
                target[row] = UInt32(truncatingIfNeeded: table[slot].group &- 1)
            }
            start += part
        }
    }
}
