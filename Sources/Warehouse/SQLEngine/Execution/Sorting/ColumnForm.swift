import JSON
import Vectors

/// The one form in which a column of many chunks is stored and given out.
struct ColumnForm {
    var type: SQLType
    var layout: Layout
    var scale = 0
    var isJSON = false
    /// What stored integers are differences from.
    var base: Int128 = 0
    /// Bytes a stored value: 0 (all are `base`), 1, 2, 4, 8 or 16.
    var width = 0
    var isNullable = false
    var hasValues = true
    /// The range of values, see `ChunkColumn.range`.
    var range: (least: Int128, greatest: Int128)?
    var dictionary: StringDictionary?
    /// How codes of the chunks' dictionaries become codes of `dictionary`.
    var codeMaps: [ObjectIdentifier: CodeMap] = [:]

    enum CodeMap {
        case offset(UInt32)
        case table([UInt32])
    }

    /// Brings a column of all chunks to one form, changing chunks that differ.
    static func unify(_ chunks: [SortChunk], column: Int, type: SQLType, isKey: Bool) -> ColumnForm {
        var form = ColumnForm(type: type, layout: type.layout)
        form.isNullable = chunks.contains {
            $0.columns[column].validity != nil || !$0.columns[column].hasValues
        }
        guard let first = chunks.first(where: { $0.columns[column].hasValues })?.columns[column] else {
            form.hasValues = false
            return form
        }
        form.layout = first.layout
        form.scale = first.scale
        form.isJSON = first.isJSON
        if type.isSemiStructured {
            form.unifyVariants(chunks, column, isKey)
        } else if type == .float {
            form.unifyFloats(chunks, column)
        }
        switch form.layout {
        case .string: form.unifyStrings(chunks, column)
        case .int64, .int128: form.unifyIntegers(chunks, column)
        case .double, .bool:
            form.takeRange(chunks, column)
            form.width = form.layout.stride
        }
        return form
    }

    private mutating func takeRange(_ chunks: [SortChunk], _ column: Int) {
        for chunk in chunks {
            guard chunk.columns[column].hasValues, let range = chunk.columns[column].range else { continue }
            self.range =
                self.range.map { (min($0.least, range.least), max($0.greatest, range.greatest)) } ?? range
        }
    }

    private mutating func unifyIntegers(_ chunks: [SortChunk], _ column: Int) {
        takeRange(chunks, column)
        guard let range else { return }
        base = range.least
        layout =
            Int64(exactly: range.least) != nil && Int64(exactly: range.greatest) != nil ? .int64 : .int128
        width =
            UInt64(exactly: UInt128(bitPattern: range.greatest &- range.least)).map(NarrowIntegers.width)
            ?? 16
        if width == 16 { base = 0 }
    }

    /// Sorted VARIANTs are compared as JSON text; others stay typed where all chunks have them in one form.
    private mutating func unifyVariants(_ chunks: [SortChunk], _ column: Int, _ isKey: Bool) {
        let isInteger = layout == .int64 || layout == .int128
        let differs = chunks.contains {
            let other = $0.columns[column]
            guard other.hasValues else { return false }
            let sameLayout =
                other.layout == layout || (isInteger && (other.layout == .int64 || other.layout == .int128))
            return !sameLayout || other.isJSON != isJSON || (isInteger && other.scale != scale)
        }
        guard differs || (isKey && !(layout == .string && isJSON)) else { return }
        for chunk in chunks where chunk.columns[column].hasValues {
            let text = chunk.columns[column].vector(type, count: chunk.count).asJSONText()
            // What was JSON null is the text `null` now.
            let isTyped = chunk.columns[column].hasJSONNull
            chunk.columns[column] = ChunkColumn(isTyped ? text.withPlainValidity() : text, count: chunk.count)
        }
        layout = .string
        scale = 0
        isJSON = true
    }

