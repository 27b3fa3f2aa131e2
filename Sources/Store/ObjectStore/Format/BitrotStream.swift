import DurableIO

// Object data as it lies on the drive, in part.N or inline: for each block of 1 MiB (the last one shorter)
// the 32 bytes of its HighwayHash-256, then the block. No data, no hash.

enum BitrotStream {
    static let blockBytes = 1 << 20
    /// A block with its hash.
    static let frameBytes = blockBytes + HighwayHash.byteCount

    /// The size on the drive of `count` bytes of data.
    static func encodedByteCount(_ count: Int) -> Int {
        count + HighwayHash.byteCount * ((count + blockBytes - 1) / blockBytes)
    }

    static func encode(_ data: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: encodedByteCount(data.count)) { encoded, count in
            let output = UnsafeMutableRawBufferPointer(encoded)
            for start in stride(from: 0, to: data.count, by: blockBytes) {
                let block = UnsafeRawBufferPointer(
                    rebasing: data[start..<min(start + blockBytes, data.count)])
                guard let hash = output.baseAddress.map({ $0 + count }) else { break }
                HighwayHash.hash(block, into: hash)
                (hash + HighwayHash.byteCount).copyMemory(
                    from: block.baseAddress ?? UnsafeRawPointer(hash), byteCount: block.count)
                count += HighwayHash.byteCount + block.count
            }
        }
    }

    /// Checks a block against the hash that stands before it.
    ///
    /// - Parameter frame: the hash and the block.
    /// - Throws: `StoreError` with code `corrupt`, naming `place` and the byte of it at which the frame begins.
    static func check(
        _ frame: UnsafeRawBufferPointer, place: @autoclosure () -> String, position: Int
    ) throws {
        let isWhole = withUnsafeTemporaryAllocation(byteCount: HighwayHash.byteCount, alignment: 8) { hash in
            guard let address = hash.baseAddress, frame.count > HighwayHash.byteCount else { return false }
            HighwayHash.hash(
                UnsafeRawBufferPointer(rebasing: frame.dropFirst(HighwayHash.byteCount)), into: address)
            return hash.elementsEqual(frame.prefix(HighwayHash.byteCount))
        }
        guard isWhole else {
            throw StoreError(
                .corrupt,
                "\(place()) fails its HighwayHash in the block at byte \(position): the object is damaged")
        }
    }

    /// The size of a stream must follow from that of its data.
    static func check(byteCount: Int, dataBytes: Int, place: @autoclosure () -> String) throws {
        guard byteCount == encodedByteCount(dataBytes) else {
            throw StoreError(
                .corrupt,
                "\(place()) has \(byteCount) bytes where \(encodedByteCount(dataBytes)) are due: the object is damaged"
            )
        }
    }
}
