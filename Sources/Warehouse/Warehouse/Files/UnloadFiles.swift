import DurableIO
import SQLEngine

/// The files that an unloading writes.
final class UnloadFiles {
    private let location: StageLocation
    private let compression: FileFormat.Compression
    private let fileExtension: String
    private let isSingle: Bool
    private let byteCountMax: Int
    private let overwrites: Bool
    private let position: Int
    private let writer: any RowWriter
    private var buffer = PieceBuffer(capacity: 1 << 16)
    private var files = 0
    private var fileRows = 0
    private(set) var rows = 0
    /// The bytes before compression, and after.
    private(set) var inputBytes = 0
    private(set) var outputBytes = 0

    init(
        _ location: StageLocation, _ writer: any RowWriter, _ format: FileFormat, isSingle: Bool,
        byteCountMax: Int, overwrites: Bool, position: Int
    ) {
        self.location = location
        self.writer = writer
        self.isSingle = isSingle
        self.byteCountMax = byteCountMax
        self.overwrites = overwrites
        self.position = position
        compression = format.compression == .zstd ? .zstd : .none
        fileExtension =
            format.fileExtension ?? ".\(format.kind.rawValue.lowercased())"
            + (compression == .zstd ? ".zst" : "")
    }

    private var isFolder: Bool { location.path.isEmpty || location.path.hasSuffix("/") }

    /// What the names of all files begin with; the name itself of a single one.
    private var stem: String {
        if isSingle { return isFolder ? location.path + "data" : location.path }
        return "\(location.path)\(isFolder ? "data" : "")_0_0_"
    }

    /// The name of a file, by its number.
    private func name(_ number: Int) -> String {
        if isSingle { return stem }
        return "\(stem)\(number)\(fileExtension.hasPrefix(".") ? "" : ".")\(fileExtension)"
    }

    /// Makes sure that nothing is there that would be written over or would stand beside the new files.
    func prepare() throws {
        guard !overwrites else { return }
        let stem = stem
        let isTaken = try location.files(isMade: true).contains {
            isSingle ? $0.name.utf8.elementsEqual(stem.utf8) : $0.name.utf8.starts(with: stem.utf8)
        }
        if isTaken {
            throw SQLError(
                .alreadyExists,
                "there are files already at '\(location.titleBase)\(location.path)'; OVERWRITE = TRUE replaces them",
                position: position)
        }
    }

    /// Adds the rows of the batch that the writer has.
    func add(rows count: Int) throws {
        for row in 0..<count {
            if fileRows == 0 { try writer.begin(into: buffer) }
            try writer.write(row: row, into: buffer)
            fileRows += 1
            rows += 1
            if !isSingle, buffer.count >= byteCountMax { try flush() }
        }
    }

    /// Writes what is left.
    func finish() throws {
        if fileRows > 0 { try flush() }
    }

    private func flush() throws {
        var bytes = Array(buffer.bytes(0..<buffer.count))
        inputBytes += bytes.count
        if isSingle, bytes.count > byteCountMax {
            throw SQLError(
                .invalid,
                "the file would have \(bytes.count) bytes, more than MAX_FILE_SIZE = \(byteCountMax)",
                position: position)
        }
        if compression == .zstd { bytes = try LocalFiles.compressed(bytes) }
        outputBytes += bytes.count
        try location.storage.write(location.file(name(files)).key, bytes)
        files += 1
        fileRows = 0
        buffer.truncate(to: 0)
    }
}
