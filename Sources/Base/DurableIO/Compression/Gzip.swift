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
        guard try input.byte() == 0x1F, try input.byte() == 0x8B, try input.byte() == 8 else {
            throw input.corrupt("no member begins here")
        }
        let flags = try input.byte()
        _ = try input.take(6)
        if flags & 4 != 0 { _ = try input.take(Int(input.littleEndian(UInt16.self))) }
        for bit: UInt8 in [8, 16] where flags & bit != 0 { while try input.byte() != 0 {} }
        if flags & 2 != 0 { _ = try input.take(2) }
        let start = output.count
        var inflater = Inflater(input)
        try inflater.inflate(into: &output)
        input = inflater.rest
        let content = UnsafeRawBufferPointer(rebasing: output.bytes[start...])
        guard try input.littleEndian(UInt32.self) == CRC32.checksum(content) else {
            throw input.corrupt("the content's checksum is wrong")
        }
        guard try input.littleEndian(UInt32.self) == UInt32(truncatingIfNeeded: content.count) else {
            throw input.corrupt("\(content.count) bytes came out, which is not the size announced")
        }
    }
}
