internal import CKernels
internal import DurableIO
package import Vectors

/// A segment ready to be stored.
package struct EncodedSegment: Sendable {
    package let bytes: SegmentBytes
    /// The CRC-32C that stands in the bytes.
    package let checksum: UInt32
    package let zone: ZoneMap
}

/// Encodes columns of row groups as segments. One thread.
package final class SegmentEncoder {
    private let compressor = ZstdCompressor(level: 1)

    package init() {}

    /// Encodes a vector of at most 131,072 rows. FLOAT becomes scaled integers where all its values are short
    /// decimals.
    package func encode(_ vector: Vector) throws -> EncodedSegment {
        precondition(vector.count <= SegmentFormat.rowsMax, "a segment has no room for \(vector.count) rows")
        // As a decimal of over 15 digits is not exactly one double, such ones are taken as doubles.
        let source = vector.type == .float && !vector.isShortDecimal ? vector.asDoubles() : vector
        var parts = Parts(
            ZoneMap(layout: source.layout, scale: source.scale, isJSON: source.isJSON, rows: source.count))
        let validity = try encodeValidity(source, &parts)
        if parts.zone.values == 0 {
            try encodeNothing(source, &parts)
        } else {
            switch source.layout {
            case .bool:
                let values = widened(source.count, validity) { Int64(source.bools[$0]) }
                encodeIntegers(values, validity, &parts)
            case .int64:
                if validity == nil {
                    encodeIntegers(
                        UnsafeBufferPointer(start: source.int64s, count: source.count), nil, &parts)
                } else {
                    encodeIntegers(widened(source.count, validity) { source.int64s[$0] }, validity, &parts)
                }
            case .int128: encodeWide(source, validity, &parts)
            case .double: try encodeDoubles(source, validity, &parts)
            case .string: try encodeStrings(source, validity, &parts)
            }
        }
        return parts.assemble()
    }

    /// The sections of a segment as they come to be.
    private struct Parts {
        var zone: ZoneMap
        var flags: UInt8 = 0
        var values = ByteSink(capacity: 64 << 10)
        var validity = ByteSink(capacity: 16)
        var lengths = ByteSink(capacity: 16)
        var text = ByteSink(capacity: 16)
        var textBytes = 0
        var strings = 0
        var factor: Int64 = 1

        init(_ zone: ZoneMap) { self.zone = zone }

        mutating func assemble() -> EncodedSegment {
            zone.valueBytes = values.count
            zone.validityBytes = validity.count
            zone.dictionaryBytes = lengths.count + text.count
            if zone.isJSON { flags |= SegmentFormat.jsonFlag }
            if validity.count > 0 { flags |= SegmentFormat.validityFlag }
            let total =
                SegmentFormat.headerBytes + zone.valueBytes + zone.validityBytes + zone.dictionaryBytes
            var sink = ByteSink(capacity: total)
            sink.append(SegmentFormat.magic)
            sink.append(UInt32(0))
            sink.append(zone.layout.rawValue)
            sink.append(flags)
            sink.append(UInt8(zone.scale))
            sink.append(UInt8(0))
            for size in [
                zone.rows, values.count, validity.count, lengths.count, text.count, textBytes, strings,
            ] { sink.append(UInt32(size)) }
            sink.append(factor)
            for section in [values, validity, lengths, text] { sink.append(section) }
            let body = UnsafeRawBufferPointer(rebasing: sink.bytes[8...])
            let checksum = th_crc32c(0, body.baseAddress, body.count)
            sink.store(checksum, at: 4)
            return EncodedSegment(bytes: sink.finish(), checksum: checksum, zone: zone)
        }
    }

    // MARK: Validity

    /// - Returns: the validity, unless all rows have values.
    private func encodeValidity(_ vector: Vector, _ parts: inout Parts) throws -> UnsafePointer<UInt8>? {
        guard let validity = vector.validity else { return nil }
        parts.zone.nulls += th_count_byte(validity, vector.count, 0)
        parts.zone.jsonNulls += th_count_byte(validity, vector.count, Vector.jsonNull)
        guard parts.zone.nulls + parts.zone.jsonNulls > 0 else { return nil }
        let states = [Int64](unsafeUninitializedCapacity: vector.count) { buffer, count in
            for row in 0..<vector.count { buffer[row] = Int64(validity[row]) }
            count = vector.count
        }
        var encoder = IntegerStreamEncoder()
        states.withUnsafeBufferPointer {
            if let base = $0.baseAddress { encoder.encode(base, rows: vector.count, to: &parts.validity) }
        }
        return UnsafePointer(validity)
    }

    /// Values for every row: a row without one gets that of the row before, or the first there is.
    private func widened<Value: BitwiseCopyable>(
        _ count: Int, _ validity: UnsafePointer<UInt8>?, _ value: (Int) -> Value
    ) -> [Value] {
        guard count > 0 else { return [] }
        return [Value](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = count
            guard let validity else {
                for row in 0..<count { buffer[row] = value(row) }
                return
            }
            var first = 0
            while first < count - 1, validity[first] != 1 { first += 1 }
            var last = value(first)
            for row in 0..<count {
                if validity[row] == 1 { last = value(row) }
                buffer[row] = last
            }
        }
    }

    // MARK: Values

    private func encodeNothing(_ vector: Vector, _ parts: inout Parts) throws {
        switch vector.layout {
        case .int128: parts.zone.layout = .int64
        case .string:
            var dictionary = ByteSink(capacity: 16)
            encodeConstant(0, rows: 1, to: &dictionary)
            parts.lengths = dictionary
            parts.strings = 1
        default: break
        }
        encodeConstant(0, rows: vector.count, to: &parts.values)
        parts.zone.sum = parts.zone.layout == .int64 || parts.zone.layout == .bool ? 0 : nil
    }

    private func encodeConstant(_ value: Int64, rows: Int, to sink: inout ByteSink) {
        sink.append(UInt8(1))
        sink.append(value)
    }

    private func encodeIntegers(_ values: [Int64], _ validity: UnsafePointer<UInt8>?, _ parts: inout Parts) {
        values.withUnsafeBufferPointer { encodeIntegers($0, validity, &parts) }
    }

    private func encodeIntegers(
        _ values: UnsafeBufferPointer<Int64>, _ validity: UnsafePointer<UInt8>?, _ parts: inout Parts
    ) {
        guard let base = values.baseAddress else { return }
        let (least, most, runs) = encodeStream(base, rows: values.count, &parts)
        parts.zone.bounds = .integers(min: least, max: most)
        parts.zone.distinct = DistinctEstimate.count(base, rows: values.count, runs: runs)
        var sum: Int128 = 0
        if let validity {
            for row in 0..<values.count where validity[row] == 1 { sum += Int128(base[row]) }
        } else {
            var high: Int64 = 0
            var low: UInt64 = 0
            th_sum64(base, values.count, &high, &low)
            sum = Int128(high) << 32 + Int128(low)
        }
        parts.zone.sum = sum
    }

    /// - Returns: the bounds of the values and how many runs there are.
    private func encodeStream(
        _ values: UnsafePointer<Int64>, rows: Int, _ parts: inout Parts
    ) -> (min: Int64, max: Int64, runs: Int) {
        var least: Int64 = 0
        var most: Int64 = 0
        th_window(values, rows, .min, .max, &least, &most)
        var encoder = IntegerStreamEncoder()
        defer { parts.zone.encodingBytes = encoder.byteCounts }
        if parts.zone.layout == .int64, least < most,
            let (factor, quotients) = CommonFactor.divide(values, rows: rows, min: least, max: most)
        {
            parts.factor = factor
            encoder.encode(quotients, rows: rows, to: &parts.values)
        } else {
            encoder.encode(values, rows: rows, to: &parts.values)
        }
        return (least, most, encoder.runs)
    }

    private func encodeWide(_ vector: Vector, _ validity: UnsafePointer<UInt8>?, _ parts: inout Parts) {
        let values = widened(vector.count, validity) { vector.int128s[$0] }
        var min = values[0]
        var max = values[0]
        for value in values {
            min = Swift.min(min, value)
            max = Swift.max(max, value)
        }
        if let _ = Int64(exactly: min), let _ = Int64(exactly: max) {
            parts.zone.layout = .int64
            return encodeIntegers(values.map { Int64(truncatingIfNeeded: $0) }, validity, &parts)
        }
        WideStream.encode(values, rows: values.count, to: &parts.values)
        parts.zone.encodingBytes[BlockEncoding.wide.rawValue] = parts.values.count
        parts.zone.bounds = .wide(min: min, max: max)
        parts.zone.distinct = vector.count
        var sum: Int128? = 0
        for row in values.indices where validity.map({ $0[row] == 1 }) ?? true {
            sum = sum.flatMap { current in
                let (next, overflow) = current.addingReportingOverflow(values[row])
                return overflow ? nil : next
            }
        }
        parts.zone.sum = sum
    }

    private func encodeDoubles(_ vector: Vector, _ validity: UnsafePointer<UInt8>?, _ parts: inout Parts)
        throws
    {
        let values = widened(vector.count, validity) { vector.doubles[$0] }
        if vector.type == .float, let (integers, scale) = Decimals.integers(values, rows: values.count) {
            parts.zone.layout = .int64
            parts.zone.scale = scale
            return encodeIntegers(integers, validity, &parts)
        }
        parts.zone.scale = 0
        let ordered = values.map { orderedBits(Int64(bitPattern: $0.bitPattern)) }
        ordered.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return }
            var encoder = IntegerStreamEncoder()
            encoder.encode(base, rows: values.count, to: &parts.values)
            parts.zone.encodingBytes = encoder.byteCounts
            parts.zone.distinct = DistinctEstimate.count(base, rows: values.count, runs: encoder.runs)
        }
        // Blocks are faster to read: chunks must be clearly smaller.
        if parts.values.count > values.count * 3 {
            var chunks = ByteSink(capacity: parts.values.count)
            try ChunkStream.encode(values, rows: values.count, compressor, to: &chunks)
            if chunks.count < parts.values.count * 9 / 10 {
                parts.values = chunks
                parts.flags |= SegmentFormat.chunksFlag
                parts.zone.encodingBytes = parts.zone.encodingBytes.map { _ in 0 }
                parts.zone.encodingBytes[BlockEncoding.chunk.rawValue] = chunks.count
            }
        }
        var min = Double.infinity
        var max = -Double.infinity
        var hasNaN = false
        for value in values {
            min = value < min ? value : min
            max = value > max ? value : max
            hasNaN = hasNaN || value.isNaN
        }
        parts.zone.bounds = .doubles(min: min, max: max, hasNaN: hasNaN)
    }

    // MARK: Strings

    private func encodeStrings(_ vector: Vector, _ validity: UnsafePointer<UInt8>?, _ parts: inout Parts)
        throws
    {
        guard let source = vector.dictionary else { preconditionFailure("strings need a dictionary") }
        let (codes, dictionary) = compactCodes(vector, validity, source)
        codes.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return }
            var encoder = IntegerStreamEncoder()
            encoder.encode(base, rows: codes.count, to: &parts.values)
            parts.zone.encodingBytes = encoder.byteCounts
        }
        parts.zone.distinct = dictionary.count
        parts.zone.bounds = vector.isJSON ? .none : ZoneMap.stringBounds(dictionary)
        parts.strings = dictionary.count
        parts.textBytes = dictionary.byteCount
        let lengths = (0..<dictionary.count).map {
            Int64(dictionary.offsets[$0 + 1] - dictionary.offsets[$0])
        }
        var encoder = IntegerStreamEncoder()
        encoder.encode(lengths, rows: lengths.count, to: &parts.lengths)
        try withExtendedLifetime(dictionary) {
            let text = UnsafeRawBufferPointer(start: dictionary.bytes, count: dictionary.byteCount)
            try encodeText(text, &parts)
        }
    }

    private func encodeText(_ text: UnsafeRawBufferPointer, _ parts: inout Parts) throws {
        if text.count >= 512 {
            var frame: [UInt8] = []
            try compressor.compress(text, appendingTo: &frame)
            if frame.count < text.count * 9 / 10 {
                parts.flags |= SegmentFormat.compressedTextFlag
                return frame.withUnsafeBytes { parts.text.append($0) }
            }
        }
        parts.text.append(text)
    }

    /// Codes into a dictionary of nothing but the strings that occur, in the order in which they do.
    private func compactCodes(
        _ vector: Vector, _ validity: UnsafePointer<UInt8>?, _ source: StringDictionary
    ) -> ([Int64], StringDictionary) {
        let codes = widened(vector.count, validity) { vector.codes[$0] }
        let builder = StringDictionaryBuilder(capacity: min(source.count, codes.count))
        var result = [Int64](repeating: 0, count: codes.count)
        if source.isUnique, source.count <= 4 * SegmentFormat.rowsMax {
            var known = [Int32](repeating: -1, count: source.count)
            for row in codes.indices {
                let code = Int(codes[row])
                if known[code] < 0 {
                    known[code] = Int32(builder.count)
                    builder.append(source[code])
                }
                result[row] = Int64(known[code])
            }
            return (result, builder.finish(isUnique: true))
        }
        let interner = StringInterner()
        var interned = [UInt32](repeating: 0, count: codes.count)
        interner.intern(codes, validity: nil, rows: nil, count: codes.count, of: source, into: &interned)
        for row in codes.indices { result[row] = Int64(interned[row]) }
        return (result, interner.dictionary())
    }
}

extension Vector {
    /// Whether values are decimals of few enough digits to be one double each.
    fileprivate var isShortDecimal: Bool {
        switch layout {
        case .int64:
            guard scale <= Decimals.scaleMax else { return false }
            for row in 0..<count where int64s[row].magnitude > Decimals.magnitudeMax && isValid(row) {
                return false
            }
            return true
        case .int128: return false
        default: return true
        }
    }
}
