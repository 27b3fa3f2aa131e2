internal import CKernels
import JSON
package import Vectors

/// A segment in memory. Immutable once made; may be shared between threads.
package final class SegmentReader: @unchecked Sendable {
    // Everything is set before the object is shared; the memory is never written after.

    /// How the values lie.
    package let layout: Layout
    /// Digits behind the point of integers.
    package let scale: Int
    /// Whether strings are JSON text.
    package let isJSON: Bool
    package let rows: Int
    /// What codes point into; `nil` where values are not strings.
    package let dictionary: StringDictionary?
    /// The checksum that the bytes have.
    package let checksum: UInt32
    /// The memory that the object holds.
    package let byteCount: Int

    private enum Values {
        case integers(IntegerStream)
        case wide(WideStream)
        case chunks(ChunkStream)
    }
    private let values: Values
    private let validity: IntegerStream?
    /// What integers of 64 bits are multiplied by.
    private let factor: Int64
    private let segment: SegmentBytes

    /// Takes a segment apart, and checks its checksum and its heads.
    package convenience init(_ segment: SegmentBytes) throws {
        guard segment.count >= SegmentFormat.headerBytes,
            segment.bytes.loadUnaligned(as: UInt32.self).littleEndian == SegmentFormat.magic
        else { throw SegmentDamage("it does not begin as a segment does") }
        let body = UnsafeRawBufferPointer(rebasing: segment.bytes[8...])
        let stated = segment.bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian
        guard th_crc32c(0, body.baseAddress, body.count) == stated else {
            throw SegmentDamage("its checksum is wrong")
        }
        try self.init(unchecked: segment, checksum: stated)
    }

    private init(unchecked segment: SegmentBytes, checksum: UInt32) throws {
        var source = ByteSource(UnsafeRawBufferPointer(rebasing: segment.bytes[8...]))
        guard let layout = Layout(rawValue: try source.integer()) else {
            throw SegmentDamage("its layout is unknown")
        }
        let flags = try source.integer(UInt8.self)
        let scale = Int(try source.integer(UInt8.self))
        _ = try source.integer(UInt8.self)
        let rows = Int(try source.integer(UInt32.self))
        guard scale <= 38, rows <= SegmentFormat.rowsMax else {
            throw SegmentDamage("its head is out of range")
        }
        let sizes = try (0..<4).map { _ in Int(try source.integer(UInt32.self)) }
        let textBytes = Int(try source.integer(UInt32.self))
        let strings = Int(try source.integer(UInt32.self))
        let factor = try source.integer(Int64.self)
        guard factor == 1 || factor > 1 && layout == .int64 else {
            throw SegmentDamage("its factor is out of range")
        }
        let valueBytes = try source.take(sizes[0])
        let validityBytes = try source.take(sizes[1])
        let lengthBytes = try source.take(sizes[2])
        let stored = try source.take(sizes[3])
        guard source.rest.isEmpty else { throw SegmentDamage("it is longer than its head says") }

        self.segment = segment
        self.checksum = checksum
        self.layout = layout
        self.scale = scale
        self.rows = rows
        self.factor = factor
        isJSON = flags & SegmentFormat.jsonFlag != 0
        validity =
            flags & SegmentFormat.validityFlag == 0 ? nil : try IntegerStream(validityBytes, rows: rows)
        switch layout {
        case .int128: values = .wide(try WideStream(valueBytes, rows: rows))
        case .double where flags & SegmentFormat.chunksFlag != 0:
            values = .chunks(try ChunkStream(valueBytes, rows: rows))
        default: values = .integers(try IntegerStream(valueBytes, rows: rows))
        }
        guard layout == .string else {
            dictionary = nil
            byteCount = segment.memory.byteCount
            return
        }
        let isCompressed = flags & SegmentFormat.compressedTextFlag != 0
        dictionary = try Self.dictionary(
            strings: strings, lengths: lengthBytes, stored: stored, textBytes: textBytes,
            isCompressed: isCompressed,
            owner: segment.memory)
        byteCount = segment.memory.byteCount + (isCompressed ? textBytes : 0) + strings * 4
    }

    private static func dictionary(
        strings: Int, lengths: UnsafeRawBufferPointer, stored: UnsafeRawBufferPointer, textBytes: Int,
        isCompressed: Bool, owner: VectorMemory
    ) throws -> StringDictionary {
        guard strings <= SegmentFormat.rowsMax else { throw SegmentDamage("its dictionary is too large") }
        let offsets = VectorMemory(byteCount: (strings + 1) * 4)
        let places = offsets.pointer.assumingMemoryBound(to: UInt32.self)
        places[0] = 0
        var end = 0
        let stream = try IntegerStream(lengths, rows: strings)
        try withScratch { scratch in
            for first in stride(from: 0, to: strings, by: SegmentFormat.blockRows) {
                let count = min(SegmentFormat.blockRows, strings - first)
                try stream.decode(from: first, count: count, into: scratch)
                for index in 0..<count {
                    guard scratch[index] >= 0, scratch[index] <= Int64(textBytes - end) else {
                        throw SegmentDamage("the strings of its dictionary are longer than its text")
                    }
                    end += Int(scratch[index])
                    places[first + index + 1] = UInt32(end)
                }
            }
        }
        guard end == textBytes, isCompressed || stored.count == textBytes else {
            throw SegmentDamage("the strings of its dictionary are not its text")
        }
        let text = isCompressed ? try inflate(stored, byteCount: textBytes) : owner
        let start =
            isCompressed
            ? UnsafeRawPointer(text.pointer) : stored.baseAddress ?? UnsafeRawPointer(owner.pointer)
        return StringDictionary(
            count: strings, bytes: start.assumingMemoryBound(to: UInt8.self), offsets: UnsafePointer(places),
            isUnique: true, owner: Owners(text, offsets))
    }

    private final class Owners {
        let memories: (VectorMemory, VectorMemory)
        init(_ first: VectorMemory, _ second: VectorMemory) { memories = (first, second) }
    }

    // MARK: Bounds

    /// How many blocks of 1,024 rows there are.
    package var blockCount: Int { (rows + SegmentFormat.blockRows - 1) / SegmentFormat.blockRows }

    /// Integers that no value of a block is below or above, in units of 10^-scale, without decoding the
    /// block.
    ///
    /// - Returns: `nil` where values are not integers of 64 bits.
    package func bounds(block: Int) throws -> (min: Int64, max: Int64)? {
        guard layout == .int64, case .integers(let stream) = values else { return nil }
        let bounds = try stream.bounds(block: block)
        return factor == 1 ? bounds : (product(bounds.min), product(bounds.max))
    }

    private func product(_ value: Int64) -> Int64 {
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? (value < 0 ? .min : .max) : product
    }

    // MARK: Values

    /// The values of some rows.
    ///
    /// - Parameters:
    ///   - type: what the vector is said to be; its layout is the segment's.
    ///   - start: a multiple of 1,024.
    ///   - scale: digits behind the point that integers are to have, at least the segment's. Where a product
    ///     does not fit 64 bits, the vector has 128.
    package func read(_ type: SQLType, from start: Int, count: Int, scale target: Int? = nil) throws -> Vector
    {
        precondition(
            start % SegmentFormat.blockRows == 0 && start >= 0 && count >= 0 && start + count <= rows,
            "rows \(start) to \(start + count) of \(rows) cannot be read")
        var isConstant = false
        if case .integers(let stream) = values {
            isConstant = try stream.constant(from: start, count: count) != nil
        }
        let constantValidity = try validity?.constant(from: start, count: count)
        let hasValidity = validity != nil && constantValidity != 1
        isConstant =
            isConstant && (!hasValidity || constantValidity != nil) || (hasValidity && constantValidity == 0)
        let vector = Vector.allocate(
            type, layout: layout, scale: scale, count: count, hasValidity: hasValidity,
            dictionary: dictionary,
            isJSON: isJSON)
        if let target = vector.validity { try validity?.decode(from: start, count: count, into: target) }
        switch values {
        case .wide(let stream): try stream.decode(from: start, count: count, into: vector.int128s)
        case .chunks(let stream): try stream.decode(from: start, count: count, into: vector.doubles)
        case .integers(let stream): try decode(stream, from: start, count: count, into: vector)
        }
        let result = isConstant ? vector.with(isConstant: true) : vector
        guard let target, target > scale, layout == .int64 || layout == .int128 else { return result }
        return try result.scaledUp(to: target)
    }

    private func decode(_ stream: IntegerStream, from start: Int, count: Int, into vector: Vector) throws {
        switch layout {
        case .bool:
            try stream.decode(from: start, count: count, into: vector.bools)
            for row in 0..<count { vector.bools[row] &= 1 }
        case .string:
            try stream.decode(from: start, count: count, into: vector.codes)
            guard count == 0 || Int(th_max32(vector.codes, count)) < (dictionary?.count ?? 0) else {
                throw SegmentDamage("a code is not in its dictionary")
            }
        case .double:
            try stream.decode(from: start, count: count, into: vector.int64s)
            let bits = vector.int64s
            for row in 0..<count { bits[row] = orderedBits(bits[row]) }
        case .int64, .int128:
            try stream.decode(from: start, count: count, into: vector.int64s)
            if factor != 1 { th_multiply(vector.int64s, count, factor) }
        }
    }

    /// Reads every row.
    func decodeAll() throws {
        for start in stride(from: 0, to: rows, by: SegmentFormat.chunkRows) {
            let vector = try read(.variant, from: start, count: min(SegmentFormat.chunkRows, rows - start))
            guard let validity = vector.validity else { continue }
            for row in 0..<vector.count where validity[row] > Vector.jsonNull {
                throw SegmentDamage("a validity is neither of its values")
            }
        }
    }
}

extension Vector {
    /// Integers with more digits behind the point; with 128 bits where a product does not fit 64.
    func scaledUp(to target: Int) throws -> Vector {
        guard target > scale else { return self }
        guard target - scale <= 38 else { throw SegmentDamage("a scale is out of range") }
        let factor = integerPower(target - scale)
        if layout == .int64, let small = Int64(exactly: factor) {
            let result = Vector.allocate(type, layout: .int64, scale: target, count: count, isJSON: isJSON)
            var overflow = false
            for row in 0..<count {
                let (product, over) = int64s[row].multipliedReportingOverflow(by: small)
                result.int64s[row] = product
                overflow = overflow || over
            }
            if !overflow {
                return result.with(validity: .some(validity), isConstant: isConstant, alsoKeeping: self)
            }
        }
        let wide = widened()
        let result = Vector.allocate(type, layout: .int128, scale: target, count: count, isJSON: isJSON)
        for row in 0..<count {
            let (product, overflow) = wide.int128s[row].multipliedReportingOverflow(by: factor)
            guard !overflow else { throw SegmentDamage("a number has more than 38 digits") }
            result.int128s[row] = product
        }
        return result.with(validity: .some(validity), isConstant: isConstant, alsoKeeping: wide)
    }
}
