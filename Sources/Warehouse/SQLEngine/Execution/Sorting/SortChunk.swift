import Vectors

/// One column of a batch that waits to be sorted, in as few bytes as its values need.
struct ChunkColumn {
    var layout: Layout
    var scale: Int
    var isJSON: Bool
    /// Bytes a value; 0 where all are `base`.
    var width: Int
    /// What integers are differences from; where `width` is 0 the value itself (of doubles the bits).
    var base: Int128 = 0
    var values: VectorMemory?
    /// A byte a row as in vectors; `nil`: no NULLs.
    var validity: VectorMemory?
    var hasJSONNull = false
    var dictionary: StringDictionary?
    /// The range of the integers, or of the order codes of doubles; `nil` where there are no values or they
    /// are strings.
    var range: (least: Int128, greatest: Int128)?
    /// Whether there is anything but NULLs.
    var hasValues = true

    init(_ vector: Vector, count: Int) {
        layout = vector.layout
        scale = vector.scale
        isJSON = vector.isJSON
        dictionary = vector.dictionary
        width = layout.stride
        takeValidity(vector, count)
        if vector.type == .null { hasValues = false }
        guard hasValues else {
            width = 0
            dictionary = nil
            return
        }
        switch layout {
        case .int64: takeIntegers(vector, count)
        case .int128: takeWideIntegers(vector, count)
        case .double: takeDoubles(vector, count)
        case .bool: takeBools(vector, count)
        case .string: takeCodes(vector, count)
        }
    }

    /// The bytes that it holds beside the dictionary.
    var byteCount: Int { (values?.byteCount ?? 0) + (validity?.byteCount ?? 0) + 64 }

    private mutating func takeValidity(_ vector: Vector, _ count: Int) {
        guard let source = vector.validity else { return }
        var all: UInt8 = 1
        var any: UInt8 = 0
        for row in 0..<count {
            all &= source[row] & 1
            any |= source[row]
        }
        if all == 1, any & Vector.jsonNull == 0 { return }
        hasValues = any != 0
        hasJSONNull = any & Vector.jsonNull != 0
        let memory = VectorMemory(byteCount: count)
        memory.pointer.copyMemory(from: source, byteCount: count)
        validity = memory
    }

    private mutating func takeIntegers(_ vector: Vector, _ count: Int) {
        let range = NarrowIntegers.range(vector.int64s, validity: vector.validity, count: count) ?? (0, 0)
        self.range = (Int128(range.least), Int128(range.greatest))
        width = NarrowIntegers.width(UInt64(bitPattern: range.greatest &- range.least))
        base = Int128(range.least)
        guard width > 0 else { return }
        let memory = VectorMemory(byteCount: count * width)
        NarrowIntegers.pack(vector.int64s, count: count, base: range.least, width: width, to: memory.pointer)
        values = memory
    }

    private mutating func takeWideIntegers(_ vector: Vector, _ count: Int) {
        let range = NarrowIntegers.range(vector.int128s, validity: vector.validity, count: count) ?? (0, 0)
        self.range = range
        width =
            UInt64(exactly: UInt128(bitPattern: range.greatest &- range.least)).map(NarrowIntegers.width)
            ?? 16
        base = range.least
        guard width > 0 else { return }
        let memory = VectorMemory(byteCount: count * width)
        if width == 16 {
            base = 0
            memory.pointer.copyMemory(from: vector.raw, byteCount: count * 16)
        } else {
            NarrowIntegers.pack(vector.int128s, count: count, base: base, width: width, to: memory.pointer)
        }
        values = memory
    }

