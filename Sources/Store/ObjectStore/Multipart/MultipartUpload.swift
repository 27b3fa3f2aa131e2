/// The name of a multipart upload that has begun.
public struct UploadID: Hashable, Sendable, CustomStringConvertible {
    /// What MinIO gives out: base64url of the deployment's id, a dot, and the name of the upload's directory.
    public let description: String

    /// `<uuid>x<nanoseconds since 1970>`
    let directoryName: String

    init(directoryName: String, deployment: String) {
        self.directoryName = directoryName
        description = Base64.encode(Array("\(deployment).\(directoryName)".utf8), urlSafe: true)
    }

    /// Reads the text that an upload was given out with; `nil` for anything else.
    public init?(_ text: String) {
        guard let bytes = Base64.decode(text) else { return nil }
        let decoded = String(decoding: bytes, as: UTF8.self)
        guard let dot = decoded.lastIndex(of: ".") else { return nil }
        let name = String(decoded[decoded.index(after: dot)...])
        guard Self.beginning(of: name) != nil else { return nil }
        description = text
        directoryName = name
    }

    /// When the upload with this directory began, in nanoseconds since 1970.
    static func beginning(of directoryName: String) -> Int64? {
        let parts = directoryName.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, UniqueID(String(parts[0])) != nil else { return nil }
        return Int64(parts[1])
    }
}

/// An upload in parts that has begun and is not completed.
public struct MultipartUpload: Sendable, Equatable {
    /// Its bucket.
    public let bucket: BucketName
    /// The key that it is for.
    public let key: ObjectKey
    /// Its name.
    public let id: UploadID
    /// When it began, in nanoseconds since 1970.
    public let initiatedNanoseconds: Int64
}

/// A part that has been put.
public struct UploadedPart: Sendable, Equatable {
    /// Its number, 1 to 10,000: the order in the object.
    public let number: Int
    /// The MD5 of its data in hexadecimal.
    public let etag: String
    /// The size in bytes.
    public let byteCount: Int
    /// When it was put, in nanoseconds since 1970.
    public let modifiedNanoseconds: Int64
    /// The checksum that it was put with.
    public let checksum: ObjectChecksum?
}

/// A part that an object is to be made of.
public struct CompletedPart: Sendable, Equatable {
    /// Its number.
    public let number: Int
    /// The etag that it was acknowledged with.
    public let etag: String

    /// A part by what it was acknowledged with.
    public init(number: Int, etag: String) {
        self.number = number
        self.etag = etag
    }
}

/// Base 64 (RFC 4648).
enum Base64 {
    private static let standard = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes; with `urlSafe`, in the alphabet for names, without padding.
    static func encode(_ bytes: [UInt8], urlSafe: Bool = false) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = (0..<3).reduce(UInt32(0)) {
                $0 << 8 | ($1 < group.count ? UInt32(group[start + $1]) : 0)
            }
            for digit in 0...3 {
                if digit <= group.count {
                    text.append(standard[Int(word >> UInt32(18 - 6 * digit) & 63)])
                } else if !urlSafe {
                    text.append(UInt8(ascii: "="))
                }
            }
        }
        if urlSafe {
            text = text.map {
                $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes either alphabet, padded or not; `nil` for anything else.
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        for character in text.utf8.reversed().drop(while: { $0 == UInt8(ascii: "=") }).reversed() {
            let plain: UInt8 =
                character == UInt8(ascii: "-")
                ? UInt8(ascii: "+") : character == UInt8(ascii: "_") ? UInt8(ascii: "/") : character
            guard let digit = standard.firstIndex(of: plain) else { return nil }
            word = word << 6 | UInt32(digit)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return bits < 6 ? bytes : nil
    }
}
