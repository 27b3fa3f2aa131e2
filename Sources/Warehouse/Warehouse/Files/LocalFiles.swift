import DurableIO
import SQLEngine

/// Files of the machine that PUT and GET name.
enum LocalFiles {
    /// An absolute path; a relative one is below the folder of the process.
    static func absolute(_ path: String) throws -> String {
        path.hasPrefix("/") ? path : "\(FileSystem.local.absolutePath("."))/\(path)"
    }

    /// The files of a path whose last part may have `*` and `?` in it, in the order of their names.
    static func matching(_ path: String) throws -> [String] {
        let path = try absolute(path)
        let name = FileSystem.name(of: path)
        let folder = FileSystem.parent(of: path)
        guard name.utf8.contains(where: { $0 == 0x2A || $0 == 0x3F }) else {
            return try FileSystem.local.kind(of: path) == .file ? [path] : []
        }
        guard try FileSystem.local.kind(of: folder) == .directory else { return [] }
        let pattern = Array(name.utf8)
        return try FileSystem.local.list(folder).filter { matches(Array($0.utf8)[...], pattern[...]) }.map {
            "\(folder)/\($0)"
        }
        .filter { try FileSystem.local.kind(of: $0) == .file }
    }

    private static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        // On a mismatch the last star takes one byte more.
        var (name, pattern) = (name, pattern)
        var retry: (name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while let byte = name.first {
            if pattern.first == 0x2A {
                pattern = pattern.dropFirst()
                retry = (name.dropFirst(), pattern)
            } else if let wanted = pattern.first, wanted == 0x3F || wanted == byte {
                name = name.dropFirst()
                pattern = pattern.dropFirst()
            } else if let again = retry {
                (name, pattern) = again
                retry = (again.name.dropFirst(), again.pattern)
            } else {
                return false
            }
        }
        return pattern.allSatisfy { $0 == 0x2A }
    }

    /// How bytes are compressed, as PUT shows it.
    static func compression(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: [0x1F, 0x8B]) { return "GZIP" }
        return bytes.withUnsafeBytes { $0.startsWithZstdMagic } ? "ZSTD" : "NONE"
    }

    static func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
        var output: [UInt8] = []
        try bytes.withUnsafeBytes { try ZstdCompressor(level: 3).compress($0, appendingTo: &output) }
        return output
    }

    /// The MD5 of a local file, in hexadecimal digits.
    static func digest(_ file: StagedFile) throws -> String {
        try file.storage.read(file.key).withUnsafeBytes { MD5.digest($0) }.hexadecimal
    }
}
