import DurableIO

/// A 128-bit id, as MinIO names versions and data directories (RFC 9562, version 4).
struct UniqueID: Hashable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    /// The id of the version that stands where versions are off.
    static let null = UniqueID(bytes: [UInt8](repeating: 0, count: 16))

    init(bytes: [UInt8]) {
        precondition(bytes.count == 16, "an id has 16 bytes, not \(bytes.count)")
        self.bytes = bytes
    }

    static func random() -> UniqueID {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return UniqueID(bytes: bytes)
    }

    /// Whether a text has the form of an id.
    static func isText(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [8, 4, 4, 4, 12]
            && text.allSatisfy { $0 == "-" || $0.isHexDigit }
    }

    /// Five groups of lower-case hexadecimal digits.
    var description: String {
        var groups: [String] = []
        var start = 0
        for length in [4, 2, 2, 2, 6] {
            groups.append(bytes[start..<start + length].hexadecimal)
            start += length
        }
        return groups.joined(separator: "-")
    }
}
