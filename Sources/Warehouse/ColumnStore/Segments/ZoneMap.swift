package import Vectors

/// What is known of a segment without reading it. Counts and bounds are of all its rows, deleted ones among
/// them.
package struct ZoneMap: Sendable, Equatable {
    /// The least and the greatest value among rows that are neither NULL nor JSON null.
    package enum Bounds: Sendable, Equatable {
        /// There are no values, or nothing is known.
        case none
        /// Integers, in units of 10^-scale; truth values as 0 and 1.
        case integers(min: Int64, max: Int64)
        /// Integers of which at least one does not fit 64 bits.
        case wide(min: Int128, max: Int128)
        /// Doubles other than NaN.
        case doubles(min: Double, max: Double, hasNaN: Bool)
        /// No string has bytes below `min` or, where it is known, above `max`. They need not occur
        /// themselves.
        case strings(min: [UInt8], max: [UInt8]?)
    }

    /// How the values lie.
    package var layout: Layout
    /// Digits behind the point of integers.
    package var scale: Int
    /// Whether strings are JSON text.
    package var isJSON: Bool
    package var rows: Int
    /// How many rows are NULL (or missing, in the sub-column of a VARIANT).
    package var nulls = 0
    /// How many rows are JSON null, other than in JSON text.
    package var jsonNulls = 0
    /// About how many different values there are: exact for strings and for up to 4,096 rows.
    package var distinct = 0
    package var bounds = Bounds.none
    /// The sum of all integers, in units of 10^-scale; `nil` where values are not integers.
    package var sum: Int128?
    /// Bytes of the values, the validity and the dictionary.
    package var valueBytes = 0
    package var validityBytes = 0
    package var dictionaryBytes = 0
    /// Bytes of the values by `BlockEncoding`.
    package var encodingBytes = [Int](repeating: 0, count: BlockEncoding.allCases.count)

    /// How many bytes of a string bounds keep.
    static let stringBytesMax = 32

    package init(layout: Layout, scale: Int, isJSON: Bool, rows: Int) {
        self.layout = layout
        self.scale = scale
        self.isJSON = isJSON
        self.rows = rows
    }

    /// Rows that have a value.
    package var values: Int { rows - nulls - jsonNulls }

    /// Whether it says of the rows what another one says, which has been made of the rows themselves.
    func agrees(with other: ZoneMap) -> Bool {
        rows == other.rows && nulls == other.nulls && jsonNulls == other.jsonNulls && bounds == other.bounds
            && sum == other.sum
    }

    /// The greatest magnitude of the integers; `nil` where they are not integers or do not fit 64 bits.
    package var integerMagnitude: UInt64? {
        switch bounds {
        case .integers(let min, let max): Swift.max(min.magnitude, max.magnitude)
        case .none: 0
        default: nil
        }
    }
}

extension ZoneMap {
    /// Bounds of strings that are cut to a few bytes without getting narrower.
    static func stringBounds(_ dictionary: StringDictionary) -> Bounds {
        guard dictionary.count > 0 else { return .none }
        var least = 0
        var most = 0
        for code in 1..<Swift.max(1, dictionary.count) {
            if precedes(dictionary[code], dictionary[least]) { least = code }
            if precedes(dictionary[most], dictionary[code]) { most = code }
        }
        return .strings(
            min: Array(dictionary[least].prefix(stringBytesMax)), max: upperBound(dictionary[most]))
    }

    /// The shortest bytes that no string with the same beginning is above.
    private static func upperBound(_ string: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard string.count > stringBytesMax else { return Array(string) }
        var bound = Array(string.prefix(stringBytesMax))
        while let last = bound.last {
            if last < 0xFF {
                bound[bound.count - 1] = last + 1
                return bound
            }
            bound.removeLast()
        }
        return nil
    }

    /// Whether bytes come before other bytes.
    static func precedes(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>) -> Bool {
        let shared = Swift.min(first.count, second.count)
        for index in 0..<shared where first[index] != second[index] { return first[index] < second[index] }
        return first.count < second.count
    }
}

// MARK: As bytes
//
// layout, flags (1 JSON text, 2 there is a sum), scale, kind of bounds: 1 byte each; rows, nulls, JSON nulls,
// distinct, bytes of values, validity and dictionary, bytes of each encoding: 4 bytes each; the sum, 16
// bytes; the bounds.

extension ZoneMap {
    func append(to sink: inout ByteSink) {
        sink.append(layout.rawValue)
        sink.append((isJSON ? 1 : 0) | (sum == nil ? 0 : 2) as UInt8)
        sink.append(UInt8(scale))
        let kind: UInt8 =
            switch bounds {
            case .none: 0
            case .integers: 1
            case .wide: 2
            case .doubles: 3
            case .strings(_, .none): 4
            case .strings: 5
            }
        sink.append(kind)
        for count in [rows, nulls, jsonNulls, distinct, valueBytes, validityBytes, dictionaryBytes]
            + encodingBytes
        {
            sink.append(UInt32(clamping: count))
        }
        if let sum { sink.append(sum) }
        switch bounds {
        case .none: break
        case .integers(let min, let max):
            sink.append(min)
            sink.append(max)
        case .wide(let min, let max):
            sink.append(min)
            sink.append(max)
        case .doubles(let min, let max, let hasNaN):
            sink.append(min.bitPattern)
            sink.append(max.bitPattern)
            sink.append(UInt8(hasNaN ? 1 : 0))
        case .strings(let min, let max):
            sink.appendCounted(min)
            if let max { sink.appendCounted(max) }
        }
    }

    /// The bytes behind their checksum, as the directory of segments has them.
    var sealed: SegmentBytes { SealedBytes.seal { append(to: &$0) } }

    init(sealed bytes: UnsafeRawBufferPointer) throws {
        var source = try SealedBytes.open(bytes, "zone map")
        try self.init(from: &source)
    }

    init(from source: inout ByteSource) throws {
        guard let layout = Layout(rawValue: try source.integer()) else {
            throw SegmentDamage("a zone map has no layout")
        }
        let flags = try source.integer(UInt8.self)
        let scale = Int(try source.integer(UInt8.self))
        guard scale <= 38 else { throw SegmentDamage("a zone map has the impossible scale \(scale)") }
        let kind = try source.integer(UInt8.self)
        self.init(
            layout: layout, scale: scale, isJSON: flags & 1 != 0, rows: Int(try source.integer(UInt32.self)))
        nulls = Int(try source.integer(UInt32.self))
        jsonNulls = Int(try source.integer(UInt32.self))
        distinct = Int(try source.integer(UInt32.self))
        valueBytes = Int(try source.integer(UInt32.self))
        validityBytes = Int(try source.integer(UInt32.self))
        dictionaryBytes = Int(try source.integer(UInt32.self))
        for index in encodingBytes.indices { encodingBytes[index] = Int(try source.integer(UInt32.self)) }
        if flags & 2 != 0 { sum = try source.integer(Int128.self) }
        switch kind {
        case 0: bounds = .none
        case 1: bounds = .integers(min: try source.integer(), max: try source.integer())
        case 2: bounds = .wide(min: try source.integer(), max: try source.integer())
        case 3:
            bounds = .doubles(
                min: Double(bitPattern: try source.integer()), max: Double(bitPattern: try source.integer()),
                hasNaN: try source.integer(UInt8.self) != 0)
        case 4: bounds = .strings(min: try source.countedBytes(), max: nil)
        case 5: bounds = .strings(min: try source.countedBytes(), max: try source.countedBytes())
        default: throw SegmentDamage("a zone map has bounds of the unknown kind \(kind)")
        }
    }
}
