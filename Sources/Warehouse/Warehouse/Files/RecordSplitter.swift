import DurableIO
import Vectors

/// Finds where records end in bytes, without looking at what is in them.
struct RecordSplitter {
    typealias Bytes = UnsafePointer<UInt8>

    /// What divides a CSV file; `nil` for lines.
    private let format: FileFormat?
    private let last: UInt8
    private let delimiterCount: Int

    /// Records that end at line feeds.
    init() {
        format = nil
        last = 0x0A
        delimiterCount = 1
    }

    /// Records of a CSV file.
    init(_ format: FileFormat) {
        self.format = format
        last = format.recordDelimiter[0]
        delimiterCount = format.recordDelimiter.count
    }

    /// Whether records may contain the byte that ends them.
    var needsState: Bool {
        guard let format else { return false }
        return (format.enclosure != nil && format.isMultiLine) || format.unenclosedEscape != nil
            || delimiterCount > 1
            || last != 0x0A
    }

    /// A run of whole records.
    struct Run {
        /// Behind the last of them.
        var end: Int
        var records = 0
        /// How many line feeds are in them.
        var lines = 0
    }

    /// The whole records in `start ..< count`, at most `most`.
    ///
    /// - Parameter isEnd: whether nothing follows, so that what is there at the end is a record as well.
    func run(_ bytes: Bytes, from start: Int, count: Int, most: Int, isEnd: Bool) -> Run {
        var run = Run(end: start)
        if needsState {
            while run.records < most, run.end < count,
                let record = record(bytes, from: run.end, count: count, isEnd: isEnd)
            {
                run.end = record.next
                run.records += 1
                run.lines += record.lines
            }
            return run
        }
        let feeds = UnsafeRawBufferPointer(start: bytes, count: count).lineFeeds(from: start, most: most)
        run = Run(end: feeds.end, records: feeds.count, lines: feeds.count)
        if isEnd, run.records < most, run.end < count {
            run.end = count
            run.records += 1
        }
        return run
    }

    /// A record: where its content ends, where the next one begins, and how many line feeds lie between.
    struct Record {
        var end: Int
        var next: Int
        var lines: Int
    }

    /// The record that begins at `start`; `nil` where it does not end before `count` and more may follow.
    func record(_ bytes: Bytes, from start: Int, count: Int, isEnd: Bool) -> Record? {
        var position = start
        var lines = 0
        // What an escape stands before is no delimiter.
        var escapedTo = start
        let enclosure = format?.isMultiLine == false ? nil : format?.enclosure
        let escape = format?.unenclosedEscape
        while true {
            position = next(bytes, position, count, enclosure, escape)
            guard position < count else { break }
            let byte = bytes[position]
            if byte == last, isDelimiter(bytes, position, count) {
                var end = position
                if last == 0x0A, end > start, bytes[end - 1] == 0x0D { end -= 1 }
                let delimiterLines = last == 0x0A ? 1 : 0
                return Record(end: end, next: position + delimiterCount, lines: lines + delimiterLines)
            }
            if byte == enclosure, beginsField(bytes, position, from: start, after: escapedTo) {
                guard let after = closing(bytes, position + 1, count, byte, &lines) else {
                    position = count
                    break
                }
                position = after
                continue
            }
            if byte == escape {
                if position + 1 < count, bytes[position + 1] == 0x0A { lines += 1 }
                position += 2
                escapedTo = position
                continue
            }
            if byte == 0x0A { lines += 1 }
            position += 1
        }
        return isEnd ? Record(end: count, next: count, lines: lines) : nil
    }

    private func isDelimiter(_ bytes: Bytes, _ position: Int, _ count: Int) -> Bool {
        guard delimiterCount > 1, let format else { return true }
        guard position + delimiterCount <= count else { return false }
        for index in 1..<delimiterCount where bytes[position + index] != format.recordDelimiter[index] {
            return false
        }
        return true
    }

    /// Whether a field begins at a position: at the record's beginning or behind a delimiter, spaces
    /// between aside where they are trimmed.
    private func beginsField(
        _ bytes: Bytes, _ position: Int, from start: Int, after escapedTo: Int
    ) -> Bool {
        guard let format else { return false }
        var place = position
        if format.trimsSpace {
            while place > start, bytes[place - 1] == 0x20 || bytes[place - 1] == 0x09 { place -= 1 }
        }
        if place == start { return true }
        let delimiter = format.fieldDelimiter
        guard place - max(start, escapedTo) >= delimiter.count else { return false }
        for index in delimiter.indices where bytes[place - delimiter.count + index] != delimiter[index] {
            return false
        }
        return true
    }

    /// Behind the quote that closes a field.
    private func closing(_ bytes: Bytes, _ start: Int, _ count: Int, _ quote: UInt8, _ lines: inout Int)
        -> Int?
    {
        let escape = format?.escape
        var position = start
        while position < count {
            let byte = bytes[position]
            if byte == quote {
                guard position + 1 < count, bytes[position + 1] == quote else { return position + 1 }
                position += 1
            } else if byte == escape {
                if position + 1 < count, bytes[position + 1] == 0x0A { lines += 1 }
                position += 1
            } else if byte == 0x0A {
                lines += 1
            }
            position += 1
        }
        return nil
    }

    /// The next byte that may matter.
    @inline(__always)
    private func next(_ bytes: Bytes, _ start: Int, _ count: Int, _ enclosure: UInt8?, _ escape: UInt8?)
        -> Int
    {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let end = ones &* UInt64(last)
        let feed = ones &* 0x0A
        let quote = ones &* UInt64(enclosure ?? last)
        let mark = ones &* UInt64(escape ?? last)
        var position = start
        while position + 8 <= count {
            let word = UInt64(littleEndian: UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self))
            let (a, b, c, d) = (word ^ end, word ^ quote, word ^ mark, word ^ feed)
            let found =
                (((a &- ones) & ~a) | ((b &- ones) & ~b) | ((c &- ones) & ~c) | ((d &- ones) & ~d))
                & (ones &* 0x80)
            if found != 0 { return position + found.trailingZeroBitCount >> 3 }
            position += 8
        }
        while position < count {
            let byte = bytes[position]
            if byte == last || byte == 0x0A || byte == enclosure || byte == escape { break }
            position += 1
        }
        return position
    }
}
