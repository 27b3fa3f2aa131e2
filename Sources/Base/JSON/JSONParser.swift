/// The state of one run over a text: plain memory that `JSONTape` lends.
struct JSONParser {
    let base: UnsafePointer<UInt8>
    let count: Int
    var position = 0
    var nodes: UnsafeMutablePointer<JSONNode>
    var nodeCount = 0
    var nodeCapacity: Int
    var decoded: UnsafeMutablePointer<UInt8>
    var decodedCount = 0
    var decodedCapacity: Int
    let stack: UnsafeMutablePointer<UInt32>

    init(
        base: UnsafePointer<UInt8>, count: Int, nodes: UnsafeMutablePointer<JSONNode>, nodeCapacity: Int,
        decoded: UnsafeMutablePointer<UInt8>, decodedCapacity: Int, stack: UnsafeMutablePointer<UInt32>
    ) {
        self.base = base
        self.count = count
        self.nodes = nodes
        self.nodeCapacity = nodeCapacity
        self.decoded = decoded
        self.decodedCapacity = decodedCapacity
        self.stack = stack
    }

    /// Parses the whole text. Typed errors become a result here, as the caller has to take the memory back
    /// either way.
    mutating func run() -> JSONError? {
        do throws(JSONError) {
            try document()
            return nil
        } catch {
            return error
        }
    }

    private mutating func document() throws(JSONError) {
        skipBlanks()
        guard position < count else { throw JSONError(.empty, column: position + 1) }
        var depth = 0
        while true {
            if try beginValue(depth) {
                depth += 1
                continue
            }
            if try !anotherValue(&depth) { break }
        }
        skipBlanks()
        guard position == count else { throw JSONError(.somethingFollows, column: position + 1) }
    }

    /// Reads a value, or the beginning of an object or array that is not empty; then the answer is true, and
    /// the position is that of its first value.
    private mutating func beginValue(_ depth: Int) throws(JSONError) -> Bool {
        skipBlanks()
        guard position < count else { throw fail(.endsTooEarly) }
        switch base[position] {
        case UInt8(ascii: "\""):
            try string()
            return false
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try number()
            return false
        case UInt8(ascii: "{"): return try open(.object, closing: UInt8(ascii: "}"), depth)
        case UInt8(ascii: "["): return try open(.array, closing: UInt8(ascii: "]"), depth)
        case UInt8(ascii: "n"): try literal("null", .null)
        case UInt8(ascii: "t"): try literal("true", .yes)
        case UInt8(ascii: "f"): try literal("false", .no)
        default: throw fail(.valueExpected)
        }
        return false
    }

    private mutating func open(
        _ kind: JSONNode.Kind, closing: UInt8, _ depth: Int
    ) throws(JSONError) -> Bool {
        guard depth < JSONTape.depthMax else { throw fail(.tooDeep) }
        stack[depth] = UInt32(nodeCount)
        append(kind, position, position)
        position += 1
        skipBlanks()
        guard position < count else { throw fail(.endsTooEarly) }
        if base[position] == closing {
            position += 1
            close(Int(stack[depth]))
            return false
        }
        if kind == .object { try key() }
        return true
    }

    private mutating func close(_ node: Int) {
        nodes[node].end = UInt32(truncatingIfNeeded: position)
        nodes[node].next = UInt32(truncatingIfNeeded: nodeCount)
    }

    /// After a value: passes over what closes, and over the comma before the next value. False at the very
    /// end.
    private mutating func anotherValue(_ depth: inout Int) throws(JSONError) -> Bool {
        while depth > 0 {
            skipBlanks()
            guard position < count else { throw fail(.endsTooEarly) }
            let open = Int(stack[depth - 1])
            let isObject = nodes[open].kind == .object
            let byte = base[position]
            if byte == UInt8(ascii: ",") {
                position += 1
                if isObject {
                    skipBlanks()
                    try key()
                }
                return true
            }
            guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw fail(isObject ? .commaOrBraceExpected : .commaOrBracketExpected)
            }
            position += 1
            depth -= 1
            close(open)
        }
        return false
    }

    private mutating func key() throws(JSONError) {
        guard position < count, base[position] == UInt8(ascii: "\"") else { throw fail(.keyExpected) }
        try string()
        skipBlanks()
        guard position < count, base[position] == UInt8(ascii: ":") else { throw fail(.colonExpected) }
        position += 1
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position + index < count else {
                position = count
                throw fail(.endsTooEarly)
            }
            guard base[position + index] == word.utf8Start[index] else { throw fail(.valueExpected) }
        }
        append(kind, position, position + word.utf8CodeUnitCount)
        position += word.utf8CodeUnitCount
    }

    private mutating func number() throws(JSONError) {
        let start = position
        if base[position] == UInt8(ascii: "-") { position += 1 }
        let whole = position
        try digits()
        if base[whole] == UInt8(ascii: "0"), position > whole + 1 {
            position = whole
            throw fail(.leadingZero)
        }
        if position < count, base[position] == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if position < count, base[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < count, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits()
        }
        append(.number, start, position)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while position < count, base[position] &- 0x30 < 10 { position += 1 }
        guard position > start else { throw fail(.digitExpected) }
    }

    // MARK: Nodes and bytes

    @inline(__always)
    mutating func append(_ kind: JSONNode.Kind, _ start: Int, _ end: Int, isDecoded: Bool = false) {
        if nodeCount == nodeCapacity { growNodes() }
        nodes[nodeCount] = JSONNode(
            start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
            next: UInt32(truncatingIfNeeded: nodeCount + 1), kind: kind, isDecoded: isDecoded, mark: .none)
        nodeCount += 1
    }

    private mutating func growNodes() {
        let larger = UnsafeMutablePointer<JSONNode>.allocate(capacity: nodeCapacity * 2)
        larger.update(from: nodes, count: nodeCount)
        nodes.deallocate()
        nodes = larger
        nodeCapacity *= 2
    }

    @inline(__always)
    private mutating func skipBlanks() {
        while position < count {
            let byte = base[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// An error here; that the text ends goes before what was expected.
    func fail(_ reason: JSONError.Reason) -> JSONError {
        JSONError(position < count || reason == .tooDeep ? reason : .endsTooEarly, column: position + 1)
    }
}
