/// A JSON value as a tree, for what has to change one. Columns are never made of these.
package enum JSONValue: Sendable {
    case null
    case boolean(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// Parses a text.
    package init(
        parsing text: UnsafeBufferPointer<UInt8>, duplicates: JSONTape.Duplicates = .lastWins
    ) throws(JSONError) {
        let tape = JSONTape()
        try tape.parse(text, duplicates: duplicates)
        self.init(tape, 0)
    }

    /// Parses a text.
    package init(parsing text: [UInt8], duplicates: JSONTape.Duplicates = .lastWins) throws(JSONError) {
        let result = text.withUnsafeBufferPointer { bytes -> Result<JSONValue, JSONError> in
            do throws(JSONError) {
                return .success(try JSONValue(parsing: bytes, duplicates: duplicates))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    /// Parses a text.
    package init(parsing text: String, duplicates: JSONTape.Duplicates = .lastWins) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), duplicates: duplicates)
    }

    /// A value of a parsed text.
    package init(_ tape: JSONTape, _ node: Int) {
        switch tape.nodes[node].kind {
        case .null: self = .null
        case .yes: self = .boolean(true)
        case .no: self = .boolean(false)
        case .number: self = .number(JSONNumber(tape.bytes(of: node)))
        case .string: self = .string(String(decoding: tape.bytes(of: node), as: UTF8.self))
        case .array:
            var elements: [JSONValue] = []
            var element = node + 1
            while element < Int(tape.nodes[node].next) {
                elements.append(JSONValue(tape, element))
                element = Int(tape.nodes[element].next)
            }
            self = .array(elements)
        case .object:
            self = .object(
                JSONObject(
                    sorted: tape.sortedKeys(of: node).map { key in
                        JSONObject.Member(
                            key: String(decoding: tape.bytes(of: key), as: UTF8.self),
                            value: JSONValue(tape, key + 1))
                    }))
        }
    }

    /// What it is.
    package var kind: JSONKind {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .number(let number): number.kind
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// The canonical text: see `JSONTape.appendCanonical`.
    package var text: String {
        var writer = JSONWriter()
        append(to: &writer)
        return writer.text
    }

    /// Prints the canonical text.
    package func append(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.append("null")
        case .boolean(let value): writer.append(value ? "true" : "false")
        case .number(let number): writer.append(number)
        case .string(let string): writer.appendQuoted(string)
        case .array(let elements):
            writer.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { writer.append(UInt8(ascii: ",")) }
                element.append(to: &writer)
            }
            writer.append(UInt8(ascii: "]"))
        case .object(let object):
            writer.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { writer.append(UInt8(ascii: ",")) }
                writer.appendQuoted(member.key)
                writer.append(UInt8(ascii: ":"))
                member.value.append(to: &writer)
            }
            writer.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONValue: Equatable {
    /// Numbers by value, strings by bytes, objects whatever the order of their members was.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

/// The members of a JSON object, in the order of their keys' bytes.
package struct JSONObject: Sendable, Equatable {
    /// A key and its value.
    package struct Member: Sendable, Equatable {
        package let key: String
        package var value: JSONValue

        package static func == (left: Member, right: Member) -> Bool {
            left.key.utf8.elementsEqual(right.key.utf8) && left.value == right.value
        }
    }

    /// All members, in order.
    package private(set) var members: [Member]

    package init() { members = [] }

    /// Members that are in order, no key twice.
    fileprivate init(sorted members: [Member]) { self.members = members }

    /// The value of a key; setting `nil` removes it.
    package subscript(key: String) -> JSONValue? {
        get {
            let place = place(of: key)
            return place.isThere ? members[place.index].value : nil
        }
        set {
            let place = place(of: key)
            switch (newValue, place.isThere) {
            case (let value?, true): members[place.index].value = value
            case (let value?, false): members.insert(Member(key: key, value: value), at: place.index)
            case (nil, true): members.remove(at: place.index)
            case (nil, false): break
            }
        }
    }

    private func place(of key: String) -> (index: Int, isThere: Bool) {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].key.utf8.lexicographicallyPrecedes(key.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return (low, low < members.count && members[low].key.utf8.elementsEqual(key.utf8))
    }
}
