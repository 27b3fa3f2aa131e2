extension JSONTape {
    /// Prints a value in canonical form: no blanks, the keys of objects in the order of their bytes and each
    /// once (the last one counts), numbers as `JSONNumber` has them, strings with the fewest escapes.
    ///
    /// - Parameter marked: of a node marked `part` (an object) only the members that are marked, otherwise
    ///   everything.
    package func appendCanonical(_ node: Int, marked: Bool = false, to writer: inout JSONWriter) {
        switch nodes[node].kind {
        case .null: writer.append("null")
        case .yes: writer.append("true")
        case .no: writer.append("false")
        case .string: writer.appendQuoted(bytes(of: node))
        case .number: appendNumber(node, to: &writer)
        case .array:
            writer.append(UInt8(ascii: "["))
            var element = node + 1
            while element < Int(nodes[node].next) {
                if element > node + 1 { writer.append(UInt8(ascii: ",")) }
                appendCanonical(element, to: &writer)
                element = Int(nodes[element].next)
            }
            writer.append(UInt8(ascii: "]"))
        case .object: appendObject(node, onlyMarked: marked && nodes[node].mark == .part, to: &writer)
        }
    }

    private func appendObject(_ node: Int, onlyMarked: Bool, to writer: inout JSONWriter) {
        let keys = pushSortedKeys(of: node)
        var isFirst = true
        writer.append(UInt8(ascii: "{"))
        for place in keys {
            let key = Int(scratch[place])
            if onlyMarked, nodes[key + 1].mark == .none { continue }
            if !isFirst { writer.append(UInt8(ascii: ",")) }
            isFirst = false
            writer.appendQuoted(bytes(of: key))
            writer.append(UInt8(ascii: ":"))
            appendCanonical(key + 1, marked: onlyMarked, to: &writer)
        }
        writer.append(UInt8(ascii: "}"))
        scratch.removeLast(keys.count)
    }

    private func appendNumber(_ node: Int, to writer: inout JSONWriter) {
        let text = bytes(of: node)
        // Short integers are in canonical form but for "-0".
        let isInteger = text.count <= 18 && text.allSatisfy { $0 &- 0x30 < 10 }
        if isInteger { writer.append(text) } else { writer.append(JSONNumber(text)) }
    }

    /// The keys of an object in the order of their bytes, each once (of equal ones the last), as nodes; their
    /// values follow them.
    package func sortedKeys(of object: Int) -> [Int] {
        let keys = pushSortedKeys(of: object)
        defer { scratch.removeLast(keys.count) }
        return scratch[keys].map(Int.init)
    }

    /// What a value is.
    package func kind(of node: Int) -> JSONKind {
        switch nodes[node].kind {
        case .null: .null
        case .yes, .no: .boolean
        case .string: TypedText.kind(of: bytes(of: node)) ?? .string
        case .array: .array
        case .object: .object
        case .number: JSONNumber(bytes(of: node)).kind
        }
    }
}

extension JSONText {
    /// A double in the form that its number has among JSON numbers: the same digits whatever holds them.
    package static func canonical(_ value: Double) -> String {
        var writer = JSONWriter(capacity: 64)
        writer.append(value)
        return writer.text
    }

    /// The canonical form of a JSON text: see `JSONTape.appendCanonical`.
    package static func canonical(
        _ text: UnsafeBufferPointer<UInt8>, duplicates: JSONTape.Duplicates = .lastWins
    ) throws(JSONError) -> String {
        let tape = JSONTape()
        var writer = JSONWriter(capacity: text.count)
        try tape.parse(text, duplicates: duplicates)
        tape.appendCanonical(0, to: &writer)
        return writer.text
    }
}
