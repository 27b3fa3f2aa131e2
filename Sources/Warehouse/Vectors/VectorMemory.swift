import Synchronization

/// Bytes that live as long as this object.
///
/// Memory of the size of a batch's columns is kept for the next vector: giving it back to the system and
/// getting it anew
/// costs more than most of what is done to it.
package final class VectorMemory {
    package let pointer: UnsafeMutableRawPointer
    package let byteCount: Int
    /// The class of sizes that it came from and goes back to; -1 for none.
    private let sizeClass: Int

    package init(byteCount: Int) {
        sizeClass = MemoryPool.sizeClass(byteCount)
        self.byteCount = sizeClass < 0 ? max(16, byteCount) : MemoryPool.size(sizeClass)
        pointer =
            sizeClass < 0
            ? UnsafeMutableRawPointer.allocate(byteCount: self.byteCount, alignment: 16)
            : MemoryPool.shared.take(sizeClass)
    }

    deinit {
        if sizeClass < 0 { pointer.deallocate() } else { MemoryPool.shared.put(pointer, sizeClass) }
    }
}

/// Pieces of memory that are free, by size.
private final class MemoryPool: Sendable {
    static let shared = MemoryPool()
    /// Sizes from 16 KiB to 256 KiB, four to a power of two.
    private static let sizes = (0...16).map { (4 + $0 % 4) << ($0 / 4 + 12) }
    private static let piecesMax = 64
    private let classes = sizes.map { _ in Free() }

    // The pointers belong to nobody while they are here.
    private final class Free: Sendable {
        let pieces = Mutex<[UInt]>([])
    }

    /// The smallest class that holds so many bytes; -1 where there is none, or the bytes are too few to matter.
    @inline(__always)
    static func sizeClass(_ byteCount: Int) -> Int {
        guard byteCount > 12 << 10, byteCount <= 256 << 10 else { return -1 }
        if byteCount <= 16 << 10 { return 0 }
        let bits = Int.bitWidth - (byteCount - 1).leadingZeroBitCount - 3
        let quarters = (byteCount - 1) >> bits
        return (bits - 12) * 4 + quarters - 4 + 1
    }

    static func size(_ sizeClass: Int) -> Int { sizes[sizeClass] }

    func take(_ sizeClass: Int) -> UnsafeMutableRawPointer {
        if let free = classes[sizeClass].pieces.withLock({ $0.popLast() }),
            let pointer = UnsafeMutableRawPointer(bitPattern: free)
        {
            return pointer
        }
        return UnsafeMutableRawPointer.allocate(byteCount: Self.sizes[sizeClass], alignment: 16)
    }

    func put(_ pointer: UnsafeMutableRawPointer, _ sizeClass: Int) {
        let isKept = classes[sizeClass].pieces.withLock { pieces in
            if pieces.count >= Self.piecesMax { return false }
            pieces.append(UInt(bitPattern: pointer))
            return true
        }
        if !isKept { pointer.deallocate() }
    }
}
