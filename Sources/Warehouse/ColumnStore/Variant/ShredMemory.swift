import Synchronization

/// Memory that vectors of a row group keep, each piece with the pool it goes back to.
final class ShredMemory {
    private let pointers: [UnsafeMutableRawPointer]
    private let pool: ShredPool?
    private let byteCount: Int

    /// Memory that is simply freed.
    init(_ pointers: [UnsafeMutableRawPointer]) {
        self.pointers = pointers
        pool = nil
        byteCount = 0
    }

    /// A piece of a pool.
    init(_ pointer: UnsafeMutableRawPointer, byteCount: Int, of pool: ShredPool) {
        pointers = [pointer]
        self.byteCount = byteCount
        self.pool = pool
    }

    deinit {
        for pointer in pointers {
            if let pool { pool.give(pointer, byteCount: byteCount) } else { pointer.deallocate() }
        }
    }
}

/// Pieces of memory that one row group has done with and the next one takes: the system would zero them page
/// by page. Vectors may give theirs back on any thread.
final class ShredPool: Sendable {
    private struct Piece: @unchecked Sendable {
        // Nobody else knows of memory that is here.
        let pointer: UnsafeMutableRawPointer
        let byteCount: Int
    }

    private static let piecesMax = 32
    private let pieces = Mutex<[Piece]>([])

    deinit {
        pieces.withLock { pieces in
            for piece in pieces { piece.pointer.deallocate() }
        }
    }

    /// A piece of this size, with anything in it.
    func take(byteCount: Int) -> UnsafeMutableRawPointer {
        let kept = pieces.withLock { pieces in
            pieces.lastIndex { $0.byteCount == byteCount }.map { pieces.remove(at: $0) }
        }
        return kept?.pointer ?? .allocate(byteCount: byteCount, alignment: 16)
    }

    /// Gives a piece back.
    func give(_ pointer: UnsafeMutableRawPointer, byteCount: Int) {
        let piece = Piece(pointer: pointer, byteCount: byteCount)
        let surplus = pieces.withLock { pieces -> Piece? in
            pieces.append(piece)
            return pieces.count > Self.piecesMax ? pieces.removeFirst() : nil
        }
        surplus?.pointer.deallocate()
    }
}
