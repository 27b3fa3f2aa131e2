package import JSON
package import Vectors

/// Puts the rows of a shredded VARIANT together again, as canonical JSON text: the keys of each object in the
/// order of their bytes, no blanks, decimals without zeros at their end.
///
/// Immutable; may be shared between threads. It also takes columns that break the rules of `ShreddedVariant`
/// in that several have one path, or one path is the beginning of another, as long as no row has values in
/// more than one of them.
package final class VariantAssembler: @unchecked Sendable {
    // Its memory is written while it is made and never after.

    let variant: ShreddedVariant
    let nodes: UnsafeMutablePointer<AssemblyNode>
    let leaves: UnsafeMutablePointer<AssemblyLeaf>
    private let keys: UnsafeMutablePointer<UInt8>

    /// - Parameter variant: the columns, whole or those of some rows or below some key, and their residue.
    package init(_ variant: ShreddedVariant) {
        self.variant = variant
        let plan = AssemblyPlan(variant.columns)
        nodes = .allocate(capacity: plan.nodes.count)
        leaves = .allocate(capacity: max(1, plan.leaves.count))
        keys = .allocate(capacity: max(1, plan.keys.count))
        keys.update(from: plan.keys, count: plan.keys.count)
        nodes.initialize(from: plan.nodes, count: plan.nodes.count)
        leaves.initialize(from: plan.leaves, count: plan.leaves.count)
        for node in 0..<plan.nodes.count { nodes[node].text = UnsafePointer(keys) + nodes[node].textStart }
    }

    deinit {
        nodes.deallocate()
        leaves.deallocate()
        keys.deallocate()
    }

    /// All rows as a VARIANT of JSON text.
    ///
    /// - Parameter sharesTexts: whether equal rows share one text. Otherwise every row has its own, which is
    ///   faster.
    /// - Throws: `JSONError` where a row's residue is no JSON.
    package func assemble(sharesTexts: Bool = false) throws(JSONError) -> Vector {
        try assemble(from: 0, count: variant.count, sharesTexts: sharesTexts)
    }

    /// Rows `start ..< start + count` as a VARIANT of JSON text.
    package func assemble(from start: Int, count: Int, sharesTexts: Bool = false) throws(JSONError) -> Vector
    {
        let result = Vector.allocate(.variant, layout: .string, count: count, hasValidity: true, isJSON: true)
        let builder = StringDictionaryBuilder(
            capacity: sharesTexts ? 16 : count, byteCapacity: sharesTexts ? 16 : count * 32)
        var shared = StringCodes()
        defer { shared.free() }
        var run = AssemblyRun(nodes, leaves, residue: variant.residue)
        var nulls = 0
        for index in 0..<count {
            run.writer.count = 0
            let isValue = try run.row(start + index)
            result.validity?[index] = isValue ? 1 : 0
            nulls += isValue ? 0 : 1
            if sharesTexts {
                result.codes[index] = shared.code(run.writer.bytes)
            } else {
                result.codes[index] = UInt32(truncatingIfNeeded: index)
                builder.append(run.writer.bytes)
            }
        }
        let dictionary = sharesTexts ? shared.take() : count == 0 ? .empty : builder.finish()
        return nulls == 0
            ? result.with(validity: .some(nil), dictionary: dictionary) : result.with(dictionary: dictionary)
    }
}

/// A key, and what is below it. Plain memory.
struct AssemblyNode {
    /// The key with its quotes and colon, then the key itself.
    var text: UnsafePointer<UInt8>?
    var textStart: Int
    var quotedCount: Int
    var keyCount: Int
    var firstLeaf = 0
    var leafCount = 0
    var firstChild = 0
    var childCount = 0

    var quoted: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: text, count: quotedCount) }
    var key: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.map { $0 + quotedCount }, count: keyCount)
    }
}

