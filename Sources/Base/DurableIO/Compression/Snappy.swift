// Snappy (google/snappy, format_description.txt): a varint of the content's size, then elements whose first
// byte's low two bits say what they are:
//
//   00  literal: length - 1 in the upper six bits, or 60..63 for 1..4 more bytes that hold it
//   01  copy: length - 4 in bits 2-4, distance in bits 5-7 and one more byte
//   10  copy: length - 1 in the upper six bits, distance in two more bytes
//   11  copy: length - 1 in the upper six bits, distance in four more bytes
//
// Java's Kafka clients wrap it as snappy-java's stream does: 82 "SNAPPY" 00, two int32 of versions, then
// blocks of an int32 length and that many bytes of Snappy, all big-endian. librdkafka sends it bare.

/// Reads Snappy, bare or in snappy-java's stream format.
public enum Snappy {
    private static let streamMagic: [UInt8] = [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0x00]

    /// Decompresses, replacing the content of `output`.
    ///
    /// - Parameter limit: the most bytes that may come out.
    /// - Throws: `DurableIOError` with code `corrupt` or `truncated`.
    public static func decompress(
        _ bytes: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int
    ) throws {
        try MatchOutput.decode("Snappy", bytes, into: &output, limit: limit) { input, content in
            guard bytes.starts(with: streamMagic) else { return try block(bytes, into: &content) }
            _ = try input.take(streamMagic.count + 8)
            while !input.isAtEnd {
                try block(input.take(Int(input.bigEndian(Int32.self))), into: &content)
            }
        }
    }

    private static func block(_ bytes: UnsafeRawBufferPointer, into output: inout MatchOutput) throws {
        var input = CompressedInput(bytes, format: "Snappy")
        let expected = try contentSize(&input)
        let start = output.count
        while !input.isAtEnd {
            let tag = Int(try input.byte())
            switch tag & 3 {
            case 0:
                var length = tag >> 2
                if length >= 60 {
                    let extra = length - 59
                    length = 0
                    for index in 0..<extra { length |= Int(try input.byte()) << (8 * index) }
                }
                try output.append(input.take(length + 1))
            case 1:
                let distance = (tag >> 5) << 8 | Int(try input.byte())
                try output.repeatBytes(distance: distance, length: (tag >> 2 & 7) + 4)
            case 2:
                let distance = Int(try input.littleEndian(UInt16.self))
                try output.repeatBytes(distance: distance, length: (tag >> 2) + 1)
            default:
                let distance = Int(try input.littleEndian(UInt32.self))
                try output.repeatBytes(distance: distance, length: (tag >> 2) + 1)
            }
        }
        guard output.count - start == expected else {
            throw input.corrupt("\(output.count - start) bytes came out, not the \(expected) announced")
        }
    }

    private static func contentSize(_ input: inout CompressedInput) throws -> Int {
        var size = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = Int(try input.byte())
            size |= (byte & 0x7F) << shift
            if byte & 0x80 == 0 { return size }
        }
        throw input.corrupt("the content's size has too many bytes")
    }
}
