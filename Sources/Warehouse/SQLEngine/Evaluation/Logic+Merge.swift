package import Vectors

extension Logic {
    /// Values for some rows of a vector to be made.
    package struct Piece {
        /// The rows, of which each is in one piece at most.
        package var rows: [UInt32]
        /// Their values, in the order of `rows`.
        package var vector: Vector

        package init(rows: [UInt32], vector: Vector) {
            self.rows = rows
            self.vector = vector
        }

        /// Some rows of a vector that has a value for every row.
        init(choosing rows: [UInt32], of whole: Vector) {
            self.init(rows: rows, vector: whole.picking(rows))
        }
    }

    /// Puts the values of several vectors of one type to their rows: the branches of CASE, COALESCE and the
    /// like. Rows in no piece are NULL. The vectors may differ in layout, scale (of FLOAT and VARIANT) and
    /// dictionary.
    package static func merge(_ pieces: [Piece], type: SQLType, count: Int) -> Vector {
        let total = pieces.reduce(0) { $0 + $1.rows.count }
        // NULLs alone have the layout of the type, which need not be that of the values.
        let valued = pieces.filter {
            !$0.rows.isEmpty && !$0.vector.isConstantNull && $0.vector.type != .null
        }
        if valued.isEmpty { return Vector.nulls(type, count: count) }
        let known = valued.reduce(0) { $0 + $1.rows.count }
        if valued.count == 1, known == count, valued[0].isInOrder { return valued[0].vector }
        let vectors = reconciled(valued.map(\.vector), type)
        let hasNulls = known < count || total < count || vectors.contains { $0.validity != nil }
        let first = vectors[0]
        let result = Vector.allocate(
            type, layout: first.layout, scale: first.scale, count: count, hasValidity: hasNulls,
            isJSON: first.isJSON)
        if known < count {
            result.raw.initializeMemory(as: UInt8.self, repeating: 0, count: count * first.layout.stride)
            result.validity?.initialize(repeating: 0, count: count)
        }
        let interner = first.layout == .string ? StringInterner() : nil
        for (piece, vector) in zip(valued, vectors) {
            scatter(vector, piece.rows, into: result, interner)
        }
        return interner.map { result.with(dictionary: $0.dictionary()) } ?? result
    }

    private static func scatter(
        _ vector: Vector, _ rows: [UInt32], into result: Vector, _ interner: StringInterner?
    ) {
        rows.withUnsafeBufferPointer { rows in
            switch result.layout {
            case .bool: scatter(vector.bools, rows, result.bools)
            case .int64, .double: scatter(vector.int64s, rows, result.int64s)
            case .int128: scatter(vector.int128s, rows, result.int128s)
            case .string:
                guard let dictionary = vector.dictionary, let interner else { return }
                withTemporaryMemory(of: UInt32.self, capacity: rows.count) { codes in
                    guard let base = codes.baseAddress else { return }
                    interner.intern(
                        vector.codes, validity: vector.validity, rows: nil, count: rows.count, of: dictionary,
                        into: base)
                    scatter(base, rows, result.codes)
                }
            }
            guard let target = result.validity else { return }
            if let validity = vector.validity {
                scatter(validity, rows, target)
            } else {
                for row in rows { target[Int(row)] = 1 }
            }
        }
    }

    @inline(__always)
    private static func scatter<Value>(
        _ source: UnsafePointer<Value>, _ rows: UnsafeBufferPointer<UInt32>,
        _ target: UnsafeMutablePointer<Value>
    ) {
        for index in 0..<rows.count { target[Int(rows[index])] = source[index] }
    }

    /// The vectors in one layout, of one scale.
    package static func reconciled(_ vectors: [Vector], _ type: SQLType) -> [Vector] {
        let first = vectors[0]
        if vectors.allSatisfy({
            $0.layout == first.layout && $0.scale == first.scale && $0.isJSON == first.isJSON
        }) {
            return vectors
        }
        switch type {
        case .number: return vectors.map { $0.widened() }
        case .float: return decimals(vectors) ?? vectors.map { $0.asDoubles() }
        case .variant, .object, .array: return vectors.map { $0.asJSONText() }
        default: return vectors
        }
    }

    /// FLOAT vectors of which all are decimals, at the greatest of their scales; `nil` where one does not
    /// fit.
    private static func decimals(_ vectors: [Vector]) -> [Vector]? {
        guard vectors.allSatisfy({ $0.layout == .int64 }) else { return nil }
        let scale = vectors.reduce(0) { max($0, $1.scale) }
        var result: [Vector] = []
        for vector in vectors {
            if vector.scale == scale {
                result.append(vector)
                continue
            }
            guard scale - vector.scale <= 18 else { return nil }
            let power = DecimalMath.powers64[scale - vector.scale]
            let scaled = Vector.allocate(.float, layout: .int64, scale: scale, count: vector.count)
            for row in 0..<vector.count {
                let (value, overflow) = vector.int64s[row].multipliedReportingOverflow(by: power)
                if overflow { return nil }
                scaled.int64s[row] = value
            }
            result.append(scaled.withNulls(of: vector))
        }
        return result
    }
}

extension Logic.Piece {
    /// Whether its rows are all from the first on.
    fileprivate var isInOrder: Bool { rows.enumerated().allSatisfy { Int($1) == $0 } }
}
