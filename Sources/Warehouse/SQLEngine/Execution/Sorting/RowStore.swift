import Vectors

/// Rows with their columns side by side, so that fetching a row in another order touches one or two lines of
/// the cache.
final class RowStore: @unchecked Sendable {
    // Filled by threads at rows of their own, then only read.
    private struct Field {
        var offset = 0
        var validityOffset: Int?
    }

    private let forms: [ColumnForm]
    private let fields: [Field]
    private let stride: Int
    private let memory: VectorMemory
    /// Rows whose lines stay in the cache until all columns are fetched.
    private static let tile = 512

    init(_ forms: [ColumnForm], count: Int) {
        self.forms = forms
        var fields = [Field](repeating: Field(), count: forms.count)
        var offset = 0
        // Wide ones first, so that values do not straddle words where the widths allow it.
        for width in [16, 8, 4, 2, 1] {
            for (index, form) in forms.enumerated() where form.width == width && form.hasValues {
                fields[index].offset = offset
                offset += width
            }
        }
        for (index, form) in forms.enumerated() where form.isNullable && form.hasValues {
            fields[index].validityOffset = offset
            offset += 1
        }
        self.fields = fields
        stride = offset
        memory = VectorMemory(byteCount: stride * count)
    }

    var byteCount: Int { memory.byteCount }

    /// Takes over a chunk whose first row has the number `start`.
    func write(_ chunk: SortChunk, start: Int) {
        let scratch = VectorMemory(byteCount: Self.tile * 16)
        var first = 0
        while first < chunk.count {
            let count = min(Self.tile, chunk.count - first)
            for (index, form) in forms.enumerated() where form.hasValues {
                let target = memory.pointer + (start + first) * stride
                write(chunk.columns[index], form, fields[index], first, count, target, scratch.pointer)
            }
            first += count
        }
    }

    private func write(
        _ column: ChunkColumn, _ form: ColumnForm, _ field: Field, _ first: Int, _ count: Int,
        _ target: UnsafeMutableRawPointer, _ scratch: UnsafeMutableRawPointer
    ) {
        if let offset = field.validityOffset {
            if let validity = column.validityBytes, column.hasValues {
                spread(validity + first, count, target + offset, UInt8.self)
            } else {
                let value: UInt8 = column.hasValues ? 1 : 0
                for row in 0..<count {
                    target.storeBytes(of: value, toByteOffset: row * stride + offset, as: UInt8.self)
                }
            }
        }
        guard form.width > 0 else { return }
        let place = target + field.offset
        if form.layout == .string {
            let codes = scratch.assumingMemoryBound(to: UInt32.self)
            column.unpack(from: first, count: count, to: codes)
            form.translate(codes, of: column, count: count)
            switch form.width {
            case 1: spread(codes, count, place, UInt8.self)
            case 2: spread(codes, count, place, UInt16.self)
            default: spread(codes, count, place, UInt32.self)
            }
        } else if form.width == 16 {
            let values = scratch.assumingMemoryBound(to: Int128.self)
            column.unpack(from: first, count: count, to: values)
            spread(values, count, place, Int128.self)
        } else {
            let values = scratch.assumingMemoryBound(to: Int64.self)
            column.unpack(from: first, count: count, origin: form.base, to: values)
            switch form.width {
            case 1: spread(values, count, place, UInt8.self)
            case 2: spread(values, count, place, UInt16.self)
            case 4: spread(values, count, place, UInt32.self)
            default: spread(values, count, place, Int64.self)
            }
        }
    }

    @inline(__always)
    private func spread<Value: FixedWidthInteger, Stored: FixedWidthInteger>(
        _ values: UnsafePointer<Value>, _ count: Int, _ target: UnsafeMutableRawPointer, _: Stored.Type
    ) {
        let stride = stride
        for row in 0..<count {
            target.storeBytes(
                of: Stored(truncatingIfNeeded: values[row]), toByteOffset: row &* stride, as: Stored.self)
        }
    }

