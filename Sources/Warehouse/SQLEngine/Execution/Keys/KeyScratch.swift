internal import CKernels
import Vectors

/// Memory for the keys of one batch on their way into or through a table. One thread.
final class KeyScratch {
    /// How many slots are loaded side by side, so that the waits for memory overlap.
    static let blockRows = 1024

    private var wordMemory = VectorMemory(byteCount: 0)
    private var runMemory = VectorMemory(byteCount: 0)
    private let memory: VectorMemory
    /// Packed keys: word `w` of row `r` at `w * KeyReader.rowsMax + r`.
    private(set) var words: UnsafeMutablePointer<UInt64>
    /// The same of the first rows of runs.
    private var runWords: UnsafeMutablePointer<UInt64>
    let hashes: UnsafeMutablePointer<UInt64>
    let loadedWords: UnsafeMutablePointer<UInt64>
    let loadedGroups: UnsafeMutablePointer<UInt64>
    let loadedSlots: UnsafeMutablePointer<UInt64>
    private let starts: UnsafeMutablePointer<UInt32>
    let runGroups: UnsafeMutablePointer<UInt32>
    let places: UnsafeMutablePointer<UInt32>
    let moved: UnsafeMutablePointer<UInt32>
    let absent: UnsafeMutablePointer<UInt8>

    init() {
        let rows = KeyReader.rowsMax
        memory = VectorMemory(byteCount: rows * 8 + Self.blockRows * 24 + rows * 16 + 64 + rows)
        hashes = memory.pointer.assumingMemoryBound(to: UInt64.self)
        loadedWords = hashes + rows
        loadedGroups = loadedWords + Self.blockRows
        loadedSlots = loadedGroups + Self.blockRows
        starts = UnsafeMutableRawPointer(loadedSlots + Self.blockRows).assumingMemoryBound(to: UInt32.self)
        runGroups = starts + rows + 8
        places = runGroups + rows
        moved = places + rows
        absent = UnsafeMutableRawPointer(moved + rows).assumingMemoryBound(to: UInt8.self)
        words = wordMemory.pointer.assumingMemoryBound(to: UInt64.self)
        runWords = words
    }

    /// Makes room for keys of so many words.
    func reserve(wordCount: Int) {
        let needed = wordCount * KeyReader.rowsMax * 8
        guard wordMemory.byteCount < needed else { return }
        wordMemory = VectorMemory(byteCount: needed)
        runMemory = VectorMemory(byteCount: needed)
        words = wordMemory.pointer.assumingMemoryBound(to: UInt64.self)
        runWords = runMemory.pointer.assumingMemoryBound(to: UInt64.self)
    }

    /// Keys to look up: either all rows, or only the first of each run of equal ones.
    struct Runs {
        let words: UnsafeMutablePointer<UInt64>
        let count: Int
        let isCompact: Bool
    }

    /// Finds rows that repeat the row before, and leaves them out where they are many.
    func findRuns(_ rows: Int, wordCount: Int) -> Runs {
        let words = words
        let starts = starts
        var runs = 1
        starts[0] = 0
        if wordCount == 1, th_changes64(words, rows) * 8 <= rows {
            var end = th_run_end64(words, 0, rows)
            while end < rows {
                starts[runs] = UInt32(truncatingIfNeeded: end)
                runs &+= 1
                end = th_run_end64(words, end, rows)
            }
        } else if wordCount == 1 {
            for row in 1..<max(1, rows) {
                starts[runs] = UInt32(truncatingIfNeeded: row)
                runs &+= words[row] == words[row &- 1] ? 0 : 1
            }
        } else {
            for row in 1..<max(1, rows) {
                var difference: UInt64 = 0
                for word in 0..<wordCount {
                    let place = word &* KeyReader.rowsMax &+ row
                    difference |= words[place] ^ words[place &- 1]
                }
                starts[runs] = UInt32(truncatingIfNeeded: row)
                runs &+= difference == 0 ? 0 : 1
            }
        }
        guard runs * 4 <= rows * 3 else { return Runs(words: words, count: rows, isCompact: false) }
        for word in 0..<wordCount {
            let source = words + word * KeyReader.rowsMax
            let target = runWords + word * KeyReader.rowsMax
            for run in 0..<runs { target[run] = source[Int(starts[run])] }
        }
        return Runs(words: runWords, count: runs, isCompact: true)
    }

    /// Gives each row the group of its run.
    func expandRuns(_ runs: Int, _ rows: Int, into target: UnsafeMutablePointer<UInt32>) {
        starts[runs] = UInt32(rows)
        for run in 0..<runs {
            let group = runGroups[run]
            for row in Int(starts[run])..<Int(starts[run + 1]) { target[row] = group }
        }
    }

    /// Loads the home slots of some words.
    @inline(__always)
    func load(_ words: UnsafePointer<UInt64>, _ count: Int, _ slots: KeySlots) {
        let table = slots.slots
        let shift = slots.shift
        let homes = loadedSlots
        let foundWords = loadedWords
        let foundGroups = loadedGroups
        for row in 0..<count {
            let home = KeySlots.mixed(words[row]) &>> shift
            homes[row] = home
            let slot = table[Int(truncatingIfNeeded: home)]
            foundWords[row] = slot.word
            foundGroups[row] = slot.group
        }
    }

    /// Whether a key is that of a row of packed words.
    @inline(__always)
    static func equals(_ key: UnsafePointer<UInt64>, _ row: UnsafePointer<UInt64>, _ wordCount: Int) -> Bool {
        for word in 0..<wordCount where key[word] != row[word &* KeyReader.rowsMax] { return false }
        return true
    }
}

/// The values of one field of many keys.
final class KeyFieldValues {
    private let memory: VectorMemory
    let values: UnsafeMutablePointer<Int64>
    let validity: UnsafeMutablePointer<UInt8>?

    init(count: Int, hasNulls: Bool) {
        memory = VectorMemory(byteCount: count * 9 + 16)
        values = memory.pointer.assumingMemoryBound(to: Int64.self)
        validity = hasNulls ? (memory.pointer + count * 8).assumingMemoryBound(to: UInt8.self) : nil
    }

    var part: KeyPart { part(from: 0) }

    func part(from start: Int) -> KeyPart {
        KeyPart(values: values + start, validity: validity.map { UnsafePointer($0 + start) })
    }
}
