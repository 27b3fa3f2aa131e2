import Vectors

/// Reads what `BatchEncoder` wrote. Vectors share the bytes they are made of where these are as vectors need
/// them.
struct BatchDecoder {
    private let owner: VectorMemory
    private var position: UnsafeMutableRawPointer

    init(_ memory: VectorMemory) {
        owner = memory
        position = memory.pointer
    }

    private mutating func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        defer { position += (byteCount + 15) & ~15 }
        return position
    }

    mutating func batch(_ types: [SQLType]) -> Batch {
        let head = take(16)
        let count = Int(head.load(as: UInt64.self))
        let order = head.load(fromByteOffset: 8, as: UInt64.self)
        var columns: [Vector] = []
        columns.reserveCapacity(types.count)
        for type in types { columns.append(column(type, count)) }
        return Batch(columns, count: count, order: order)
    }

    private mutating func column(_ type: SQLType, _ count: Int) -> Vector {
        let head = take(BatchEncoder.ColumnHead.byteCount).assumingMemoryBound(to: UInt8.self)
        let column = BatchEncoder.ColumnHead(
            layout: Layout(rawValue: head[0]) ?? type.layout, width: head[1],
            validity: BatchEncoder.Validity(rawValue: head[2]) ?? .none, isJSON: head[3] & 1 != 0,
            isConstant: head[3] & 2 != 0, scale: Int8(bitPattern: head[4]))
        let validity = validity(column.validity, count)
        switch column.layout {
        case .string: return strings(type, column, validity, count)
        case .int64: return numbers(type, column, validity, count, as: Int64.self)
        case .int128: return numbers(type, column, validity, count, as: Int128.self)
        case .double: return numbers(type, column, validity, count, as: Int64.self)
        case .bool: return numbers(type, column, validity, count, as: UInt8.self)
        }
    }

    private mutating func validity(_ kind: BatchEncoder.Validity, _ count: Int) -> (
        UnsafeMutablePointer<UInt8>, VectorMemory
    )? {
        switch kind {
        case .none: return nil
        case .bytes: return (take(count).assumingMemoryBound(to: UInt8.self), owner)
        case .bits:
            let bits = take((count + 7) / 8).assumingMemoryBound(to: UInt8.self)
            let memory = VectorMemory(byteCount: count)
            let validity = memory.pointer.assumingMemoryBound(to: UInt8.self)
            for row in 0..<count { validity[row] = bits[row >> 3] >> UInt8(row & 7) & 1 }
            return (validity, memory)
        }
    }

    private mutating func numbers<Value: FixedWidthInteger>(
        _ type: SQLType, _ head: BatchEncoder.ColumnHead,
        _ validity: (UnsafeMutablePointer<UInt8>, VectorMemory)?,
        _ count: Int, as: Value.Type
    ) -> Vector {
        let base = take(16).load(as: Value.self)
        let width = Int(head.width)
        let source = take(count * width)
        var raw = source
        var values = owner
        // Doubles of full width are bits, not differences from the base.
        if width != head.layout.stride || head.layout == .int64 {
            values = VectorMemory(byteCount: count * head.layout.stride)
            raw = values.pointer
            NarrowIntegers.unpack(
                source, count: count, base: base, width: width, to: raw.assumingMemoryBound(to: Value.self))
        }
        return Vector(
            type: type, layout: head.layout, scale: Int(head.scale), count: count, raw: raw,
            validity: validity?.0,
            isJSON: head.isJSON, isConstant: head.isConstant, owner: Owners(values, validity?.1))
    }

    private mutating func strings(
        _ type: SQLType, _ head: BatchEncoder.ColumnHead,
        _ validity: (UnsafeMutablePointer<UInt8>, VectorMemory)?,
        _ count: Int
    ) -> Vector {
        let sizes = take(16)
        let stringCount = Int(sizes.load(as: UInt64.self))
        let byteCount = Int(sizes.load(fromByteOffset: 8, as: UInt64.self))
        let offsets = take((stringCount + 1) * 4).assumingMemoryBound(to: UInt32.self)
        let bytes = take(byteCount).assumingMemoryBound(to: UInt8.self)
        let dictionary = StringDictionary(
            count: stringCount, bytes: UnsafePointer(bytes), offsets: UnsafePointer(offsets), isUnique: false,
            owner: owner)
        let source = take(count * Int(head.width))
        var raw = source
        var values = owner
        if head.width != 4 {
            values = VectorMemory(byteCount: count * 4)
            raw = values.pointer
            NarrowIntegers.unpack(
                source, count: count, base: 0, width: Int(head.width),
                to: raw.assumingMemoryBound(to: UInt32.self))
        }
        return Vector(
            type: type, layout: .string, scale: Int(head.scale), count: count, raw: raw,
            validity: validity?.0,
            dictionary: dictionary, isJSON: head.isJSON, isConstant: head.isConstant,
            owner: Owners(values, validity?.1))
    }

    private final class Owners {
        let memories: (VectorMemory, VectorMemory?)
        init(_ first: VectorMemory, _ second: VectorMemory?) { memories = (first, second) }
    }
}
