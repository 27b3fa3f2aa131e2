import SQLEngine
import Vectors

/// Rows kept until the query that gives them has come to its end: in memory, and from a limit on in a temporary file.
final class RowBuffer {
    private let types: [SQLType]
    private let limit: Int
    private let directory: String
    private var batches: [Batch] = []
    private var byteCount = 0
    private var spill: SpillFile?
    /// The dictionary that a column has had last: neighbouring batches share theirs.
    private var dictionaries: [ObjectIdentifier?]
    /// How many rows there are.
    private(set) var count = 0

    /// - Parameters:
    ///   - limit: the bytes to hold in memory.
    ///   - directory: where a temporary file may lie.
    init(types: [SQLType], limit: Int, directory: String) {
        self.types = types
        self.limit = limit
        self.directory = directory
        dictionaries = types.map { _ in nil }
    }

    func append(_ batch: Batch) throws {
        guard batch.count > 0 else { return }
        count += batch.count
        if let spill { return try spill.append(batch) }
        batches.append(batch)
        for (place, vector) in batch.columns.enumerated() {
            byteCount += vector.count * vector.layout.stride + (vector.validity == nil ? 0 : vector.count)
            guard let dictionary = vector.dictionary, dictionaries[place] != ObjectIdentifier(dictionary)
            else { continue }
            dictionaries[place] = ObjectIdentifier(dictionary)
            byteCount += dictionary.byteCount
        }
        if byteCount > limit { spill = try SpillFile(directory: directory) }
    }

    /// Hands over all rows in their order, once.
    func drain(_ body: (Batch) throws -> Void) throws {
        for index in batches.indices {
            try body(batches[index])
            batches[index] = Batch([], count: 0)
        }
        guard let spill else { return }
        try spill.finish()
        let stream = try spill.makeStream(types: types)
        while let batch = try stream.next() { try body(batch) }
    }
}
