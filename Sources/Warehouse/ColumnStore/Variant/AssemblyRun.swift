import JSON
import Vectors

/// The rows of one call of `VariantAssembler.assemble`, printed one after the other. One thread.
struct AssemblyRun: ~Copyable {
    private let nodes: UnsafeMutablePointer<AssemblyNode>
    private let leaves: UnsafeMutablePointer<AssemblyLeaf>
    private let residue: Vector?
    private let tape = JSONTape()
    var writer = JSONWriter(capacity: 1024)

    init(
        _ nodes: UnsafeMutablePointer<AssemblyNode>, _ leaves: UnsafeMutablePointer<AssemblyLeaf>,
        residue: Vector?
    ) {
        self.nodes = nodes
        self.leaves = leaves
        self.residue = residue
    }

    /// Prints a row; false where it is NULL.
    mutating func row(_ row: Int) throws(JSONError) -> Bool {
        guard let residue, residue.isValid(row) else { return value(0, row) }
        let text = residue.bytes(row)
        if !isAnything(0, row) {
            writer.append(text)
            return true
        }
        try tape.parse(text)
        return merged(0, row, with: 0)
    }

    private func isAnything(_ node: Int, _ row: Int) -> Bool {
        let entry = nodes[node]
        for leaf in entry.firstLeaf..<(entry.firstLeaf + entry.leafCount) {
            guard let validity = leaves[leaf].validity else { return true }
            if validity[row] != 0 { return true }
        }
        for child in entry.firstChild..<(entry.firstChild + entry.childCount) where isAnything(child, row) {
            return true
        }
        return false
    }

    /// Prints what the columns have at a node and below.
    private mutating func value(_ node: Int, _ row: Int) -> Bool {
        let entry = nodes[node]
        for leaf in entry.firstLeaf..<(entry.firstLeaf + entry.leafCount) {
            if leaves[leaf].write(row, to: &writer) { return true }
        }
        guard entry.childCount > 0 else { return false }
        let start = writer.count
        writer.append(UInt8(ascii: "{"))
        for child in entry.firstChild..<(entry.firstChild + entry.childCount) { member(child, row) }
        return close(from: start)
    }

    /// Prints a member and a comma, or nothing.
    @inline(__always)
    private mutating func member(_ child: Int, _ row: Int) {
        let start = writer.count
        writer.append(nodes[child].quoted)
        if value(child, row) { writer.append(UInt8(ascii: ",")) } else { writer.count = start }
    }

    /// Ends an object whose members all have a comma; takes it back if there are none.
    private mutating func close(from start: Int) -> Bool {
        if writer.count == start + 1 {
            writer.count = start
            return false
        }
        writer.count -= 1
        writer.append(UInt8(ascii: "}"))
        return true
    }

    /// Prints what the columns and the residue have at a node and below. Where both have an object its
    /// members are merged; otherwise whichever has something.
    private mutating func merged(_ node: Int, _ row: Int, with residueNode: Int) -> Bool {
        let entry = nodes[node]
        for leaf in entry.firstLeaf..<(entry.firstLeaf + entry.leafCount) {
            if leaves[leaf].write(row, to: &writer) { return true }
        }
        guard tape.nodes[residueNode].kind == .object else {
            tape.appendCanonical(residueNode, to: &writer)
            return true
        }
        let start = writer.count
        writer.append(UInt8(ascii: "{"))
        var child = entry.firstChild
        let end = entry.firstChild + entry.childCount
        for key in tape.sortedKeys(of: residueNode) {
            let keyBytes = tape.bytes(of: key)
            while child < end, JSONOrder.less(nodes[child].key, keyBytes) {
                member(child, row)
                child += 1
            }
            writer.appendQuoted(keyBytes)
            writer.append(UInt8(ascii: ":"))
            if child < end, JSONOrder.equal(nodes[child].key, keyBytes) {
                _ = merged(child, row, with: key + 1)
                child += 1
            } else {
                tape.appendCanonical(key + 1, to: &writer)
            }
            writer.append(UInt8(ascii: ","))
        }
        while child < end {
            member(child, row)
            child += 1
        }
        if !close(from: start) { writer.append("{}") }
        return true
    }
}