    /// Decimals stay decimals where each is the same double at the largest scale of all; otherwise all become
    /// doubles.
    private mutating func unifyFloats(_ chunks: [SortChunk], _ column: Int) {
        let exact = Int128(1) << 53
        var largest = 0
        var isDecimal = true
        for chunk in chunks where chunk.columns[column].hasValues {
            let other = chunk.columns[column]
            isDecimal = isDecimal && (other.layout == .int64 || other.layout == .int128) && other.scale <= 22
            largest = max(largest, other.scale)
        }
        for chunk in chunks where isDecimal && chunk.columns[column].hasValues {
            let other = chunk.columns[column]
            guard let range = other.range else { continue }
            let power = integerPower(largest - other.scale)
            let bound = exact / power
            isDecimal = isDecimal && range.least >= -bound && range.greatest <= bound
        }
        layout = isDecimal ? .int64 : .double
        scale = isDecimal ? largest : 0
        for chunk in chunks where chunk.columns[column].hasValues {
            let other = chunk.columns[column]
            if !isDecimal {
                if other.layout == .double { continue }
                let doubles = other.vector(type, count: chunk.count).asDoubles()
                chunk.columns[column] = ChunkColumn(doubles, count: chunk.count)
            } else if other.scale != largest {
                let source = other.vector(type, count: chunk.count)
                let power = Int64(integerPower(largest - other.scale))
                let scaled = Vector.allocate(type, layout: .int64, scale: largest, count: chunk.count)
                for row in 0..<chunk.count {
                    scaled.int64s[row] =
                        (source.layout == .int64
                            ? source.int64s[row] : Int64(truncatingIfNeeded: source.int128s[row]))
                        &* power
                }
                let full = scaled.with(validity: .some(source.validity), alsoKeeping: source)
                chunk.columns[column] = ChunkColumn(full, count: chunk.count)
            }
        }
    }

    // MARK: Strings

    /// One dictionary for all chunks: interned where that is cheap, otherwise all dictionaries one behind the
    /// other.
    private mutating func unifyStrings(_ chunks: [SortChunk], _ column: Int) {
        var dictionaries: [StringDictionary] = []
        var seen: Set<ObjectIdentifier> = []
        var rows = 0
        for chunk in chunks {
            rows += chunk.count
            guard let dictionary = chunk.columns[column].dictionary else { continue }
            if seen.insert(ObjectIdentifier(dictionary)).inserted { dictionaries.append(dictionary) }
        }
        let strings = dictionaries.reduce(0) { $0 + $1.count }
        if dictionaries.count == 1 {
            dictionary = dictionaries[0]
            codeMaps[ObjectIdentifier(dictionaries[0])] = .offset(0)
        } else if strings <= max(4096, rows / 4) {
            let interner = StringInterner()
            for other in dictionaries {
                codeMaps[ObjectIdentifier(other)] = .table(
                    (0..<other.count).map { interner.code(of: other[$0]) })
            }
            dictionary = interner.dictionary()
        } else {
            concatenate(dictionaries, count: strings)
        }
        width = NarrowIntegers.width(UInt64(max(1, dictionary?.count ?? 1) - 1))
    }

    private mutating func concatenate(_ dictionaries: [StringDictionary], count: Int) {
        let byteCount = dictionaries.reduce(0) { $0 + $1.byteCount }
        let bytes = VectorMemory(byteCount: byteCount)
        let offsets = VectorMemory(byteCount: (count + 1) * 4)
        let targetBytes = bytes.pointer.assumingMemoryBound(to: UInt8.self)
        let targetOffsets = offsets.pointer.assumingMemoryBound(to: UInt32.self)
        var code = 0
        var place: UInt32 = 0
        for other in dictionaries {
            codeMaps[ObjectIdentifier(other)] = .offset(UInt32(code))
            let start = other.offsets[0]
            for index in 0..<other.count {
                targetOffsets[code + index] = other.offsets[index] - start + place
            }
            let length = other.offsets[other.count] - start
            (targetBytes + Int(place)).update(from: other.bytes + Int(start), count: Int(length))
            code += other.count
            place += length
        }
        targetOffsets[code] = place
        dictionary = StringDictionary(
            count: count, bytes: UnsafePointer(targetBytes), offsets: UnsafePointer(targetOffsets),
            isUnique: false,
            owner: Memories(bytes, offsets))
    }

    private final class Memories {
        let memories: (VectorMemory, VectorMemory)
        init(_ first: VectorMemory, _ second: VectorMemory) { memories = (first, second) }
    }

    /// Makes codes of a chunk's dictionary codes of `dictionary`, in place. Those of NULLs become 0.
    func translate(_ codes: UnsafeMutablePointer<UInt32>, of column: ChunkColumn, count: Int) {
        guard let own = column.dictionary, let map = codeMaps[ObjectIdentifier(own)] else {
            return codes.initialize(repeating: 0, count: count)
        }
        switch map {
        case .offset(0): break
        case .offset(let offset): for row in 0..<count { codes[row] &+= offset }
        case .table(let table):
            table.withUnsafeBufferPointer { table in
                for row in 0..<count { codes[row] = table[Int(codes[row])] }
            }
        }
    }
}

extension Vector {
    /// With 1 in place of JSON nulls in the validity.
    fileprivate func withPlainValidity() -> Vector {
        guard let validity else { return self }
        let memory = VectorMemory(byteCount: count)
        let target = memory.pointer.assumingMemoryBound(to: UInt8.self)
        for row in 0..<count { target[row] = min(1, validity[row]) }
        return with(validity: .some(target), alsoKeeping: memory)
    }
}
