import Vectors

/// Some whole partitions of sorted rows, and what functions need to know of them.
final class WindowRows {
    let count: Int
    /// By column; only those that functions need.
    let columns: [Int: Vector]
    let order: [SortKey]
    /// Where each partition begins, and last where all end.
    let partitions: [Int]
    private let peerMarks: VectorMemory
    private var peers: (starts: [Int], ends: [Int])?
    private var frames: [WindowFrame: FrameBounds] = [:]

    init(_ columns: [Int: Vector], count: Int, partition: [Int], order: [SortKey]) {
        self.columns = columns
        self.count = count
        self.order = order
        let memory = VectorMemory(byteCount: count)
        let marks = memory.pointer.assumingMemoryBound(to: UInt8.self)
        marks.initialize(repeating: 0, count: count)
        for column in partition {
            if let vector = columns[column] { RowBoundaries.mark(vector, count: count, marks) }
        }
        var partitions = count > 0 ? [0] : []
        for row in 1..<max(1, count) where marks[row] != 0 { partitions.append(row) }
        partitions.append(count)
        self.partitions = partitions
        if count > 0 { marks[0] = 1 }
        for key in order {
            if let vector = columns[key.column] { RowBoundaries.mark(vector, count: count, marks) }
        }
        peerMarks = memory
    }

    /// Whether a row is the first of those that are equal in the order.
    var isFirstPeer: UnsafePointer<UInt8> {
        UnsafePointer(peerMarks.pointer.assumingMemoryBound(to: UInt8.self))
    }

    /// For each row, where those that are equal in the order begin and end.
    func peerBounds() -> (starts: [Int], ends: [Int]) {
        if let peers { return peers }
        var starts = [Int](repeating: 0, count: count)
        var ends = [Int](repeating: 0, count: count)
        let marks = isFirstPeer
        for row in 0..<count { starts[row] = marks[row] != 0 ? row : starts[row - 1] }
        for row in stride(from: count - 1, through: 0, by: -1) {
            ends[row] = row == count - 1 || marks[row + 1] != 0 ? row + 1 : ends[row + 1]
        }
        peers = (starts, ends)
        return (starts, ends)
    }

    /// For each row, the rows of its frame.
    func bounds(_ frame: WindowFrame) throws -> FrameBounds {
        if let known = frames[frame] { return known }
        let bounds = try FrameBounds(frame, self)
        frames[frame] = bounds
        return bounds
    }

    func column(_ index: Int) throws -> Vector {
        guard let vector = columns[index] else {
            throw SQLError(.invalid, "a window function has no column #\(index) among its input")
        }
        return vector
    }
}

/// Where values of a column differ from those one row before.
enum RowBoundaries {
    /// Adds a mark where a value, or being NULL, differs from the row before.
    static func mark(_ source: Vector, count: Int, _ marks: UnsafeMutablePointer<UInt8>) {
        guard count > 1, source.type != .null else { return }
        let vector = source.type.isSemiStructured ? source.asJSONText() : source
        if vector.isConstant, vector.validity == nil { return }
        switch vector.layout {
        case .int64 where vector.type == .timestampTZ:
            mark(vector, count, marks) { vector.int64s[$0] >> 7 != vector.int64s[$1] >> 7 }
        case .int64: mark(vector, count, marks) { vector.int64s[$0] != vector.int64s[$1] }
        case .int128: mark(vector, count, marks) { vector.int128s[$0] != vector.int128s[$1] }
        case .bool: mark(vector, count, marks) { vector.bools[$0] != vector.bools[$1] }
        case .double:
            mark(vector, count, marks) {
                OrderCode.of(vector.doubles[$0]) != OrderCode.of(vector.doubles[$1])
            }
        case .string:
            let isUnique = vector.dictionary?.isUnique ?? false
            mark(vector, count, marks) { first, second in
                vector.codes[first] != vector.codes[second]
                    && (isUnique || UTF8Order.compare(vector.bytes(first), vector.bytes(second)) != 0)
            }
        }
    }

    @inline(__always)
    private static func mark(
        _ vector: Vector, _ count: Int, _ marks: UnsafeMutablePointer<UInt8>, _ differs: (Int, Int) -> Bool
    ) {
        guard let validity = vector.validity else {
            for row in 1..<count { marks[row] |= differs(row - 1, row) ? 1 : 0 }
            return
        }
        for row in 1..<count {
            let isValid = validity[row] != 0
            let isNew = isValid != (validity[row - 1] != 0) || (isValid && differs(row - 1, row))
            marks[row] |= isNew ? 1 : 0
        }
    }
}