    private mutating func takeDoubles(_ vector: Vector, _ count: Int) {
        var least = UInt64.max
        var greatest = UInt64.min
        for row in 0..<count where vector.validity.map({ $0[row] != 0 }) ?? true {
            let code = OrderCode.of(vector.doubles[row])
            least = min(least, code)
            greatest = max(greatest, code)
        }
        range = (Int128(least), Int128(greatest))
        if vector.isConstant, count > 0 {
            width = 0
            base = Int128(vector.doubles[0].bitPattern)
            return
        }
        let memory = VectorMemory(byteCount: count * 8)
        memory.pointer.copyMemory(from: vector.raw, byteCount: count * 8)
        values = memory
    }

    private mutating func takeBools(_ vector: Vector, _ count: Int) {
        range = (0, 1)
        if vector.isConstant, count > 0 {
            width = 0
            base = Int128(vector.bools[0])
            return
        }
        let memory = VectorMemory(byteCount: count)
        memory.pointer.copyMemory(from: vector.raw, byteCount: count)
        values = memory
    }

    private mutating func takeCodes(_ vector: Vector, _ count: Int) {
        if vector.isConstant, count > 0 {
            width = 0
            base = Int128(vector.codes[0])
            return
        }
        width = NarrowIntegers.width(UInt64(max(1, vector.dictionary?.count ?? 1) - 1))
        guard width > 0 else { return }
        let memory = VectorMemory(byteCount: count * width)
        NarrowIntegers.pack(vector.codes, count: count, base: 0, width: width, to: memory.pointer)
        values = memory
    }

    // MARK: Reading

    /// Writes rows `start ..< start + count` as differences from `origin`, or, of other layouts, as they are.
    func unpack<Value: FixedWidthInteger>(
        from start: Int, count: Int, origin: Int128 = 0, to target: UnsafeMutablePointer<Value>
    ) {
        let shifted = Value(truncatingIfNeeded: base &- origin)
        guard let values, width > 0 else { return target.initialize(repeating: shifted, count: count) }
        let source = values.pointer + start * width
        if width == 16 {
            let wide = source.assumingMemoryBound(to: Int128.self)
            for row in 0..<count { target[row] = Value(truncatingIfNeeded: wide[row] &- origin) }
        } else {
            NarrowIntegers.unpack(source, count: count, base: shifted, width: width, to: target)
        }
    }

    @inline(__always)
    var validityBytes: UnsafeMutablePointer<UInt8>? {
        validity.map { $0.pointer.assumingMemoryBound(to: UInt8.self) }
    }

    /// The column as it came.
    func vector(_ type: SQLType, count: Int) -> Vector {
        guard hasValues else { return .nulls(type, count: count) }
        let vector = Vector.allocate(
            type, layout: layout, scale: scale, count: count, dictionary: dictionary, isJSON: isJSON)
        switch layout {
        case .bool: unpack(from: 0, count: count, to: vector.bools)
        case .string: unpack(from: 0, count: count, to: vector.codes)
        case .int64, .double: unpack(from: 0, count: count, to: vector.int64s)
        case .int128: unpack(from: 0, count: count, to: vector.int128s)
        }
        return vector.with(validity: .some(validityBytes), alsoKeeping: validity)
    }
}

/// A batch that waits to be sorted.
final class SortChunk: @unchecked Sendable {
    // One thread at a time changes it.
    let count: Int
    let order: UInt64
    var columns: [ChunkColumn]

    init(_ batch: Batch) {
        count = batch.count
        order = batch.order
        columns = batch.columns.map { ChunkColumn($0, count: batch.count) }
    }

    var byteCount: Int { columns.reduce(64) { $0 + $1.byteCount } }
}

/// Integers that order as values do.
enum OrderCode {
    /// Of a double: 0.0 and -0.0 are equal, NaN is greater than all and equal to itself.
    @inline(__always)
    static func of(_ value: Double) -> UInt64 {
        let bits = value.isNaN ? Double.nan.bitPattern : (value + 0).bitPattern
        return Int64(bitPattern: bits) < 0 ? ~bits : bits | 1 << 63
    }

    /// Of an integer.
    @inline(__always)
    static func of(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) ^ 1 << 63 }
}
