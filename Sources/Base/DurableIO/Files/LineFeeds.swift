internal import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension UnsafeRawBufferPointer {
    /// The place of the first line feed from `start` on.
    package func firstLineFeed(from start: Int = 0) -> Int? { firstPlace(of: 0x0A, from: start) }

    /// The place of the first byte of that value from `start` on.
    package func firstPlace(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count, let base = baseAddress,
            let found = memchr(base + start, Int32(byte), count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// How many line feeds there are.
    package var lineFeedCount: Int { th_count_byte(baseAddress, count, 0x0A) }

    /// How many line feeds there are from `start` on, up to `most`, and the place behind the last of these; `start`
    /// where there is none.
    package func lineFeeds(from start: Int, most: Int) -> (count: Int, end: Int) {
        var lines = 0
        var position = start
        // Whole blocks as long as none can have too many.
        while position < count, lines < most {
            let block = UnsafeRawBufferPointer(rebasing: self[position..<Swift.min(count, position + 4096)])
            let found = block.lineFeedCount
            if lines + found > most { break }
            lines += found
            position += block.count
        }
        while position < count, lines < most {
            if self[position] == 0x0A { lines += 1 }
            position += 1
        }
        var end = position
        while end > start, self[end - 1] != 0x0A { end -= 1 }
        return (lines, end)
    }
}
