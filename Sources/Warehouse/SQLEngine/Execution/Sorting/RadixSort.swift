import Synchronization
import Vectors

/// A row and 64 bits of its key.
struct SortEntry {
    var key: UInt64
    var row: UInt32
}

/// Keys as words of up to 64 bits, the most significant first.
protocol KeyWordSource: Sendable {
    var levels: Int { get }
    /// How many low bits of the words of a level may differ.
    func bits(_ level: Int) -> Int
    func word(_ level: Int, _ row: UInt32) -> UInt64
}

/// Sorts entries by their keys, stably: large ranges are parted by the highest bits with all threads, small
/// ones sorted by digits from the lowest within the processor's cache. Rows whose words are equal are then
/// sorted by the next word.
final class RadixSort<Words: KeyWordSource>: @unchecked Sendable {
    // Threads work on ranges of their own.
    private let entries: UnsafeMutablePointer<SortEntry>
    private let spare: UnsafeMutablePointer<SortEntry>
    private let count: Int
    private let words: Words
    private let threads: Int
    private static var inCache: Int { 1 << 15 }

    /// - Parameters:
    ///   - entries: with words of level 0 as keys.
    ///   - spare: as much room again.
    init(
        _ entries: UnsafeMutablePointer<SortEntry>, spare: UnsafeMutablePointer<SortEntry>, count: Int,
        words: Words,
        threads: Int
    ) {
        self.entries = entries
        self.spare = spare
        self.count = count
        self.words = words
        self.threads = threads
    }

    private struct Range {
        var start: Int
        var count: Int
        var bits: Int
        var level = 0
        /// Whether the entries are in `spare` now.
        var isSpare = false
    }

    func sort() throws {
        let all = Range(start: 0, count: count, bits: words.bits(0))
        guard threads > 1, count > 2 * Self.inCache else { return sort(all) }
        let large = max(2 * Self.inCache, count / (threads * 8))
        var pending = [all]
        var tasks: [Range] = []
        while let range = pending.popLast() {
            if range.count <= large {
                tasks.append(range)
            } else if range.bits > 0 {
                pending += try part(range)
            } else if range.level + 1 < words.levels {
                pending.append(try reload(range))
            } else {
                tasks.append(range)
            }
        }
        tasks.sort { $0.count > $1.count }
        let sorted = tasks
        try ParallelTasks.run(sorted.count, threads: threads) { self.sort(sorted[$0]) }
    }

    private func sort(_ range: Range) {
        let here = (range.isSpare ? spare : entries) + range.start
        let there = (range.isSpare ? entries : spare) + range.start
        sort(here, there, range.count, range.bits, range.level, stays: !range.isSpare)
    }

    // MARK: With all threads

    /// Keys of the next level.
    private func reload(_ range: Range) throws -> Range {
        let here = Sent((range.isSpare ? spare : entries) + range.start)
        let pieces = threads * 4
        try ParallelTasks.run(pieces, threads: threads) { piece in
            let bounds = Self.piece(piece, of: pieces, range.count)
            for index in bounds {
                here.pointer[index].key = self.words.word(range.level + 1, here.pointer[index].row)
            }
        }
        var next = range
        next.level += 1
        next.bits = words.bits(next.level)
        return next
    }

    private func part(_ range: Range) throws -> [Range] {
        let here = Sent((range.isSpare ? spare : entries) + range.start)
        let there = Sent((range.isSpare ? entries : spare) + range.start)
        var digitBits = 6
        while digitBits < 10, range.count >> digitBits > Self.inCache / 2 { digitBits += 1 }
        digitBits = min(digitBits, range.bits)
        let shift = UInt64(range.bits - digitBits)
        let buckets = 1 << digitBits
        let mask = UInt64(buckets - 1)
        let pieces = threads
        let places = VectorMemory(byteCount: pieces * buckets * 8)
        let table = Sent(places.pointer.assumingMemoryBound(to: Int.self))
        table.pointer.initialize(repeating: 0, count: pieces * buckets)
        try ParallelTasks.run(pieces, threads: threads) { piece in
            let own = table.pointer + piece * buckets
            for index in Self.piece(piece, of: pieces, range.count) {
                own[Int(truncatingIfNeeded: here.pointer[index].key &>> shift & mask)] &+= 1
            }
        }
        var ranges: [Range] = []
        var place = 0
        for bucket in 0..<buckets {
            let start = place
            for piece in 0..<pieces {
                let size = table.pointer[piece * buckets + bucket]
                table.pointer[piece * buckets + bucket] = place
                place += size
            }
            guard place > start else { continue }
            ranges.append(
                Range(
                    start: range.start + start, count: place - start, bits: Int(shift), level: range.level,
                    isSpare: !range.isSpare))
        }
        if ranges.count == 1 {
            ranges[0].isSpare = range.isSpare
            return ranges
        }
        try ParallelTasks.run(pieces, threads: threads) { piece in
            let own = table.pointer + piece * buckets
            for index in Self.piece(piece, of: pieces, range.count) {
                let entry = here.pointer[index]
                let bucket = Int(truncatingIfNeeded: entry.key &>> shift & mask)
                there.pointer[own[bucket]] = entry
                own[bucket] &+= 1
            }
        }
        return ranges
    }

