// gzip members (RFC 1952), each a header, a deflate stream (RFC 1951), CRC-32 and size of the content:
//
//   1f 8b 08, flags (bit 1 header CRC, 2 extra field, 3 name, 4 comment), 6 bytes of time, level and system

/// Reads gzip.
public enum Gzip {
    /// Decompresses a row of members, replacing the content of `output`.
    ///
    /// - Parameter limit: the most bytes that may come out.
    /// - Throws: `DurableIOError` with code `corrupt` or `truncated`.
    public static func decompress(
        _ bytes: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int
    ) throws {
        try MatchOutput.decode("gzip", bytes, into: &output, limit: limit) { input, content in
            repeat { try member(&input, into: &content) } while !input.isAtEnd
        }
    }

    private static func member(_ input: inout CompressedInput, into output: inout MatchOutput) throws {
        try header(&input)
        let start = output.count
        var inflater = Inflater(input)
        _ = try inflater.inflate(into: &output)
        input = inflater.rest
        let content = UnsafeRawBufferPointer(rebasing: output.bytes[start...])
        try trailer(&input, checksum: CRC32.checksum(content), byteCount: content.count)
    }

    fileprivate static func header(_ input: inout CompressedInput) throws {
        guard try input.byte() == 0x1F, try input.byte() == 0x8B, try input.byte() == 8 else {
            throw input.corrupt("no member begins here")
        }
        let flags = try input.byte()
        try input.skip(6)
        if flags & 4 != 0 { try input.skip(Int(input.littleEndian(UInt16.self))) }
        for bit: UInt8 in [8, 16] where flags & bit != 0 { while try input.byte() != 0 {} }
        if flags & 2 != 0 { try input.skip(2) }
    }

    fileprivate static func trailer(_ input: inout CompressedInput, checksum: UInt32, byteCount: Int) throws {
        guard try input.littleEndian(UInt32.self) == checksum else {
            throw input.corrupt("the content's checksum is wrong")
        }
        guard try input.littleEndian(UInt32.self) == UInt32(truncatingIfNeeded: byteCount) else {
            throw input.corrupt("\(byteCount) bytes came out, which is not the size announced")
        }
    }
}

/// Reads gzip that comes in pieces, in memory that does not grow with it. Not thread-safe.
public final class GzipDecompressor {
    /// How far back deflate refers.
    private static let windowBytes = 32 << 10
    private static let stepBytes = 256 << 10

    private var input: CompressedInput
    /// The member that is being read.
    private var inflater: Inflater?
    private var output = MatchOutput(
        format: "gzip", expected: windowBytes + 2 * stepBytes, limit: windowBytes + 2 * stepBytes)
    /// How much of the output has been given out.
    private var given = 0
    private var checksum: UInt32 = 0
    private var byteCount = 0

    /// - Parameter refill: gives the bytes that follow, which stay until it is called again; none at the end.
    public init(refill: @escaping () throws -> UnsafeRawBufferPointer) {
        input = CompressedInput(format: "gzip", refill: refill)
    }

    /// Reads the next bytes of the content.
    ///
    /// - Returns: how many; 0 at the end.
    /// - Throws: `DurableIOError` with code `corrupt` or `truncated`, and what `refill` throws.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while given == output.count { if try !advance() { return 0 } }
        let count = min(buffer.count, output.count - given)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: output.bytes[given..<given + count]))
        given += count
        return count
    }

    /// Decompresses some more; whether there was anything left.
    private func advance() throws -> Bool {
        output.forget(keeping: inflater == nil ? 0 : Self.windowBytes)
        given = output.count
        if inflater == nil {
            guard try input.hasMore() else { return false }
            try Gzip.header(&input)
            inflater = Inflater(input)
            (checksum, byteCount) = (0, 0)
        }
        let isEnded = try inflater?.inflate(into: &output, until: given + Self.stepBytes) ?? true
        let content = UnsafeRawBufferPointer(rebasing: output.bytes[given...])
        checksum = CRC32.checksum(content, seed: checksum)
        byteCount += content.count
        if isEnded, let inflater {
            input = inflater.rest
            self.inflater = nil
            try Gzip.trailer(&input, checksum: checksum, byteCount: byteCount)
        }
        return true
    }
}
