import JSON

/// Gathers the rows of many vectors of one column into one growing vector. One thread.
///
/// Strings are interned: the result's dictionary holds each string once.
package final class VectorCollector {
    private let type: SQLType
    private var layout: Layout
    private var scale: Int
    private var isJSON: Bool
    private var values: VectorMemory
    private var validity: VectorMemory?
    private var capacity: Int
    private var interner: StringInterner?
    private var started = false
    /// How many rows there are.
    package private(set) var count = 0

    package init(_ type: SQLType, capacity: Int = 1024) {
        self.type = type
        layout = type.layout
        scale = type.scale
        isJSON = type.isSemiStructured
        self.capacity = max(16, capacity)
        values = VectorMemory(byteCount: self.capacity * type.layout.stride)
    }

    /// The bytes it holds.
    package var byteCount: Int { values.byteCount + (validity?.byteCount ?? 0) + (interner?.byteCount ?? 0) }

    /// Adds all rows of a vector.
    package func append(_ vector: Vector) { append(vector, rows: nil, count: vector.count) }

    /// Adds the rows of a vector that `rows` names; all of the first `count` where it is `nil`.
    package func append(_ source: Vector, rows: UnsafePointer<UInt32>?, count added: Int) {
        guard added > 0 else { return }
        let vector = reconciled(source)
        reserve(count + added)
        switch layout {
        case .bool: copy(vector.bools, rows, added)
        case .int64, .double: copy(vector.int64s, rows, added)
        case .int128: copy(vector.int128s, rows, added)
        case .string: appendCodes(vector, rows, added)
        }
        appendValidity(vector, rows, added)
        count += added
    }

    @inline(__always)
    private func copy<Value>(
        _ source: UnsafeMutablePointer<Value>, _ rows: UnsafePointer<UInt32>?, _ added: Int
    ) {
        let target = values.pointer.assumingMemoryBound(to: Value.self) + count
        if let rows {
            for row in 0..<added { target[row] = source[Int(rows[row])] }
        } else {
            target.update(from: source, count: added)
        }
    }

    private func appendCodes(_ vector: Vector, _ rows: UnsafePointer<UInt32>?, _ added: Int) {
        guard let dictionary = vector.dictionary else { return }
        let interner = self.interner ?? StringInterner()
        self.interner = interner
        let target = values.pointer.assumingMemoryBound(to: UInt32.self) + count
        interner.intern(
            vector.codes, validity: vector.validity, rows: rows, count: added, of: dictionary, into: target)
    }

    private func appendValidity(_ vector: Vector, _ rows: UnsafePointer<UInt32>?, _ added: Int) {
        guard vector.validity != nil || validity != nil else { return }
        if validity == nil {
            let memory = VectorMemory(byteCount: capacity)
            memory.pointer.initializeMemory(as: UInt8.self, repeating: 1, count: count)
            validity = memory
        }
        guard let validity else { return }
        let target = validity.pointer.assumingMemoryBound(to: UInt8.self) + count
        guard let source = vector.validity else { return target.initialize(repeating: 1, count: added) }
        if let rows {
            for row in 0..<added { target[row] = source[Int(rows[row])] }
        } else {
            target.update(from: source, count: added)
        }
    }

    /// Brings the vector and what is here to one form.
    private func reconciled(_ source: Vector) -> Vector {
        if !started {
            started = true
            if source.layout != layout {
                layout = source.layout
                values = VectorMemory(byteCount: capacity * layout.stride)
            }
            scale = source.scale
            isJSON = source.isJSON
            return source
        }
        if source.layout == layout,
            layout == .double || layout == .bool || (source.scale == scale && source.isJSON == isJSON)
        {
            return source
        }
        if type.isSemiStructured {
            if !(layout == .string && isJSON) { replaceContents(with: snapshot().asJSONText()) }
            return source.asJSONText()
        }
        if type == .float {
            if layout != .double { replaceContents(with: snapshot().asDoubles()) }
            return source.asDoubles()
        }
        // Some vector of nothing but NULLs has the layout of its type, others that of their values.
        if layout == .int64, source.layout == .int128 { replaceContents(with: snapshot().widened()) }
        return layout == .int128 ? source.widened() : source
    }

    private func replaceContents(with vector: Vector) {
        layout = vector.layout
        scale = vector.scale
        isJSON = vector.isJSON
        interner = nil
        values = VectorMemory(byteCount: capacity * layout.stride)
        let total = count
        count = 0
        if layout == .string {
            appendCodes(vector, nil, total)
        } else {
            values.pointer.copyMemory(from: vector.raw, byteCount: total * layout.stride)
        }
        count = total
    }

    private func reserve(_ needed: Int) {
        guard needed > capacity else { return }
        let larger = max(needed, capacity * 2)
        let memory = VectorMemory(byteCount: larger * layout.stride)
        memory.pointer.copyMemory(from: values.pointer, byteCount: count * layout.stride)
        values = memory
        if let old = validity {
            let memory = VectorMemory(byteCount: larger)
            memory.pointer.copyMemory(from: old.pointer, byteCount: count)
            validity = memory
        }
        capacity = larger
    }

    private func snapshot() -> Vector {
        Vector(
            type: type, layout: layout, scale: scale, count: count, raw: values.pointer,
            validity: validity.map { $0.pointer.assumingMemoryBound(to: UInt8.self) },
            dictionary: interner?.dictionary(),
            isJSON: isJSON, owner: Memories(values, validity))
    }

    /// Everything collected. The collector must not be used after.
    package func finish() -> Vector {
        if layout == .string, interner == nil { return Vector.nulls(type, count: count) }
        return snapshot()
    }

    private final class Memories {
        let memories: (VectorMemory, VectorMemory?)
        init(_ first: VectorMemory, _ second: VectorMemory?) { memories = (first, second) }
    }
}

extension Vector {
    /// A VARIANT in any form as JSON text.
    package func asJSONText() -> Vector {
        if layout == .string, isJSON { return self }
        let builder = StringDictionaryBuilder(capacity: count)
        let result = Vector.allocate(type, layout: .string, count: count, isJSON: true)
        if layout == .string, let dictionary {
            for code in 0..<dictionary.count { builder.append(JSONText.quoted(dictionary[code])) }
            let null = validity == nil ? 0 : UInt32(builder.count)
            if validity != nil { builder.append("null") }
            for row in 0..<count {
                result.codes[row] = validity.map { $0[row] == Self.jsonNull } == true ? null : codes[row]
            }
            return result.with(
                validity: .some(sqlValidity()), dictionary: builder.finish(), alsoKeeping: self)
        }
        for row in 0..<count {
            result.codes[row] = UInt32(row)
            builder.append(isValid(row) ? variantText(at: row) : "")
        }
        return result.with(
            validity: .some(validity), dictionary: builder.finish(), isConstant: isConstant, alsoKeeping: self
        )
    }

    private func sqlValidity() -> UnsafeMutablePointer<UInt8>? { validity }
}
