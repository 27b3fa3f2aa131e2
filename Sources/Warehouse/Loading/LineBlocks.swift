/// Finds lines by their number: line feeds counted a block at a time.
struct LineBlocks: Sendable {
    private static let blockBytes = 64 << 10
    /// Line feeds before each block, and before the end.
    private var before: [Int] = [0]
    /// How many lines there are; the last one may lack its line feed.
    let lineCount: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        var total = 0
        for start in stride(from: 0, to: bytes.count, by: Self.blockBytes) {
            total += Self.lineFeeds(bytes, start, min(bytes.count, start + Self.blockBytes))
            before.append(total)
        }
        lineCount = total + (bytes.last.map { $0 == 0x0A ? 0 : 1 } ?? 0)
    }

    /// Where a line begins, counted from 0, in the bytes that were counted; their end for the line behind the last one.
    func start(of line: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        guard line > 0 else { return 0 }
        // It begins behind the line feed of this number, from 1.
        guard let next = before.firstIndex(where: { $0 >= line }), next > 0 else { return bytes.count }
        var left = line - before[next - 1]
        var position = (next - 1) * Self.blockBytes
        while position < bytes.count {
            if bytes[position] == 0x0A { left -= 1 }
            position += 1
            if left == 0 { return position }
        }
        return bytes.count
    }

    /// Counts line feeds eight bytes at a time.
    private static func lineFeeds(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var count = 0
        var position = start
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        while end - position >= 8 {
            let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self) ^ 0x0A0A_0A0A_0A0A_0A0A
            // The top bit of each byte that is 0, and of no other.
            count &+= (~(((word & low) &+ low) | word | low)).nonzeroBitCount
            position &+= 8
        }
        while position < end {
            count &+= bytes[position] == 0x0A ? 1 : 0
            position &+= 1
        }
        return count
    }
}
