public import DurableIO

/// The bytes of a recording: a file or standard input, plain or zstd-compressed, told apart by their content.
///
/// Not thread-safe.
public final class ByteSource {
    /// The path, or `standard input`.
    public let name: String
    /// The size of the file, compressed or not; `nil` for a stream.
    public let byteCount: Int?
    /// How many bytes have been read of the file, compressed or not.
    public private(set) var bytesRead = 0

    private let fileSystem: FileSystem
    private var file: File?
    private var decompressor: ZstdDecompressor?
    private var input = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var inputRange = 0..<0
    private var hasBegun = false

    private static let inputBytes = 256 << 10

    /// Names a recording; `-` is standard input. It is opened to see that it can be, and again when it is
    /// read, so that any number can be named.
    ///
    /// - Throws: `DurableIOError` where there is no such file, it may not be read, or it is a directory.
    public init(path: String, fileSystem: FileSystem = .local) throws {
        self.fileSystem = fileSystem
        if path == "-" {
            name = "standard input"
            file = try fileSystem.standardInput()
            byteCount = nil
            return
        }
        name = path
        switch try fileSystem.kind(of: path) {
        case nil:
            throw DurableIOError(code: .notFound, message: "there is no file \(path)", path: path)
        case .directory:
            throw DurableIOError(
                code: .isDirectory,
                message: "\(path) is a directory; name the recordings in it, as in \(path)/*.ndjson",
                path: path)
        case .file:
            byteCount = try fileSystem.open(path, .read).size()
        case .other:
            // A pipe can be opened only once.
            file = try fileSystem.open(path, .read)
            byteCount = nil
        }
    }

    deinit {
        input.deallocate()
    }

    /// Reads the next bytes, decompressed.
    ///
    /// - Returns: how many; 0 at the end.
    /// - Throws: `DurableIOError`: `truncated` where a compressed stream ends early, `corrupt` where it is
    ///   damaged or the content is no text.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let file = try begin()
        guard let decompressor else { return try readPlain(file, into: buffer) }
        while true {
            if inputRange.isEmpty { try fill(file) }
            let atEnd = inputRange.isEmpty
            if atEnd, decompressor.isAtFrameBoundary { return 0 }
            do {
                let (consumed, produced) = try decompressor.stream(
                    UnsafeRawBufferPointer(rebasing: input[inputRange]), into: buffer)
                inputRange = inputRange.lowerBound + consumed..<inputRange.upperBound
                if produced > 0 { return produced }
            } catch let error as DurableIOError {
                throw DurableIOError(
                    code: .corrupt, message: "\(name) is damaged near byte \(bytesRead): \(error.message)",
                    path: name)
            }
            if atEnd {
                throw DurableIOError(
                    code: .truncated,
                    message:
                        "\(name) is cut short: its zstd stream does not end at byte \(bytesRead), where the file "
                        + "ends; what could be read has been taken",
                    path: name)
            }
        }
    }

    /// The file, opened; the first time, with its first bytes read and the kind of its content known.
    private func begin() throws -> File {
        let opened = try file ?? fileSystem.open(name, .read)
        file = opened
        if hasBegun { return opened }
        if input.isEmpty { input = .allocate(byteCount: Self.inputBytes, alignment: 16) }
        while inputRange.count < 4 {
            let before = inputRange.count
            try fill(opened)
            if inputRange.count == before { break }
        }
        hasBegun = true
        let start = UnsafeRawBufferPointer(rebasing: input[inputRange])
        if start.startsWithZstdMagic {
            decompressor = ZstdDecompressor()
        } else if start.starts(with: [0x1F, 0x8B]) {
            throw notText("is gzip-compressed; give it as `gzip -dc \(name) | tapehouse replay -`")
        } else if let zero = start.prefix(1024).firstIndex(of: 0) {
            // Further in, zeros are damage to single lines, as a power cut leaves behind.
            throw notText(
                "is no text: byte \(zero) is zero; a recording has one JSON object a line, plain or as .zst")
        }
        return opened
    }

    private func notText(_ problem: String) -> DurableIOError {
        DurableIOError(code: .corrupt, message: "\(name) \(problem)", path: name)
    }

    private func readPlain(_ file: File, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard inputRange.isEmpty else {
            let count = min(inputRange.count, buffer.count)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[inputRange].prefix(count)))
            inputRange = inputRange.lowerBound + count..<inputRange.upperBound
            return count
        }
        let count = try file.readNext(into: buffer)
        bytesRead += count
        return count
    }

    private func fill(_ file: File) throws {
        if inputRange.isEmpty { inputRange = 0..<0 }
        let count = try file.readNext(
            into: UnsafeMutableRawBufferPointer(rebasing: input[inputRange.upperBound...]))
        inputRange = inputRange.lowerBound..<inputRange.upperBound + count
        bytesRead += count
    }
}
