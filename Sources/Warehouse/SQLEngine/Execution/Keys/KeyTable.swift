package import Vectors

/// Gives each distinct key row a group: numbers from 0 on in the order in which the keys are first met. One
/// thread adds; when it is done, any number of `KeyFinder`s may look up side by side.
///
/// Keys are equal as SQL compares them: by value whatever the layout; zeros of both signs are equal, so are
/// all NaNs; timestamps with an offset by instant; semi-structured values by their JSON text.
package final class KeyTable: @unchecked Sendable {
    // Changed by one thread, before others see it.

    package let types: [SQLType]
    /// Whether NULLs of a column are equal to each other. Where not, rows with them have no group.
    let nullsEqual: [Bool]
    /// How many groups there are.
    package private(set) var count = 0
    let reader: KeyReader
    private(set) var layout = KeyLayout()
    private(set) var slots = KeySlots(bits: 0)
    /// The packed keys by group, one after the other.
    private var keys = VectorMemory(byteCount: 1024)
    private var isPrepared = false
    private var expected = 0
    /// First values of columns of which the keys do not keep all.
    private var originals: [Int: VectorCollector] = [:]
    private let scratch: KeyScratch

    /// What rows without a group get.
    package static let none = UInt32.max

    /// - Parameter nullsEqual: as grouping has it; `nil`: so are all columns.
    package init(_ types: [SQLType], nullsEqual: [Bool]? = nil) {
        self.types = types
        self.nullsEqual = nullsEqual ?? types.map { _ in true }
        reader = KeyReader(types)
        scratch = KeyScratch()
        for (column, type) in types.enumerated() where type == .timestampTZ {
            originals[column] = VectorCollector(type)
        }
    }

    /// The bytes it holds.
    package var byteCount: Int {
        keys.byteCount + slots.byteCount + reader.byteCount + originals.values.reduce(0) { $0 + $1.byteCount }
    }

    var keyWords: UnsafeMutablePointer<UInt64> { keys.pointer.assumingMemoryBound(to: UInt64.self) }

    /// Makes the table fit for just these keys, which are then added by `groups`. Only before any are.
    package func prepare(_ columns: [Vector], count: Int) throws {
        guard !types.isEmpty else { return }
        var ranges = [KeyRange](repeating: KeyRange(), count: reader.fieldCount)
        var start = 0
        while start < count {
            let part = min(KeyReader.rowsMax, count - start)
            if let column = try reader.read(columns, from: start, count: part, absent: nil) {
                reader.widen(column)
                ranges = [KeyRange](repeating: KeyRange(), count: reader.fieldCount)
                start = 0
                continue
            }
            for field in ranges.indices { ranges[field].add(reader.parts[field], count: part) }
            start += part
        }
        expected = count
        setLayout(ranges, slack: 0)
        isPrepared = true
    }

    /// Finds the groups of `count` rows, and makes new ones for keys that have none. Rows with NULLs that
    /// equal nothing get `none`.
    package func groups(of columns: [Vector], count rows: Int, into target: UnsafeMutablePointer<UInt32>)
        throws
    {
        guard !types.isEmpty else {
            if rows > 0 { count = 1 }
            return target.initialize(repeating: 0, count: rows)
        }
        var start = 0
        while start < rows {
            let part = min(KeyReader.rowsMax, rows - start)
            let before = count
            try add(columns, from: start, count: part, into: target + start)
            if count > before, !originals.isEmpty {
                keepOriginals(columns, from: start, part, target + start, before)
            }
            start += part
        }
    }

    private func add(
        _ columns: [Vector], from start: Int, count rows: Int, into target: UnsafeMutablePointer<UInt32>
    ) throws {
        guard count + rows < Int(Self.none) else {
            throw SQLError(.outOfMemory, "there are more than 4 billion groups")
        }
        while let column = try reader.read(columns, from: start, count: rows, absent: nil) { widen(column) }
        scratch.reserve(wordCount: layout.wordCount)
        let absent = excluded(rows)
        if !isPrepared
            || !layout.pack(
                reader.parts, count: rows, into: scratch.words, stride: KeyReader.rowsMax, absent: nil)
        {
            isPrepared = true
            extendLayout(rows)
            scratch.reserve(wordCount: layout.wordCount)
            _ = layout.pack(
                reader.parts, count: rows, into: scratch.words, stride: KeyReader.rowsMax, absent: nil)
        }
        guard absent else { return insert(rows, into: target) }
        // Rows without a group are left out, and the others moved up.
        let words = scratch.words
        let places = scratch.places
        var kept = 0
        for row in 0..<rows where scratch.absent[row] == 0 {
            for word in 0..<layout.wordCount {
                words[word * KeyReader.rowsMax + kept] = words[word * KeyReader.rowsMax + row]
            }
            places[kept] = UInt32(row)
            kept += 1
        }
        insert(kept, into: scratch.moved)
        target.initialize(repeating: Self.none, count: rows)
        for row in 0..<kept { target[Int(places[row])] = scratch.moved[row] }
    }

    /// Marks rows with NULLs that equal nothing; whether there are any.
    private func excluded(_ rows: Int) -> Bool {
        var isAny = false
        for column in types.indices where !nullsEqual[column] {
            guard let validity = reader.parts[reader.firstField(of: column)].validity else { continue }
            for row in 0..<rows where validity[row] == 0 {
                if !isAny { scratch.absent.initialize(repeating: 0, count: rows) }
                isAny = true
                scratch.absent[row] = 1
            }
        }
        return isAny
    }

    private func keepOriginals(
        _ columns: [Vector], from start: Int, _ rows: Int, _ groups: UnsafePointer<UInt32>, _ before: Int
    ) {
        var next = before
        var kept = 0
        for row in 0..<rows where Int(groups[row]) == next {
            scratch.places[kept] = UInt32(row)
            kept += 1
            next += 1
        }
        for (column, collector) in originals {
            collector.append(
                columns[column].slice(from: start, count: rows), rows: scratch.places, count: kept)
        }
    }

    // MARK: Layout

    private func setLayout(_ ranges: [KeyRange], slack: Int) {
        let growing = reader.growing
        layout = KeyLayout(ranges, growing: growing, slack: slack)
        let tight = KeyLayout(ranges, growing: growing, slack: 0)
        if tight.wordCount < layout.wordCount { layout = tight }
        let bits = layout.firstBits
        if layout.wordCount == 1, bits <= 16 || (bits < 28 && 1 << bits <= 8 * max(count, expected)) {
            slots = KeySlots(bits: bits)
        } else {
            slots = KeySlots(capacity: max(count, expected) + KeyReader.rowsMax)
        }
    }

    /// Chooses a layout that has place for what is there and for the parts just read, and packs the keys
    /// anew.
    private func extendLayout(_ rows: Int) {
        let known = unpackedKeys()
        var ranges = [KeyRange](repeating: KeyRange(), count: reader.fieldCount)
        for field in ranges.indices {
            if count > 0 { ranges[field].add(known[field].part, count: count) }
            ranges[field].add(reader.parts[field], count: rows)
        }
        repack(known, ranges)
    }

    /// Gives a NUMBER column a second field, as its values do not fit 64 bits.
    private func widen(_ column: Int) {
        let field = reader.firstField(of: column)
        var known = isPrepared ? unpackedKeys() : []
        reader.widen(column)
        guard isPrepared else { return }
        let high = KeyFieldValues(count: count, hasNulls: known[field].part.validity != nil)
        for group in 0..<count {
            high.values[group] = known[field].values[group] >> 63
            if let validity = known[field].part.validity { high.validity?[group] = validity[group] }
        }
        known.insert(high, at: field + 1)
        var ranges = [KeyRange](repeating: KeyRange(), count: reader.fieldCount)
        for field in ranges.indices { ranges[field].add(known[field].part, count: count) }
        repack(known, ranges)
    }

    private func unpackedKeys() -> [KeyFieldValues] {
        layout.fields.map { field in
            let values = KeyFieldValues(count: count, hasNulls: field.hasNulls)
            layout.unpack(field, keyWords, count: count, into: values.values, validity: values.validity)
            return values
        }
    }

    private func repack(_ known: [KeyFieldValues], _ ranges: [KeyRange]) {
        setLayout(ranges, slack: 2)
        let wordCount = layout.wordCount
        keys = VectorMemory(byteCount: max(1024, (count + 64) * wordCount * 8))
        scratch.reserve(wordCount: wordCount)
        var start = 0
        while start < count {
            let part = min(KeyReader.rowsMax, count - start)
            let parts = known.map { $0.part(from: start) }
            _ = layout.pack(parts, count: part, into: scratch.words, stride: KeyReader.rowsMax, absent: nil)
            for word in 0..<wordCount {
                for row in 0..<part {
                    keyWords[(start + row) * wordCount + word] = scratch.words[word * KeyReader.rowsMax + row]
                }
            }
            start += part
        }
        fillSlots()
    }

    private func fillSlots() {
        let wordCount = layout.wordCount
        for group in 0..<count {
            let key = keyWords + group * wordCount
            slots.add(wordCount == 1 ? key[0] : KeySlots.hash(key: key, wordCount: wordCount), group: group)
        }
    }

    // MARK: Inserting

    /// Groups of the packed rows in `scratch`.
    private func insert(_ rows: Int, into target: UnsafeMutablePointer<UInt32>) {
        guard rows > 0 else { return }
        let wordCount = layout.wordCount
        if slots.direct == nil, count + rows > slots.capacity {
            slots = KeySlots(capacity: (count + rows) * 2)
            fillSlots()
        }
        keys = keys.grown(used: count * wordCount * 8, needed: (count + rows) * wordCount * 8)
        let runs = scratch.findRuns(rows, wordCount: wordCount)
        let words = runs.words
        let found = runs.isCompact ? scratch.runGroups : target
        if slots.direct != nil {
            insertDirect(words, runs.count, into: found)
        } else if wordCount == 1 {
            insertSingle(words, runs.count, into: found)
        } else {
            KeySlots.hash(
                words, wordCount: wordCount, count: runs.count, stride: KeyReader.rowsMax,
                into: scratch.hashes)
            insertWide(words, scratch.hashes, runs.count, into: found)
        }
        if runs.isCompact { scratch.expandRuns(runs.count, rows, into: target) }
    }

    private func insertDirect(
        _ words: UnsafePointer<UInt64>, _ rows: Int, into target: UnsafeMutablePointer<UInt32>
    ) {
        guard let direct = slots.direct else { return }
        let keys = keyWords
        var next = count
        for row in 0..<rows {
            let place = Int(truncatingIfNeeded: words[row])
            var group = direct[place]
            if group == 0 {
                keys[next] = words[row]
                next += 1
                group = UInt32(truncatingIfNeeded: next)
                direct[place] = group
            }
            target[row] = group &- 1
        }
        count = next
    }

    private func insertSingle(
        _ words: UnsafePointer<UInt64>, _ rows: Int, into target: UnsafeMutablePointer<UInt32>
    ) {
        let table = slots.slots
        let mask = slots.mask
        let keys = keyWords
        var next = count
        var start = 0
        while start < rows {
            let part = min(KeyScratch.blockRows, rows - start)
            scratch.load(words + start, part, slots)
            for row in 0..<part {
                let word = words[start + row]
                if scratch.loadedWords[row] == word, scratch.loadedGroups[row] != 0 {
                    target[start + row] = UInt32(truncatingIfNeeded: scratch.loadedGroups[row] &- 1)
                    continue
                }
                // Earlier rows of the block may have filled the slot since.
                var slot = Int(scratch.loadedSlots[row])
                while table[slot].group != 0, table[slot].word != word { slot = (slot &+ 1) & mask }
                if table[slot].group == 0 {
                    keys[next] = word
                    next += 1
                    table[slot] = KeySlots.Slot(word: word, group: UInt64(next))
                }
                target[start + row] = UInt32(truncatingIfNeeded: table[slot].group &- 1)
            }
            start += part
        }
        count = next
    }

    private func insertWide(
        _ words: UnsafePointer<UInt64>, _ hashes: UnsafePointer<UInt64>, _ rows: Int,
        into target: UnsafeMutablePointer<UInt32>
    ) {
        let table = slots.slots
        let mask = slots.mask
        let keys = keyWords
        let wordCount = layout.wordCount
        var next = count
        var start = 0
        while start < rows {
            let part = min(KeyScratch.blockRows, rows - start)
            scratch.load(hashes + start, part, slots)
            for row in start..<start + part {
                let hash = hashes[row]
                var slot = Int(scratch.loadedSlots[row - start])
                while table[slot].group != 0 {
                    if table[slot].word == hash {
                        let key = keys + Int(table[slot].group &- 1) * wordCount
                        if KeyScratch.equals(key, words + row, wordCount) { break }
                    }
                    slot = (slot &+ 1) & mask
                }
                if table[slot].group == 0 {
                    for word in 0..<wordCount {
                        keys[next * wordCount + word] = words[word * KeyReader.rowsMax + row]
                    }
                    next += 1
                    table[slot] = KeySlots.Slot(word: hash, group: UInt64(next))
                }
                target[row] = UInt32(truncatingIfNeeded: table[slot].group &- 1)
            }
            start += part
        }
        count = next
    }

    /// The original values of the first rows of the groups, of a column where they are kept.
    func original(_ column: Int) -> Vector? {
        guard let collector = originals.removeValue(forKey: column) else { return nil }
        let vector = collector.finish()
        let next = VectorCollector(types[column])
        next.append(vector)
        originals[column] = next
        return vector
    }
}
