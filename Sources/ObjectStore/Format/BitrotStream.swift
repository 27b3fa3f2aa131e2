import DurableIO

// Object data as it lies on the drive, in part.N or inline: for each block of 1 MiB (the last one shorter)
// the 32 bytes of its HighwayHash-256, then the block. No data, no hash.

enum BitrotStream {
    static let blockBytes = 1 << 20

    /// The size on the drive of `count` bytes of data.
    static func encodedByteCount(_ count: Int) -> Int {
        count + HighwayHash.byteCount * ((count + blockBytes - 1) / blockBytes)
    }

    static func encode(_ data: UnsafeRawBufferPointer) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(encodedByteCount(data.count))
        for start in stride(from: 0, to: data.count, by: blockBytes) {
            let block = UnsafeRawBufferPointer(rebasing: data[start..<min(start + blockBytes, data.count)])
            encoded.append(contentsOf: HighwayHash.hash(block))
            encoded.append(contentsOf: block)
        }
        return encoded
    }

    /// Appends the data of a stream to `output`, checking each block.
    ///
    /// - Throws: `StoreError` with code `corrupt`, naming `place` and the block.
    static func decode(_ encoded: [UInt8], dataBytes: Int, place: String, into output: inout [UInt8]) throws {
        guard encoded.count == encodedByteCount(dataBytes) else {
            throw StoreError(
                .corrupt,
                "\(place) has \(encoded.count) bytes where \(encodedByteCount(dataBytes)) are due: "
                    + "the object is damaged")
        }
        try encoded.withUnsafeBytes { encoded in
            var position = 0
            while position < encoded.count {
                let data = position + HighwayHash.byteCount
                let end = min(data + blockBytes, encoded.count)
                let block = UnsafeRawBufferPointer(rebasing: encoded[data..<end])
                guard HighwayHash.hash(block).elementsEqual(encoded[position..<data]) else {
                    throw StoreError(
                        .corrupt,
                        "\(place) fails its HighwayHash at byte \(position): the object is damaged")
                }
                output.append(contentsOf: block)
                position = end
            }
        }
    }
}
