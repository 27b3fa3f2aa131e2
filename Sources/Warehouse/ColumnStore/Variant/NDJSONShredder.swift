package import JSON
package import Vectors

/// A line that is no JSON value.
package struct RejectedLine: Sendable, Hashable {
    /// The index of the line, blank and rejected ones counted.
    package let line: Int
    /// Where the line begins.
    package let byteOffset: Int
    /// The bytes of the line without its end.
    package let byteCount: Int
    /// What is wrong, and at which byte of the line.
    package let error: JSONError

    package init(line: Int, byteOffset: Int, byteCount: Int, error: JSONError) {
        self.line = line
        self.byteOffset = byteOffset
        self.byteCount = byteCount
        self.error = error
    }
}

/// A row group of NDJSON lines.
package struct ShreddedLines: Sendable {
    /// The rows.
    package var variant: ShreddedVariant
    /// The index of the line of each row, an INTEGER; `nil` where row `r` is line `firstLine + r`.
    package var lineIndexes: Vector?
    /// The index of the first line that was looked at for this group.
    package var firstLine: Int
    /// Lines that were no JSON: the first `NDJSONShredder.Options.rejectionsKeptMax` of them.
    package var rejections: [RejectedLine]
    /// How many lines were no JSON.
    package var rejectedCount: Int
    /// How many lines were blank.
    package var blankCount: Int
    /// How many bytes of lines were read, with their ends.
    package var byteCount: Int

    /// How many lines were looked at.
    package var lineCount: Int { variant.count + rejectedCount + blankCount }
}