    // MARK: Reading

    /// Some columns of rows by their numbers.
    func gather(_ columns: [Int], _ rows: UnsafePointer<UInt32>, count: Int) -> [Vector] {
        let vectors = columns.map { forms[$0].allocate(count) }
        var first = 0
        while first < count {
            let tile = min(Self.tile, count - first)
            for (vector, index) in zip(vectors, columns) where forms[index].hasValues {
                if let offset = fields[index].validityOffset, let validity = vector.validity {
                    fetch(rows + first, tile, offset, UInt8.self, 0, validity + first)
                }
                if forms[index].width > 0 {
                    gather(forms[index], fields[index].offset, rows + first, tile, vector, first)
                }
            }
            first += tile
        }
        return zip(columns, vectors).map { index, vector in forms[index].finished(vector) }
    }

    private func gather(
        _ form: ColumnForm, _ offset: Int, _ rows: UnsafePointer<UInt32>, _ count: Int, _ vector: Vector,
        _ first: Int
    ) {
        let base = form.base
        switch form.layout {
        case .bool: fetch(rows, count, offset, UInt8.self, 0, vector.bools + first)
        case .double: fetch(rows, count, offset, Int64.self, 0, vector.int64s + first)
        case .string: fetch(form.width, rows, count, offset, 0, vector.codes + first)
        case .int64:
            fetch(form.width, rows, count, offset, Int64(truncatingIfNeeded: base), vector.int64s + first)
        case .int128 where form.width == 16:
            fetch(rows, count, offset, Int128.self, 0, vector.int128s + first)
        case .int128: fetch(form.width, rows, count, offset, base, vector.int128s + first)
        }
    }

    private func fetch<Value: FixedWidthInteger>(
        _ width: Int, _ rows: UnsafePointer<UInt32>, _ count: Int, _ offset: Int, _ base: Value,
        _ target: UnsafeMutablePointer<Value>
    ) {
        switch width {
        case 1: fetch(rows, count, offset, UInt8.self, base, target)
        case 2: fetch(rows, count, offset, UInt16.self, base, target)
        case 4: fetch(rows, count, offset, UInt32.self, base, target)
        default: fetch(rows, count, offset, UInt64.self, base, target)
        }
    }

    @inline(__always)
    private func fetch<Stored: FixedWidthInteger, Value: FixedWidthInteger>(
        _ rows: UnsafePointer<UInt32>, _ count: Int, _ offset: Int, _: Stored.Type, _ base: Value,
        _ target: UnsafeMutablePointer<Value>
    ) {
        let source = UnsafeRawPointer(memory.pointer + offset)
        let stride = stride
        for row in 0..<count {
            let stored = source.loadUnaligned(fromByteOffset: Int(rows[row]) &* stride, as: Stored.self)
            target[row] = base &+ Value(truncatingIfNeeded: stored)
        }
    }
}

extension ColumnForm {
    /// A vector of the form to be filled; one of nothing but NULLs, or of equal values, is full already.
    func allocate(_ count: Int) -> Vector {
        guard hasValues else { return .nulls(type, count: count) }
        let vector = Vector.allocate(
            type, layout: layout, scale: scale, count: count, hasValidity: isNullable, dictionary: dictionary,
            isJSON: isJSON)
        guard width == 0 else { return vector }
        switch layout {
        case .bool: vector.bools.initialize(repeating: UInt8(truncatingIfNeeded: base), count: count)
        case .string: vector.codes.initialize(repeating: 0, count: count)
        case .int64, .double:
            vector.int64s.initialize(repeating: Int64(truncatingIfNeeded: base), count: count)
        case .int128: vector.int128s.initialize(repeating: base, count: count)
        }
        return isNullable ? vector : vector.with(isConstant: true)
    }

    /// Without a validity that says nothing.
    func finished(_ vector: Vector) -> Vector {
        hasValues ? vector.droppingNeedlessValidity() : vector
    }
}
