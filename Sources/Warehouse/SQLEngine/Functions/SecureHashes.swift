import Crypto

/// SHA-1 (FIPS 180-4). Not for security.
enum SHA1 {
    /// The 20 bytes of the digest.
    static func digest(_ message: [UInt8]) -> [UInt8] { Array(Insecure.SHA1.hash(data: message)) }
}

/// SHA-224, SHA-256, SHA-384 and SHA-512 (FIPS 180-4).
enum SHA2 {
    /// The digest of 224, 256, 384 or 512 bits; `nil` for other sizes.
    static func digest(_ message: [UInt8], bits: Int) -> [UInt8]? {
        switch bits {
        case 224: SHA224.digest(message)
        case 256: Array(SHA256.hash(data: message))
        case 384: Array(SHA384.hash(data: message))
        case 512: Array(SHA512.hash(data: message))
        default: nil
        }
    }
}