    private static func piece(_ piece: Int, of pieces: Int, _ count: Int) -> Swift.Range<Int> {
        count * piece / pieces..<count * (piece + 1) / pieces
    }

    // MARK: With one thread

    private typealias Pointer = UnsafeMutablePointer<SortEntry>

    /// - Parameter stays: whether the sorted entries are to be in `here` (otherwise in `there`).
    private func sort(_ here: Pointer, _ there: Pointer, _ count: Int, _ bits: Int, _ level: Int, stays: Bool)
    {
        if bits == 0 || count < 2 {
            if count > 1, level + 1 < words.levels {
                for index in 0..<count { here[index].key = words.word(level + 1, here[index].row) }
                return sort(here, there, count, words.bits(level + 1), level + 1, stays: stays)
            }
            if !stays { there.update(from: here, count: count) }
        } else if count <= 48 {
            insertionSort(here, count)
            if !stays { there.update(from: here, count: count) }
            refine(stays ? here : there, stays ? there : here, count, level)
        } else if count <= Self.inCache {
            sortByDigits(here, there, count, bits, stays: stays)
            refine(stays ? here : there, stays ? there : here, count, level)
        } else {
            partAlone(here, there, count, bits, level, stays: stays)
        }
    }

    private func insertionSort(_ entries: Pointer, _ count: Int) {
        for index in 1..<count {
            let entry = entries[index]
            var place = index
            while place > 0, entries[place - 1].key > entry.key {
                entries[place] = entries[place - 1]
                place -= 1
            }
            entries[place] = entry
        }
    }

    /// Sorts what is equal by the words of the next level.
    private func refine(_ entries: Pointer, _ scratch: Pointer, _ count: Int, _ level: Int) {
        guard level + 1 < words.levels else { return }
        var start = 0
        while start < count {
            let key = entries[start].key
            var end = start + 1
            while end < count, entries[end].key == key { end += 1 }
            if end - start > 1 {
                for index in start..<end { entries[index].key = words.word(level + 1, entries[index].row) }
                sort(
                    entries + start, scratch + start, end - start, words.bits(level + 1), level + 1,
                    stays: true)
            }
            start = end
        }
    }

    /// Least significant digit first.
    private func sortByDigits(_ here: Pointer, _ there: Pointer, _ count: Int, _ bits: Int, stays: Bool) {
        let passes = (bits + (count > 4096 ? 10 : 7)) / (count > 4096 ? 11 : 8)
        let digitBits = (bits + passes - 1) / passes
        let buckets = 1 << digitBits
        let mask = UInt64(buckets - 1)
        let histograms = UnsafeMutablePointer<UInt32>.allocate(capacity: passes * buckets)
        defer { histograms.deallocate() }
        histograms.initialize(repeating: 0, count: passes * buckets)
        for index in 0..<count {
            var key = here[index].key
            for pass in 0..<passes {
                histograms[pass &* buckets &+ Int(truncatingIfNeeded: key & mask)] &+= 1
                key = key &>> UInt64(digitBits)
            }
        }
        var (from, to) = (here, there)
        for pass in 0..<passes {
            let places = histograms + pass * buckets
            let shift = UInt64(pass * digitBits)
            if places[Int(truncatingIfNeeded: from[0].key &>> shift & mask)] == UInt32(count) { continue }
            var place: UInt32 = 0
            for bucket in 0..<buckets {
                let size = places[bucket]
                places[bucket] = place
                place &+= size
            }
            for index in 0..<count {
                let entry = from[index]
                let bucket = Int(truncatingIfNeeded: entry.key &>> shift & mask)
                to[Int(places[bucket])] = entry
                places[bucket] &+= 1
            }
            swap(&from, &to)
        }
        let target = stays ? here : there
        if from != target { target.update(from: from, count: count) }
    }

    /// Parts by the highest bits, then sorts each part.
    private func partAlone(
        _ here: Pointer, _ there: Pointer, _ count: Int, _ bits: Int, _ level: Int, stays: Bool
    ) {
        let digitBits = min(bits, 8)
        let shift = UInt64(bits - digitBits)
        let buckets = 1 << digitBits
        let mask = UInt64(buckets - 1)
        let places = UnsafeMutablePointer<Int>.allocate(capacity: buckets)
        defer { places.deallocate() }
        places.initialize(repeating: 0, count: buckets)
        for index in 0..<count { places[Int(truncatingIfNeeded: here[index].key &>> shift & mask)] &+= 1 }
        if places[Int(truncatingIfNeeded: here[0].key &>> shift & mask)] == count {
            return sort(here, there, count, Int(shift), level, stays: stays)
        }
        var place = 0
        for bucket in 0..<buckets {
            let size = places[bucket]
            places[bucket] = place
            place += size
        }
        for index in 0..<count {
            let entry = here[index]
            let bucket = Int(truncatingIfNeeded: entry.key &>> shift & mask)
            there[places[bucket]] = entry
            places[bucket] &+= 1
        }
        // Each place is now the end of its bucket.
        var start = 0
        for bucket in 0..<buckets {
            let end = places[bucket]
            if end > start {
                sort(there + start, here + start, end - start, Int(shift), level, stays: !stays)
            }
            start = end
        }
    }

    // Threads write to places of their own.
    private struct Sent<Value>: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<Value>
        init(_ pointer: UnsafeMutablePointer<Value>) { self.pointer = pointer }
    }
}
