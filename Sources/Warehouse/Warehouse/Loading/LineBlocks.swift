import DurableIO

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
            let block = bytes[start..<min(bytes.count, start + Self.blockBytes)]
            total += UnsafeRawBufferPointer(rebasing: block).lineFeedCount
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
}
