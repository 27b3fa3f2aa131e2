/// What a bucket's configuration in XML says: the texts of its elements, in their order, by the names on the way to
/// them.
///
/// Reads what S3's clients and MinIO write: elements, attributes that are passed over, the five entities and those by
/// number. What is not well-formed ends the reading.
struct ConfigurationXML {
    private(set) var texts: [(path: [String], text: String)] = []

    init(_ bytes: [UInt8]) {
        var rest = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars[...]
        var path: [String] = []
        var text = ""
        while let next = rest.popFirst() {
            guard next == "<" else {
                text.unicodeScalars.append(next)
                continue
            }
            guard let end = rest.firstIndex(of: ">") else { return }
            let tag = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
            if tag.hasPrefix("/") {
                guard !path.isEmpty else { return }
                texts.append((path, Self.unescaped(text.trimmed)))
                path.removeLast()
            } else if tag.hasSuffix("/") {
                texts.append((path + [Self.name(of: String(tag.dropLast()))], ""))
            } else {
                path.append(Self.name(of: tag))
            }
            text = ""
        }
    }

    /// Whether there is anything.
    var isEmpty: Bool { texts.isEmpty }

    /// The texts of the elements that are reached by these names, the root's left out.
    func values(_ path: String...) -> [String] {
        texts.filter { $0.path.dropFirst().elementsEqual(path) }.map(\.text)
    }

    /// An element's name without attributes and without the prefix of a name space.
    private static func name(of tag: String) -> String {
        let name = tag.prefix { !$0.isWhitespace }
        return String(name.split(separator: ":").last ?? name)
    }

    private static let entities: [(character: String, name: String)] = [
        ("&", "amp"), ("<", "lt"), (">", "gt"), ("\"", "quot"), ("'", "apos"),
    ]

    private static func unescaped(_ text: String) -> String {
        var plain = ""
        for (index, piece) in text.split(separator: "&", omittingEmptySubsequences: false).enumerated() {
            guard index > 0, let end = piece.firstIndex(of: ";") else {
                plain += piece
                continue
            }
            let name = piece[..<end]
            if let entity = entities.first(where: { $0.name == name }) {
                plain += entity.character
            } else if let scalar = scalar(name) {
                plain.unicodeScalars.append(scalar)
            } else {
                plain += "&\(name);"
            }
            plain += piece[piece.index(after: end)...]
        }
        return plain
    }

    private static func scalar(_ reference: Substring) -> Unicode.Scalar? {
        let number =
            reference.hasPrefix("#x")
            ? UInt32(reference.dropFirst(2), radix: 16)
            : reference.hasPrefix("#") ? UInt32(reference.dropFirst()) : nil
        return number.flatMap(Unicode.Scalar.init)
    }

    /// A text as it stands in an element.
    static func escaped(_ text: String) -> String {
        text.map { character in
            entities.first { $0.character == String(character) }.map { "&\($0.name);" } ?? String(character)
        }.joined()
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
