/// A value or a key of a parsed text.
package struct JSONNode {
    /// What a node is.
    package enum Kind: UInt8, Sendable { case null, no, yes, number, string, array, object }

    /// Where it begins in the text: a string's first character, otherwise the value's first byte. Where
    /// `isDecoded` is set, a place in the tape's own memory.
    package var start: UInt32
    /// Where it ends.
    package var end: UInt32
    /// The node that comes after it and everything in it.
    package var next: UInt32
    package var kind: Kind
    /// A string that had escapes.
    package var isDecoded: Bool
    /// For whoever walks the tape; `appendCanonical(_:marked:to:)` reads it. Clear after parsing.
    package var mark: Mark

    /// Which nodes of a tape are to be printed.
    package enum Mark: UInt8, Sendable { case none, whole, part }
}

/// A complete parser of JSON texts (RFC 8259) that keeps what it found as a flat list of nodes.
///
/// The first node is the value itself. The nodes of an array's elements follow the array's node; an object is
/// followed by key, value, key, value. The tape points into the text, which must outlive its use, and can be
/// used for any number of texts: its memory stays. One thread.
package final class JSONTape {
    /// How deep objects and arrays may be nested.
    package static let depthMax = 512

    /// What is done about a key that an object has twice.
    package enum Duplicates: Sendable {
        /// All are on the tape; everything that looks at objects takes the last one.
        case lastWins
        /// It is an error, as in PARSE_JSON.
        case reject
    }

    /// Which texts are taken.
    package enum Syntax: Sendable {
        /// JSON as RFC 8259 has it.
        case strict
        /// Where a text is not that, also what Snowflake takes beyond it: see `LenientJSON`.
        case lenient
    }

    /// What changes; in memory of its own, as accesses to a class's variables are checked one by one.
    private struct State {
        var nodes: UnsafeMutablePointer<JSONNode>
        var count = 0
        var capacity = 64
        var decoded: UnsafeMutablePointer<UInt8>
        var decodedCapacity = 64
        var text: UnsafePointer<UInt8>
    }

    private let state: UnsafeMutablePointer<State>
    private let stack: UnsafeMutablePointer<UInt32>
    var scratch: [UInt32] = []
    /// The text parsed last as JSON, where it was not JSON before: the tape then points into this.
    private var rewritten: RewrittenText?
    /// Whether the nodes' places are those of another text than the one that was given.
    package var isRewritten: Bool { rewritten != nil }

    /// The nodes of the text parsed last.
    package var nodes: UnsafeMutablePointer<JSONNode> { state.pointee.nodes }
    /// How many there are.
    package var count: Int { state.pointee.count }

    package init() {
        state = .allocate(capacity: 1)
        let decoded = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
        state.initialize(
            to: State(nodes: .allocate(capacity: 64), decoded: decoded, text: UnsafePointer(decoded)))
        stack = .allocate(capacity: Self.depthMax)
    }

    deinit {
        state.pointee.nodes.deallocate()
        state.pointee.decoded.deallocate()
        state.deallocate()
        stack.deallocate()
    }

    /// Parses a text. After an error, which is about the strict syntax, the tape holds nothing.
    package func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, duplicates: Duplicates = .lastWins, syntax: Syntax = .strict
    ) throws(JSONError) {
        if rewritten != nil { rewritten = nil }
        do throws(JSONError) {
            try parseStrictly(bytes, duplicates)
        } catch {
            guard syntax == .lenient, error.reason != .duplicateKey, error.reason != .tooLong,
                let text = LenientJSON.strict(bytes)
            else { throw error }
            try parse(rewritten: text, duplicates, otherwise: error)
        }
    }

    private func parse(
        rewritten text: [UInt8], _ duplicates: Duplicates, otherwise error: JSONError
    ) throws(JSONError) {
        let memory = RewrittenText(text)
        rewritten = memory
        do throws(JSONError) {
            try parseStrictly(memory.bytes, duplicates)
        } catch let failure {
            rewritten = nil
            throw failure.reason == .duplicateKey ? failure : error
        }
    }

    private func parseStrictly(
        _ bytes: UnsafeBufferPointer<UInt8>, _ duplicates: Duplicates
    ) throws(JSONError) {
        state.pointee.count = 0
        guard let base = bytes.baseAddress, bytes.count > 0 else { throw JSONError(.empty, column: 1) }
        guard bytes.count < Int(Int32.max) else { throw JSONError(.tooLong, column: Int(Int32.max)) }
        var parser = JSONParser(
            base: base, count: bytes.count, nodes: state.pointee.nodes, nodeCapacity: state.pointee.capacity,
            decoded: state.pointee.decoded, decodedCapacity: state.pointee.decodedCapacity, stack: stack)
        let failure = parser.run()
        state.pointee = State(
            nodes: parser.nodes, count: failure == nil ? parser.nodeCount : 0, capacity: parser.nodeCapacity,
            decoded: parser.decoded, decodedCapacity: parser.decodedCapacity, text: base)
        if let failure { throw failure }
        if duplicates == .reject, let key = firstDuplicateKey() {
            state.pointee.count = 0
            throw JSONError(.duplicateKey, column: key + 1)
        }
    }

    /// The characters of a string or key; the text of a number.
    @inline(__always)
    package func bytes(of node: Int) -> UnsafeBufferPointer<UInt8> {
        let nodes = state.pointee.nodes
        let start = Int(nodes[node].start)
        let base = nodes[node].isDecoded ? UnsafePointer(state.pointee.decoded) : state.pointee.text
        return UnsafeBufferPointer(start: base + start, count: Int(nodes[node].end) - start)
    }

    /// The keys of an object, in the order of their bytes, of equal ones the last: places in `scratch`, from
    /// its current end on. Whoever calls removes them.
    func pushSortedKeys(of object: Int) -> Range<Int> {
        let first = scratch.count
        var isSorted = true
        var key = object + 1
        while key < Int(nodes[object].next) {
            if isSorted, scratch.count > first {
                isSorted = JSONOrder.less(bytes(of: Int(scratch[scratch.count - 1])), bytes(of: key))
            }
            scratch.append(UInt32(key))
            key = Int(nodes[key + 1].next)
        }
        if !isSorted { sortKeys(from: first) }
        return first..<scratch.count
    }

    private func sortKeys(from first: Int) {
        let sorted = scratch[first...].sorted { left, right in
            let (leftBytes, rightBytes) = (bytes(of: Int(left)), bytes(of: Int(right)))
            if JSONOrder.less(leftBytes, rightBytes) { return true }
            return JSONOrder.equal(leftBytes, rightBytes) && left < right
        }
        scratch.removeLast(scratch.count - first)
        for key in sorted {
            if scratch.count > first,
                JSONOrder.equal(bytes(of: Int(scratch[scratch.count - 1])), bytes(of: Int(key)))
            {
                scratch.removeLast()
            }
            scratch.append(key)
        }
    }

    /// Where in the text an object has a key again.
    private func firstDuplicateKey() -> Int? {
        for node in 0..<count where nodes[node].kind == .object {
            var members = 0
            var key = node + 1
            while key < Int(nodes[node].next) {
                members += 1
                key = Int(nodes[key + 1].next)
            }
            let keys = pushSortedKeys(of: node)
            scratch.removeLast(keys.count)
            if keys.count < members { return Int(nodes[node].start) }
        }
        return nil
    }
}

/// A text in memory that does not move.
private final class RewrittenText {
    let bytes: UnsafeBufferPointer<UInt8>

    init(_ text: [UInt8]) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.count)
        _ = copy.initialize(fromContentsOf: text)
        bytes = UnsafeBufferPointer(copy)
    }

    deinit { bytes.deallocate() }
}

/// The order of keys: that of their bytes.
package enum JSONOrder {
    package static func less(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>)
        -> Bool
    {
        let common = min(first.count, second.count)
        for index in 0..<common where first[index] != second[index] { return first[index] < second[index] }
        return first.count < second.count
    }

    package static func equal(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>)
        -> Bool
    {
        guard first.count == second.count else { return false }
        for index in 0..<first.count where first[index] != second[index] { return false }
        return true
    }
}
