/// A text that equals another only byte by byte. (Swift's own comparison takes a letter with an accent and the letter
/// followed by the accent for equal; file systems do not.)
public struct ExactString: Hashable, Sendable, CustomStringConvertible {
    /// The text.
    public let description: String

    /// A text.
    public init(_ text: String) {
        description = text
    }

    /// Whether both have the same bytes.
    public static func == (left: ExactString, right: ExactString) -> Bool {
        left.description.utf8.elementsEqual(right.description.utf8)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        var text = description
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension ExactString: Comparable {
    /// Orders by the bytes.
    public static func < (left: ExactString, right: ExactString) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}