/// Reads NDJSON into shredded row groups, in one pass over the bytes and with no object a row.
///
/// Lines whose shape is known (the same keys, separators and blanks as a line before) go through `FastLines`;
/// any other line through the complete parser, which teaches the shape. What is kept does not depend on which
/// way a line took. A line ends at a line feed; a carriage return before it does not matter. A malformed line
/// is reported and lost alone.
///
/// One thread at a time. Several threads each have their own, over their own lines; row groups know nothing
/// of each other.
package final class NDJSONShredder: @unchecked Sendable {
    // Used by one thread at a time.

    /// What to keep and when a group is full.
    package struct Options: Sendable {
        /// Whether groups have the index of each row's line, also where it is plain.
        package var keepsLineIndexes = false
        /// The most rejected lines of a group that are listed; they are counted beyond it.
        package var rejectionsKeptMax = 100_000
        /// The rows of a full group.
        package var rowsMax = ShreddedVariant.rowsMax
        /// The bytes of lines after which a group is full.
        package var bytesMax = 256 << 20
        /// Whether a line with an object that has a key twice is malformed; otherwise the last of the two counts.
        package var rejectsDuplicateKeys = false
        /// Which lines are JSON. Those that only the lenient syntax takes are read more slowly.
        package var syntax = JSONTape.Syntax.strict

        package init() {}
    }

    private let options: Options
    private let builder: VariantBuilder
    private let shapes = ShapeTree()
    private let tape = JSONTape()
    private var lineIndexes: UnsafeMutablePointer<Int64>?
    private var rejections: [RejectedLine] = []
    private var rejectedCount = 0
    private var blankCount = 0
    private var groupByteCount = 0
    private var firstLine = 0
    private var line = 0
    private var byteOffset = 0
    /// How many rows the group has.
    package private(set) var rowCount = 0

    package init(_ options: Options = Options()) {
        self.options = options
        builder = VariantBuilder(capacity: max(1, min(options.rowsMax, 4096)))
    }

    deinit { lineIndexes?.deallocate() }

    /// Whether `finish` should be called before more is read.
    package var isFull: Bool { rowCount >= options.rowsMax || groupByteCount >= options.bytesMax }

    /// Counts lines and bytes from these numbers on; before the first `append`, or between groups.
    package func restart(line: Int = 0, byteOffset: Int = 0) {
        precondition(rowCount == 0 && rejectedCount == 0 && blankCount == 0, "a group has been begun")
        self.line = line
        firstLine = line
        self.byteOffset = byteOffset
    }

    /// Reads whole lines (the last one may lack its end) until they end or the group is full.
    ///
    /// - Returns: how many bytes were read. Fewer than there are: the group is full; go on with the others
    ///   after `finish`.
    package func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        let start = (groupByteCount, byteOffset)
        var position = 0
        while position < bytes.count, !isFull {
            let after = readFast(base, bytes.count, position)
            groupByteCount = start.0 + after
            byteOffset = start.1 + after
            position = after
            if position < bytes.count, !isFull { position = readLine(bytes, position) }
            groupByteCount = start.0 + position
            byteOffset = start.1 + position
        }
        return position
    }

    /// The group; the next line begins another one.
    package func finish() -> ShreddedLines {
        let rows = rowCount
        let result = ShreddedLines(
            variant: builder.finish(rows: rows), lineIndexes: takeLineIndexes(), firstLine: firstLine,
            rejections: rejections, rejectedCount: rejectedCount, blankCount: blankCount,
            byteCount: groupByteCount)
        // The builder has forgotten its paths, and with them where the values of shapes go.
        if builder.slotCount == 0 { shapes.reset() }
        rejections = []
        (rejectedCount, blankCount, groupByteCount, rowCount) = (0, 0, 0, 0)
        firstLine = line
        return result
    }

    // MARK: Lines

    private func readFast(_ base: UnsafeRawPointer, _ count: Int, _ position: Int) -> Int {
        let margin = FastLines.margin + shapes.gapCountMax
        guard let first = shapes.first, count - position > margin else { return position }
        // So that groups end at the same line whichever way the lines are read, also by bytes.
        let room = min(count - position, options.bytesMax - groupByteCount + margin)
        guard room > margin else { return position }
        var lines = FastLines(
            base + position, limit: base + position + room - margin, row: rowCount, line: line, first: first)
        repeat {
            if rowCount == builder.capacity { growRows() }
            lines.run(to: min(builder.capacity, options.rowsMax), lines: lineIndexes)
            rowCount = lines.row
        } while rowCount == builder.capacity && rowCount < options.rowsMax
        line = lines.line
        return lines.position - base
    }

    private func growRows() {
        if let old = lineIndexes {
            lineIndexes = .allocate(capacity: builder.capacity * 2)
            lineIndexes?.update(from: old, count: rowCount)
            old.deallocate()
        }
        builder.grow(rows: rowCount)
    }

    /// Reads one line in the complete way.
    private func readLine(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        let all = bytes.bindMemory(to: UInt8.self)
        let end = LineEnds.next(all, from: start)
        var first = start
        // A byte order mark at the very beginning is no part of the line.
        if byteOffset == 0, line == 0, all[start..<end].starts(with: [0xEF, 0xBB, 0xBF]) { first += 3 }
        let content = UnsafeBufferPointer(rebasing: all[first..<end])
        let after = min(end + 1, bytes.count)
        if rowCount == builder.capacity { growRows() }
        if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
            startLineIndexes()
            blankCount += 1
        } else if let error = parse(content) {
            startLineIndexes()
            rejectedCount += 1
            if rejections.count < options.rejectionsKeptMax {
                rejections.append(
                    RejectedLine(
                        line: line, byteOffset: byteOffset, byteCount: end - start,
                        error: JSONError(error.reason, column: error.column + first - start)))
            }
        } else {
            if options.keepsLineIndexes { startLineIndexes() }
            lineIndexes?[rowCount] = Int64(line)
            if builder.store(tape, row: rowCount), first == start, !tape.isRewritten {
                shapes.learn(UnsafeBufferPointer(rebasing: all[start..<after]), tape, builder)
            }
            rowCount += 1
        }
        line += 1
        return after
    }

    private func parse(_ content: UnsafeBufferPointer<UInt8>) -> JSONError? {
        do throws(JSONError) {
            try tape.parse(
                content, duplicates: options.rejectsDuplicateKeys ? .reject : .lastWins,
                syntax: options.syntax)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Line indexes

    /// From here on rows and lines are no longer in step.
    private func startLineIndexes() {
        guard lineIndexes == nil else { return }
        let indexes = UnsafeMutablePointer<Int64>.allocate(capacity: builder.capacity)
        for row in 0..<rowCount { indexes[row] = Int64(firstLine + row) }
        lineIndexes = indexes
    }

    private func takeLineIndexes() -> Vector? {
        if options.keepsLineIndexes { startLineIndexes() }
        guard let indexes = lineIndexes else { return nil }
        lineIndexes = nil
        return Vector(
            type: .integer, layout: .int64, count: rowCount, raw: UnsafeMutableRawPointer(indexes),
            validity: nil,
            owner: ShredMemory([UnsafeMutableRawPointer(indexes)]))
    }
}

/// Where lines end.
enum LineEnds {
    /// The place of the next line feed, or that where the bytes end.
    static func next(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard let base = bytes.baseAddress.map(UnsafeRawPointer.init) else { return start }
        let ones: UInt64 = 0x0101_0101_0101_0101
        var position = start
        while position + 8 <= bytes.count {
            let word =
                UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                ^ (ones &* 0x0A)
            let found = (word &- ones) & ~word & (ones &* 0x80)
            if found != 0 { return position + found.trailingZeroBitCount >> 3 }
            position += 8
        }
        while position < bytes.count, bytes[position] != 0x0A { position += 1 }
        return position
    }
}
