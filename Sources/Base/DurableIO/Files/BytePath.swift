/// A path of any bytes but zero, as file systems have them: names need not be UTF-8, and a `String` would change those
/// that are not.
struct BytePath {
    /// The bytes, with a zero at their end.
    let bytes: [CChar]

    init(_ path: String) {
        bytes = Array(path.utf8CString)
    }

    private init(bytes: [CChar]) {
        self.bytes = bytes
    }

    /// The path of something in this directory.
    func child(_ name: UnsafeRawBufferPointer) -> BytePath {
        BytePath(
            bytes: bytes.dropLast() + [CChar(bitPattern: UInt8(ascii: "/"))]
                + name.map { CChar(bitPattern: $0) } + [0]
        )
    }

    /// The path for people and for traces, its odd bytes as `\xFF`.
    var text: String { bytes.dropLast().withUnsafeBytes { Self.escaped($0) } }

    /// A name for people: as it is where it is UTF-8, otherwise with the bytes that are not as `\xFF`.
    static func escaped(_ name: UnsafeRawBufferPointer) -> String {
        var text = ""
        var parser = Unicode.UTF8.ForwardParser()
        var rest = name.makeIterator()
        var position = 0
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let scalar):
                text.unicodeScalars.append(Unicode.UTF8.decode(scalar))
                position += scalar.count
            case .error(let length):
                for byte in name[position..<position + length] {
                    text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                }
                position += length
            case .emptyInput: return text
            }
        }
    }
}
