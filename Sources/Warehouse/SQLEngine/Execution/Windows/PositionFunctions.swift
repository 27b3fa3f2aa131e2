import Vectors

/// Functions that give the value of another row.
struct PositionFunctions {
    private let rows: WindowRows
    private let vector: Vector
    /// Rows that are not NULL, and how many of them precede each row; where NULLs are ignored.
    private var valid: (places: [Int], before: [Int])?

    init(_ rows: WindowRows, _ column: Int, ignoresNulls: Bool) throws {
        self.rows = rows
        vector = try rows.column(column)
        guard ignoresNulls, vector.validity != nil else { return }
        var places: [Int] = []
        var before = [0]
        before.reserveCapacity(rows.count + 1)
        for row in 0..<rows.count {
            if vector.isValid(row) { places.append(row) }
            before.append(places.count)
        }
        valid = (places, before)
    }

    /// The value `offset` rows later.
    func shifted(by offset: Int, defaultColumn: Int?) throws -> Vector {
        var sources = [Int](repeating: -1, count: rows.count)
        let distance = max(-(1 << 40), min(1 << 40, offset))
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            for row in first..<last {
                var place = row + distance
                if let valid, distance != 0 {
                    // Counted among the rows that are not NULL.
                    let number =
                        distance < 0 ? valid.before[row] + distance : valid.before[row + 1] + distance - 1
                    let isInside = number >= valid.before[first] && number < valid.before[last]
                    place = isInside ? valid.places[number] : -1
                }
                if place >= first, place < last { sources[row] = place }
            }
        }
        guard let defaultColumn else { return Self.take(vector, sources) }
        let collector = VectorCollector(vector.type, capacity: rows.count * 2)
        collector.append(vector)
        collector.append(try rows.column(defaultColumn))
        for row in 0..<rows.count where sources[row] < 0 { sources[row] = rows.count + row }
        return Self.take(collector.finish(), sources)
    }

    /// The `n`th value of each frame, from 1.
    func nth(_ n: Int, _ frame: WindowFrame) throws -> Vector {
        guard n > 0 else { throw SQLError(.invalid, "NTH_VALUE counts from 1, not from \(n)") }
        let bounds = try rows.bounds(frame)
        var sources = [Int](repeating: -1, count: rows.count)
        for row in 0..<rows.count where bounds.starts[row] < bounds.ends[row] {
            guard let valid else {
                if n <= bounds.ends[row] - bounds.starts[row] { sources[row] = bounds.starts[row] + n - 1 }
                continue
            }
            let first = valid.before[bounds.starts[row]]
            if n <= valid.before[bounds.ends[row]] - first { sources[row] = valid.places[first + n - 1] }
        }
        return Self.take(vector, sources)
    }

    /// The last value of each frame.
    func last(_ frame: WindowFrame) throws -> Vector {
        let bounds = try rows.bounds(frame)
        var sources = [Int](repeating: -1, count: rows.count)
        for row in 0..<rows.count where bounds.starts[row] < bounds.ends[row] {
            guard let valid else {
                sources[row] = bounds.ends[row] - 1
                continue
            }
            let end = valid.before[bounds.ends[row]]
            if end > valid.before[bounds.starts[row]] { sources[row] = valid.places[end - 1] }
        }
        return Self.take(vector, sources)
    }

    /// The rows that `sources` names; NULL where that is negative.
    static func take(_ vector: Vector, _ sources: [Int]) -> Vector {
        let count = sources.count
        guard vector.count > 0 else { return .nulls(vector.type, count: count) }
        let rows = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        defer { rows.deallocate() }
        var hasNull = false
        for row in 0..<count {
            hasNull = hasNull || sources[row] < 0
            rows[row] = UInt32(max(0, sources[row]))
        }
        let result = vector.gather(rows, count: count)
        guard hasNull else { return result }
        let memory = VectorMemory(byteCount: count)
        let validity = memory.pointer.assumingMemoryBound(to: UInt8.self)
        for row in 0..<count {
            validity[row] = sources[row] < 0 ? 0 : vector.validity.map { $0[sources[row]] } ?? 1
        }
        return result.with(validity: .some(validity), isConstant: false, alsoKeeping: memory)
    }
}
