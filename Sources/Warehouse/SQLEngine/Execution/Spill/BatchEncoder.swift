import Vectors

/// Writes batches as bytes that are read back on the same machine by the same process: integers at the width
/// that their range needs, equal values once, strings with a dictionary of the batch's own.
///
/// A batch is its count and order (8 bytes each) and then its columns. A column is a head of 8 bytes, the
/// validity, and the values; each of the parts begins at a multiple of 16.
struct BatchEncoder {
    /// What precedes the values of a column.
    struct ColumnHead {
        var layout: Layout
        /// Bytes a value; 0 where all are the same as the base.
        var width: UInt8
        var validity: Validity
        var isJSON: Bool
        var isConstant: Bool
        var scale: Int8
        static let byteCount = 16
    }

    /// How validity is written.
    enum Validity: UInt8 {
        case none, bits, bytes
    }

    private var memory = VectorMemory(byteCount: 1 << 16)
    /// How many bytes have been written.
    private(set) var count = 0
    private var remap: [UInt32] = []

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.pointer, count: count) }

    mutating func removeAll() { count = 0 }

    /// Room for `byteCount` bytes, which count as written, rounded up to a multiple of 16.
    private mutating func extend(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let rounded = (byteCount + 15) & ~15
        if count + rounded > memory.byteCount {
            let larger = VectorMemory(byteCount: (count + rounded) * 2)
            larger.pointer.copyMemory(from: memory.pointer, byteCount: count)
            memory = larger
        }
        defer { count += rounded }
        return memory.pointer + count
    }

    mutating func append(_ batch: Batch) {
        let head = extend(16)
        head.storeBytes(of: UInt64(batch.count), as: UInt64.self)
        head.storeBytes(of: batch.order, toByteOffset: 8, as: UInt64.self)
        for column in batch.columns { append(column, batch.count) }
    }

    private mutating func append(_ vector: Vector, _ count: Int) {
        switch vector.layout {
        case .int64:
            let range = NarrowIntegers.range(vector.int64s, validity: vector.validity, count: count) ?? (0, 0)
            let width = NarrowIntegers.width(UInt64(bitPattern: range.greatest &- range.least))
            appendHead(vector, count, width)
            extend(16).storeBytes(of: range.least, as: Int64.self)
            NarrowIntegers.pack(
                vector.int64s, count: count, base: range.least, width: width, to: extend(count * width))
        case .int128: appendWide(vector, count)
        case .double:
            let values = vector.int64s
            let isEqual = vector.isConstant || (0..<count).allSatisfy { values[$0] == values[0] }
            appendHead(vector, count, isEqual ? 0 : 8)
            extend(16).storeBytes(of: count > 0 ? values[0] : 0, as: Int64.self)
            if !isEqual { extend(count * 8).copyMemory(from: vector.raw, byteCount: count * 8) }
        case .bool:
            let values = vector.bools
            let isEqual = vector.isConstant || (0..<count).allSatisfy { values[$0] == values[0] }
            appendHead(vector, count, isEqual ? 0 : 1)
            extend(16).storeBytes(of: count > 0 ? values[0] : 0, as: UInt8.self)
            if !isEqual { extend(count).copyMemory(from: vector.raw, byteCount: count) }
        case .string: appendStrings(vector, count)
        }
    }

    private mutating func appendWide(_ vector: Vector, _ count: Int) {
        let range = NarrowIntegers.range(vector.int128s, validity: vector.validity, count: count) ?? (0, 0)
        let spread = UInt128(bitPattern: range.greatest &- range.least)
        let width = UInt64(exactly: spread).map(NarrowIntegers.width) ?? 16
        appendHead(vector, count, width)
        extend(16).storeBytes(of: range.least, as: Int128.self)
        let target = extend(count * width)
        if width == 16 {
            target.copyMemory(from: vector.raw, byteCount: count * 16)
        } else {
            NarrowIntegers.pack(vector.int128s, count: count, base: range.least, width: width, to: target)
        }
    }

    private mutating func appendHead(_ vector: Vector, _ count: Int, _ width: Int) {
        var kind = Validity.none
        if let validity = vector.validity {
            kind = .bits
            for row in 0..<count where validity[row] > 1 { kind = .bytes }
        }
        let head = extend(ColumnHead.byteCount).assumingMemoryBound(to: UInt8.self)
        head[0] = vector.layout.rawValue
        head[1] = UInt8(width)
        head[2] = kind.rawValue
        head[3] = (vector.isJSON ? 1 : 0) | (vector.isConstant ? 2 : 0)
        head[4] = UInt8(bitPattern: Int8(clamping: vector.scale))
        guard let validity = vector.validity else { return }
        if kind == .bytes { return extend(count).copyMemory(from: validity, byteCount: count) }
        let bits = extend((count + 7) / 8).assumingMemoryBound(to: UInt8.self)
        for byte in 0..<((count + 7) / 8) {
            var value: UInt8 = 0
            for row in (byte * 8)..<min(count, byte * 8 + 8) where validity[row] != 0 {
                value |= 1 << UInt8(row & 7)
            }
            bits[byte] = value
        }
    }

    /// The codes, and those strings of the dictionary that they name, numbered as they come.
    private mutating func appendStrings(_ vector: Vector, _ count: Int) {
        let dictionary = vector.dictionary ?? .empty
        let codes = VectorMemory(byteCount: count * 4)
        let own = codes.pointer.assumingMemoryBound(to: UInt32.self)
        // Sorted values come in runs, and constants are one run.
        let used =
            dictionary.count <= 16 * count + 1024
            ? numberByTable(vector, count, dictionary, own) : numberByHashing(vector, count, own)
        var byteCount = 0
        for code in used { byteCount += dictionary[Int(code)].count }
        let width = NarrowIntegers.width(UInt64(max(1, used.count) - 1))
        appendHead(vector, count, width)
        let sizes = extend(16)
        sizes.storeBytes(of: UInt64(used.count), as: UInt64.self)
        sizes.storeBytes(of: UInt64(byteCount), toByteOffset: 8, as: UInt64.self)
        let offsets = extend((used.count + 1) * 4).assumingMemoryBound(to: UInt32.self)
        offsets[0] = 0
        for (index, code) in used.enumerated() {
            offsets[index + 1] = offsets[index] + UInt32(dictionary[Int(code)].count)
        }
        var target = extend(byteCount).assumingMemoryBound(to: UInt8.self)
        for code in used {
            let string = dictionary[Int(code)]
            if let base = string.baseAddress { target.update(from: base, count: string.count) }
            target += string.count
        }
        NarrowIntegers.pack(own, count: count, base: 0, width: width, to: extend(count * width))
    }

    private mutating func numberByTable(
        _ vector: Vector, _ count: Int, _ dictionary: StringDictionary, _ own: UnsafeMutablePointer<UInt32>
    ) -> [UInt32] {
        let unknown = UInt32.max
        if remap.count < dictionary.count { remap = [UInt32](repeating: unknown, count: dictionary.count) }
        var used: [UInt32] = []
        let codes = vector.codes
        remap.withUnsafeMutableBufferPointer { remap in
            for row in 0..<count {
                let code = codes[row]
                if remap[Int(code)] == unknown {
                    remap[Int(code)] = UInt32(used.count)
                    used.append(code)
                }
                own[row] = remap[Int(code)]
            }
            for code in used { remap[Int(code)] = unknown }
        }
        return used
    }

    private func numberByHashing(_ vector: Vector, _ count: Int, _ own: UnsafeMutablePointer<UInt32>)
        -> [UInt32]
    {
        var numbers: [UInt32: UInt32] = [:]
        var used: [UInt32] = []
        for row in 0..<count {
            let code = vector.codes[row]
            if let known = numbers[code] {
                own[row] = known
            } else {
                own[row] = UInt32(used.count)
                numbers[code] = own[row]
                used.append(code)
            }
        }
        return used
    }
}
