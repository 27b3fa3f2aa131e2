/// The lines of a load, of one object or of many small ones, as one text.
struct LoadText: Sendable {
    /// The lines of one object.
    struct Part: Sendable {
        /// The object's place in the load.
        var object: Int
        /// The first line in the text.
        var firstLine: Int
        /// How many lines.
        var lineCount: Int
        /// The offset of the first line.
        var firstOffset: Int64
        /// What of the object's lines and bytes is loaded already, and not in the text.
        var skippedLines: Int
        /// To be added to a place in the text for the place in the object.
        var byteShift: Int
    }

    private(set) var bytes: [UInt8] = []
    private(set) var parts: [Part] = []
    private(set) var lineCount = 0
    /// The offset behind each object's last line.
    private(set) var nextOffsets: [Int64] = []
    private var blocks: LineBlocks?

    /// - Parameter loadedTo: how far a partition is loaded; what objects have below that is left out.
    init(_ objects: [LoadObject], loadedTo: (LoadSource) throws -> Int64) rethrows {
        var known: [String: Int64] = [:]
        for (index, object) in objects.enumerated() {
            let source = object.source
            let partition = "\(source.topic)-\(source.partition)"
            let from = try known[partition] ?? loadedTo(source)
            object.lines.withUnsafeBytes { lines in
                let blocks = LineBlocks(lines)
                let next = source.firstOffset + Int64(blocks.lineCount)
                nextOffsets.append(next)
                known[partition] = max(from, next)
                let skipped = Int(min(max(0, from - source.firstOffset), Int64(blocks.lineCount)))
                let start = blocks.start(of: skipped, in: lines)
                parts.append(
                    Part(
                        object: index, firstLine: lineCount, lineCount: blocks.lineCount - skipped,
                        firstOffset: source.firstOffset + Int64(skipped), skippedLines: skipped,
                        byteShift: start - bytes.count))
                lineCount += blocks.lineCount - skipped
                if objects.count == 1, start == 0 {
                    bytes = object.lines
                    self.blocks = blocks
                } else {
                    bytes.append(contentsOf: lines[start...])
                    if let last = bytes.last, last != 0x0A { bytes.append(0x0A) }
                }
            }
        }
    }

    /// Some of the lines, which become row groups on one thread.
    struct Piece: Sendable {
        var firstLine: Int
        var bytes: Range<Int>
    }

    /// The lines in pieces of at most `linesMax`, so many that `threads` threads have as much to do each.
    func pieces(linesMax: Int, threads: Int) -> [Piece] {
        bytes.withUnsafeBytes { bytes in
            var count = (lineCount + linesMax - 1) / linesMax
            // A row group should not be much smaller than it could be for the sake of a thread.
            if lineCount > linesMax / 8 { count = (count + threads - 1) / threads * threads }
            guard count > 1 else { return lineCount > 0 ? [Piece(firstLine: 0, bytes: 0..<bytes.count)] : [] }
            let blocks = self.blocks ?? LineBlocks(bytes)
            let lines = (0...count).map { lineCount * $0 / count }
            let starts = lines.map { blocks.start(of: $0, in: bytes) }
            return (0..<count).map { Piece(firstLine: lines[$0], bytes: starts[$0]..<starts[$0 + 1]) }
        }
    }

    /// The part that a line of the text belongs to.
    func part(of line: Int) -> Int {
        var (low, high) = (0, parts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if parts[middle].firstLine <= line { low = middle } else { high = middle }
        }
        // Parts without lines begin where the next one does, and come before it.
        return low
    }
}
