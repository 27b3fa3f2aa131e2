public import DurableIO

/// The bytes of a recording: a file or standard input, plain or compressed with zstd or gzip, told apart by
/// their content.
///
/// Not thread-safe.
public final class ByteSource {
    /// The path, or `standard input`.
    public let name: String
    /// The size of the file, compressed or not; `nil` for a stream.
    public let byteCount: Int?
    /// Whether the bytes come as they are made: from a pipe, a socket or a terminal.
    public let isLive: Bool
    /// How many bytes have been read of the file, compressed or not.
    public private(set) var bytesRead = 0
    /// Called before each read of a live source, which may wait for as long as nothing comes.
    public var willRead: (() throws -> Void)?

    private let fileSystem: FileSystem
    private var file: File?
    private var form = Form.plain
    private var input = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var inputRange = 0..<0
    private var hasBegun = false
    private var hasGiven = false

    private enum Form {
        case plain
        case zstd(ZstdDecompressor)
        case gzip(GzipDecompressor)
    }

    private static let inputBytes = 256 << 10

    /// Names a recording; `-` is standard input. It is opened to see that it can be, and again when it is
    /// read, so that any number can be named.
    ///
    /// - Throws: `DurableIOError` where there is no such file, it may not be read, or it is a directory.
    public init(path: String, fileSystem: FileSystem = .local) throws {
        self.fileSystem = fileSystem
        if path == "-" {
            name = "standard input"
            let input = try fileSystem.standardInput()
            file = input
            byteCount = nil
            isLive = try input.kind() == .other
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
            isLive = false
        case .other:
            // A pipe can be opened only once.
            file = try fileSystem.open(path, .read)
            byteCount = nil
            isLive = true
        }
    }

    deinit {
        input.deallocate()
    }

    /// Whether what is read is compressed; known once something has been read.
    public var isCompressed: Bool { if case .plain = form { false } else { true } }

    /// Waits for at most so many milliseconds until there is something to read, be it the end; whether there
    /// is.
    public func waitForInput(milliseconds: Int32) throws -> Bool {
        try file?.waitUntilReadable(milliseconds: milliseconds) ?? true
    }

    /// Reads the next bytes, decompressed.
    ///
    /// - Returns: how many; 0 at the end.
    /// - Throws: `DurableIOError`: `truncated` where a compressed stream ends early, `corrupt` where it is
    ///   damaged or the content is no text; what `willRead` throws.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let file = try begin()
        let count: Int
        switch form {
        case .plain: return try readPlain(file, into: buffer)
        case .zstd(let decompressor): count = try readZstd(decompressor, file, into: buffer)
        case .gzip(let decompressor):
            do {
                count = try decompressor.read(into: buffer)
            } catch let error as DurableIOError where error.path == nil {
                throw error.code == .truncated ? cutShort("gzip") : damaged(error)
            }
        }
        if !hasGiven {
            try ForeignContent.require(UnsafeRawBufferPointer(rebasing: buffer[..<count]), in: name)
            hasGiven = true
        }
        return count
    }

    private func readZstd(
        _ decompressor: ZstdDecompressor, _ file: File, into buffer: UnsafeMutableRawBufferPointer
    ) throws -> Int {
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
                throw damaged(error)
            }
            if atEnd { throw cutShort("zstd") }
        }
    }

    private func damaged(_ error: DurableIOError) -> DurableIOError {
        DurableIOError(
            code: .corrupt, message: "\(name) is damaged near byte \(bytesRead): \(error.message)", path: name
        )
    }

    private func cutShort(_ format: String) -> DurableIOError {
        DurableIOError(
            code: .truncated,
            message:
                "\(name) is cut short: its \(format) stream does not end at byte \(bytesRead), where the file "
                + "ends; what could be read has been taken",
            path: name)
    }

    /// The file, opened; the first time, with its first bytes read and the kind of its content known.
    private func begin() throws -> File {
        let opened = try file ?? fileSystem.open(name, .read)
        file = opened
        if hasBegun { return opened }
        if input.isEmpty { input = .allocate(byteCount: Self.inputBytes, alignment: 16) }
        while inputRange.count < ForeignContent.byteCountMin {
            let before = inputRange.count
            try fill(opened)
            if inputRange.count == before { break }
        }
        hasBegun = true
        let start = UnsafeRawBufferPointer(rebasing: input[inputRange])
        if start.startsWithZstdMagic {
            form = .zstd(ZstdDecompressor())
        } else if start.starts(with: [0x1F, 0x8B, 8]) {
            form = .gzip(
                GzipDecompressor { [unowned self] in
                    if inputRange.isEmpty { try fill(opened) }
                    defer { inputRange = 0..<0 }
                    return UnsafeRawBufferPointer(rebasing: input[inputRange])
                })
        } else {
            try ForeignContent.require(start, in: name)
        }
        return opened
    }

    private func readPlain(_ file: File, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard inputRange.isEmpty else {
            let count = min(inputRange.count, buffer.count)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[inputRange].prefix(count)))
            inputRange = inputRange.lowerBound + count..<inputRange.upperBound
            return count
        }
        return try take(file, into: buffer)
    }

    private func fill(_ file: File) throws {
        if inputRange.isEmpty { inputRange = 0..<0 }
        let count = try take(
            file, into: UnsafeMutableRawBufferPointer(rebasing: input[inputRange.upperBound...]))
        inputRange = inputRange.lowerBound..<inputRange.upperBound + count
    }

    private func take(_ file: File, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if isLive { try willRead?() }
        let count = try file.readNext(into: buffer)
        bytesRead += count
        return count
    }
}
