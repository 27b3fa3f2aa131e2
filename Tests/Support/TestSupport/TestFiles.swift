import DurableIO

/// A folder that is removed when the last reference goes.
public final class TemporaryDirectory: Sendable {
    /// The folder's path.
    public let path: String

    /// Makes an empty folder.
    public init() throws {
        var generator = SystemRandomNumberGenerator()
        let base = environment("TMPDIR") ?? "/tmp"
        path = "\(base)/tapehouse-test-\(String(generator.next(), radix: 36))"
        try FileSystem.local.createDirectory(path)
    }

    deinit {
        try? FileSystem.local.removeTree(path)
    }

    /// The path of a name in the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file in the folder; its path.
    public func write(_ content: [UInt8], to name: String) throws -> String {
        let file = try FileSystem.local.open(file(name), .replace)
        try file.write(content, at: 0)
        return file.path
    }

    /// Writes a text file in the folder; its path.
    public func write(_ content: String, to name: String) throws -> String {
        try write(Array(content.utf8), to: name)
    }
}

/// The project's own files.
public enum ProjectFiles {
    /// The root of the package.
    public static let root: String = {
        var path = #filePath
        for _ in 0..<4 { path = FileSystem.parent(of: path) }
        return path
    }()

    /// A file in `Fixtures`.
    public static func fixture(_ name: String) -> String { "\(root)/Fixtures/\(name)" }

    /// All files below a folder of the package, without build products, by their paths from the root.
    public static func all(below folder: String) throws -> [String] {
        try FileSystem.local.list("\(root)/\(folder)").flatMap { name -> [String] in
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if name.hasPrefix(".") || name == "__pycache__" { return [] }
            return try FileSystem.local.kind(of: "\(root)/\(path)") == .directory ? all(below: path) : [path]
        }
    }

    /// The text of a file, by its path from the root.
    public static func text(_ path: String) throws -> String {
        String(decoding: try FileSystem.local.contents(of: "\(root)/\(path)"), as: UTF8.self)
    }
}

/// Data that real systems wrote, kept outside the project.
public enum RealData {
    /// Files that Kafka and MinIO wrote; `nil` where `TAPEHOUSE_GOLDEN` is not set.
    public static var golden: String? { environment("TAPEHOUSE_GOLDEN") }
    /// Recordings of real markets; `nil` where `TAPEHOUSE_REALDATA` is not set.
    public static var recordings: String? { environment("TAPEHOUSE_REALDATA") }
}

/// Numbers that are the same for the same seed.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Starts from a seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next number (xorshift64*).
    public mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var value = state
        value ^= value >> 33
        value = value &* 0xFF51_AFD7_ED55_8CCD
        value ^= value >> 33
        return value
    }
}

/// Reads hexadecimal digits.
public func bytes(hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap { $0.hexDigitValue }.map(UInt8.init)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