/// The values of one column. Plain memory that the assembler's variant keeps.
struct AssemblyLeaf {
    let layout: Layout
    let scale: Int
    let isJSON: Bool
    let raw: UnsafeMutableRawPointer
    let validity: UnsafeMutablePointer<UInt8>?
    let strings: UnsafePointer<UInt8>?
    let offsets: UnsafePointer<UInt32>?

    init(_ vector: Vector) {
        layout = vector.layout
        scale = vector.scale
        isJSON = vector.isJSON
        raw = vector.raw
        validity = vector.validity
        strings = vector.dictionary?.bytes
        offsets = vector.dictionary?.offsets
    }

    /// Prints a row; false where it has no value.
    @inline(__always)
    func write(_ row: Int, to writer: inout JSONWriter) -> Bool {
        if let validity, validity[row] != 1 {
            guard validity[row] == Vector.jsonNull else { return false }
            writer.append("null")
            return true
        }
        switch layout {
        case .int64: writer.appendDecimal(raw.assumingMemoryBound(to: Int64.self)[row], scale: scale)
        case .int128: writer.appendDecimal(raw.assumingMemoryBound(to: Int128.self)[row], scale: scale)
        case .double: writer.append(raw.assumingMemoryBound(to: Double.self)[row])
        case .bool: writer.append(raw.assumingMemoryBound(to: UInt8.self)[row] != 0 ? "true" : "false")
        case .string:
            guard let strings, let offsets else { return false }
            let code = Int(raw.assumingMemoryBound(to: UInt32.self)[row])
            let start = Int(offsets[code])
            let text = UnsafeBufferPointer(start: strings + start, count: Int(offsets[code + 1]) - start)
            if isJSON { writer.append(text) } else { writer.appendQuoted(text) }
        }
        return true
    }
}

/// Columns arranged as a tree of keys; the children of a node are beside each other, in the order of their
/// bytes.
struct AssemblyPlan {
    var nodes: [AssemblyNode] = []
    var leaves: [AssemblyLeaf] = []
    var keys: [UInt8] = []

    init(_ columns: [ShreddedVariant.Column]) {
        nodes.append(AssemblyNode(textStart: 0, quotedCount: 0, keyCount: 0))
        arrange(columns, node: 0, depth: 0)
    }

    private mutating func arrange(_ columns: [ShreddedVariant.Column], node: Int, depth: Int) {
        nodes[node].firstLeaf = leaves.count
        leaves += columns.filter { $0.path.count == depth }.map { AssemblyLeaf($0.vector) }
        nodes[node].leafCount = leaves.count - nodes[node].firstLeaf
        let deeper = columns.filter { $0.path.count > depth }.sorted { PathOrder.less($0.path, $1.path) }
        var groups: [[ShreddedVariant.Column]] = []
        for column in deeper {
            if let last = groups.last?.first, last.path[depth].utf8.elementsEqual(column.path[depth].utf8) {
                groups[groups.count - 1].append(column)
            } else {
                groups.append([column])
            }
        }
        nodes[node].firstChild = nodes.count
        nodes[node].childCount = groups.count
        for group in groups { appendNode(group[0].path[depth]) }
        for (index, group) in groups.enumerated() {
            arrange(group, node: nodes[node].firstChild + index, depth: depth + 1)
        }
    }

    private mutating func appendNode(_ key: String) {
        var writer = JSONWriter()
        var key = key
        key.withUTF8 { writer.appendQuoted($0) }
        writer.append(UInt8(ascii: ":"))
        nodes.append(
            AssemblyNode(textStart: keys.count, quotedCount: writer.count, keyCount: key.utf8.count))
        keys += Array(writer.bytes) + Array(key.utf8)
    }
}

/// The order of paths: that of their keys' bytes, from the first key on.
enum PathOrder {
    static func less(_ left: [String], _ right: [String]) -> Bool {
        for (left, right) in zip(left, right) where !left.utf8.elementsEqual(right.utf8) {
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        }
        return left.count < right.count
    }
}
