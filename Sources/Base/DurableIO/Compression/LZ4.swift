// LZ4 frames (lz4/lz4, lz4_Frame_format.md and lz4_Block_format.md), little-endian:
//
//   magic 04 22 4d 18
//   FLG   bits 6-7 version 01, 5 blocks are independent, 4 block checksums, 3 content size, 2 content
//         checksum, 0 dictionary
//   BD    bits 4-6 the largest block: 4 is 64 KiB, 5 256 KiB, 6 1 MiB, 7 4 MiB
//   [content size: 8 bytes] [dictionary id: 4 bytes]
//   HC    second byte of XXH32 of the descriptor
//   blocks: size in 31 bits (the highest set: stored as it is), data, [XXH32 of the data]
//   a block size of 0, [XXH32 of the content]
//
// A block is a row of sequences: a token (literals in the upper four bits, match - 4 in the lower; 15 goes on in
// bytes of 255), literals, distance in two bytes; the last sequence has no match.

/// Reads LZ4 frames.
public enum LZ4 {
    private static let magic: UInt32 = 0x184D_2204

    /// Decompresses a row of frames, replacing the content of `output`.
    ///
    /// - Parameter limit: the most bytes that may come out.
    /// - Throws: `DurableIOError` with code `corrupt` or `truncated`.
    public static func decompress(
        _ bytes: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int
    ) throws {
        try MatchOutput.decode("LZ4", bytes, into: &output, limit: limit) { input, content in
            repeat { try frame(&input, into: &content) } while !input.isAtEnd
        }
    }

    private static func frame(_ input: inout CompressedInput, into output: inout MatchOutput) throws {
        let header = try Header(&input)
        let start = output.count
        while true {
            let word = try input.littleEndian(UInt32.self)
            if word == 0 { break }
            let size = Int(word & 0x7FFF_FFFF)
            guard size <= header.blockBytesMax else {
                throw input.corrupt("a block of \(size) bytes is over \(header.blockBytesMax)")
            }
            let block = try input.take(size)
            if header.hasBlockChecksums, try input.littleEndian(UInt32.self) != XXH32.hash(block) {
                throw input.corrupt("a block's checksum is wrong")
            }
            if word >> 31 == 1 { try output.append(block) } else { try Self.block(block, into: &output) }
        }
        let content = UnsafeRawBufferPointer(rebasing: output.bytes[start...])
        if let size = header.contentSize, size != content.count {
            throw input.corrupt("\(content.count) bytes came out, not the \(size) announced")
        }
        if header.hasContentChecksum, try input.littleEndian(UInt32.self) != XXH32.hash(content) {
            throw input.corrupt("the content's checksum is wrong")
        }
    }

    private struct Header {
        let hasBlockChecksums: Bool
        let hasContentChecksum: Bool
        let contentSize: UInt64?
        let blockBytesMax: Int

        init(_ input: inout CompressedInput) throws {
            guard try input.littleEndian(UInt32.self) == magic else {
                throw input.corrupt("no frame begins here")
            }
            var descriptor = [try input.byte(), try input.byte()]
            let flags = descriptor[0]
            guard flags >> 6 == 1 else {
                throw input.corrupt("version \(flags >> 6) of the format is unknown")
            }
            guard flags & 1 == 0 else { throw input.corrupt("a dictionary is needed") }
            hasBlockChecksums = flags & 0x10 != 0
            hasContentChecksum = flags & 4 != 0
            if flags & 8 != 0 {
                let size = try input.take(8)
                descriptor += size
                contentSize = UInt64(littleEndian: size.loadUnaligned(as: UInt64.self))
            } else {
                contentSize = nil
            }
            let code = descriptor[1] >> 4 & 7
            guard code >= 4 else { throw input.corrupt("block size \(code) is unknown") }
            blockBytesMax = 1 << (8 + 2 * Int(code))
            let checksum = descriptor.withUnsafeBytes { XXH32.hash($0) }
            guard try input.byte() == UInt8(truncatingIfNeeded: checksum >> 8) else {
                throw input.corrupt("the frame header's checksum is wrong")
            }
        }
    }

    private static func block(_ bytes: UnsafeRawBufferPointer, into output: inout MatchOutput) throws {
        var input = CompressedInput(bytes, format: "LZ4")
        while true {
            let token = try input.byte()
            try output.append(input.take(length(Int(token >> 4), &input)))
            if input.isAtEnd { return }
            let distance = Int(try input.littleEndian(UInt16.self))
            try output.repeatBytes(distance: distance, length: length(Int(token & 15), &input) + 4)
        }
    }

    private static func length(_ nibble: Int, _ input: inout CompressedInput) throws -> Int {
        guard nibble == 15 else { return nibble }
        var length = nibble
        while true {
            let byte = try input.byte()
            length += Int(byte)
            if byte != 255 { return length }
        }
    }
}
