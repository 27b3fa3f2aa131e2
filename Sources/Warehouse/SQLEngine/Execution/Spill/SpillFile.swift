import DurableIO
package import Vectors

/// Batches in a temporary file that has no name: written once, then read by any number of streams, each from
/// the start.
package final class SpillFile: @unchecked Sendable {
    // One thread appends and finishes; after that nothing changes and any thread may read.

    /// The rows appended.
    package private(set) var rowCount = 0
    /// The bytes of the file.
    package private(set) var byteCount = 0
    private let directory: String
    private let file: File
    private var encoder = BatchEncoder()
    /// Where each batch begins, and where the last one ends.
    private var offsets = [0]
    private static let writeBytes = 1 << 18

    /// - Throws: `SQLError` with the code `storage`.
    package init(directory: String) throws {
        self.directory = directory
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        let path = "\(directory)/tapehouse-spill-\(name)"
        do {
            file = try FileSystem.local.open(path, .replace)
            try FileSystem.local.removeFile(path)
        } catch let error as DurableIOError {
            throw Self.failure(directory, error)
        }
    }

    /// Adds a batch behind those before.
    package func append(_ batch: Batch) throws {
        encoder.append(batch)
        rowCount += batch.count
        offsets.append(byteCount + encoder.count)
        if encoder.count >= Self.writeBytes { try flush() }
    }

    /// Writes what is still in memory. Nothing can be appended after.
    package func finish() throws {
        try flush()
        encoder = BatchEncoder()
    }

    private func flush() throws {
        guard encoder.count > 0 else { return }
        do {
            try file.write(encoder.bytes, at: byteCount)
        } catch let error as DurableIOError {
            throw Self.failure(directory, error)
        }
        byteCount += encoder.count
        encoder.removeAll()
    }

    /// All batches in the order they were appended in, with columns of these types. After `finish`.
    package func makeStream(types: [SQLType]) throws -> any BatchStream { Stream(self, types) }

    private func read(_ index: Int) throws -> VectorMemory {
        let memory = VectorMemory(byteCount: offsets[index + 1] - offsets[index])
        let buffer = UnsafeMutableRawBufferPointer(
            start: memory.pointer, count: offsets[index + 1] - offsets[index])
        do {
            let count = try file.read(into: buffer, at: offsets[index])
            guard count == buffer.count else {
                throw SQLError(
                    .storage, "a temporary file in \(directory) ends too early; run the statement again")
            }
        } catch let error as DurableIOError {
            throw Self.failure(directory, error)
        }
        return memory
    }

    private static func failure(_ directory: String, _ error: DurableIOError) -> SQLError {
        if error.code == .noSpace {
            return SQLError(
                .storage,
                "the folder for temporary files, \(directory), is full: free some space there, or raise the memory limit"
            )
        }
        return SQLError(.storage, "cannot use a temporary file in \(directory): \(error.message)")
    }

    private final class Stream: BatchStream {
        private let spill: SpillFile
        private let types: [SQLType]
        private var index = 0

        init(_ spill: SpillFile, _ types: [SQLType]) {
            self.spill = spill
            self.types = types
        }

        func next() throws -> Batch? {
            while index < spill.offsets.count - 1 {
                var decoder = BatchDecoder(try spill.read(index))
                index += 1
                let batch = decoder.batch(types)
                if batch.count > 0 { return batch }
            }
            return nil
        }
    }
}
