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

    private let file: File
    private var decompressor: ZstdDecompressor?
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private var inputRange = 0..<0
    private var hasBegun = false

    /// Opens a recording; `-` is standard input.
    ///
    /// - Throws: `DurableIOError` where there is no such file, it may not be read, or it is a directory.
    public init(path: String, fileSystem: FileSystem = .local) throws {
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
            file = try fileSystem.open(path, .read)
            byteCount = try file.size()
        case .other:
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
    ///   damaged or
    ///   the content is no text.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if !hasBegun { try begin() }
        guard let decompressor else { return try readPlain(into: buffer) }
        while true {
            if inputRange.isEmpty { try fill() }
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

    private func begin() throws {
        hasBegun = true
        while inputRange.count < 4 {
            let before = inputRange.count
            try fill()
            if inputRange.count == before { break }
        }
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
    }

    private func notText(_ problem: String) -> DurableIOError {
        DurableIOError(code: .corrupt, message: "\(name) \(problem)", path: name)
    }

    private func readPlain(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
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

    private func fill() throws {
        if inputRange.isEmpty { inputRange = 0..<0 }
        let count = try file.readNext(
            into: UnsafeMutableRawBufferPointer(rebasing: input[inputRange.upperBound...]))
        inputRange = inputRange.lowerBound..<inputRange.upperBound + count
        bytesRead += count
    }
}
