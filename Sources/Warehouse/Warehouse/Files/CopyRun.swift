import ColumnStore
import SQLEngine
import SQLiteKit
import Threads
import Vectors

/// One COPY INTO a table while it runs: reads the files, puts their rows into the table, and sees which of
/// them are to be read
/// in another way or left out.
final class CopyRun {
    private let run: StatementRun
    private let object: CatalogObject
    private let table: TableID
    private let format: FileFormat
    private let options: CopyOptions
    /// How pieces become rows.
    private let method: Method
    /// Rows wanted of a validation, and those there are.
    private(set) var sample: (wanted: Int, rows: [[Vector]])?

    enum Method {
        /// Threads make rows of the table from pieces.
        case direct(CopyTarget)
        /// A query is run over the records.
        case query(CopyQuery)
    }

    init(
        _ run: StatementRun, _ object: CatalogObject, _ table: TableID, _ format: FileFormat,
        _ options: CopyOptions, _ method: Method
    ) {
        self.run = run
        self.object = object
        self.table = table
        self.format = format
        self.options = options
        self.method = method
        if case .rows(let wanted)? = options.validation { sample = (wanted, []) }
    }

    /// Loads the files.
    ///
    /// - Returns: what became of each of them, in their order.
    /// - Throws: `SQLError` for the first record that cannot be loaded, where that is to end everything.
    func load(_ files: [StagedFile]) throws -> [CopyResult] {
        var skipped: [Int: CopyResult] = [:]
        var wholeValues: Set<Int> = []
        // Files are left out, or read in another way, after they have been read once: then all begins anew
        // without them.
        while true {
            let places = files.indices.filter { skipped[$0] == nil }
            let whole = Set(wholeValues.compactMap { places.firstIndex(of: $0) })
            let attempt = try begun { try self.attempt(places.map { files[$0] }, whole) }
            let damaged = try attempt.tallies.indices.filter { index in
                try format.kind == .json && !whole.contains(index) && attempt.tallies[index].errorCount > 0
                    && !attempt.unreadable.contains(index)
                    && isSoundAsValues(files[places[index]], firstError: attempt.tallies[index].errors.first)
            }
            if !damaged.isEmpty {
                try undo()
                wholeValues.formUnion(damaged.map { places[$0] })
                continue
            }
            if options.onError == .abort, options.validation == nil || sample != nil,
                let index = attempt.tallies.firstIndex(where: { $0.errorCount > 0 })
            {
                try undo()
                throw error(attempt.tallies[index], files[places[index]])
            }
            let results = attempt.tallies.indices.map { index in
                let file = files[places[index]]
                let etag =
                    file.storage is LocalStorage ? attempt.hashes[index]?.hexadecimal ?? file.etag : file.etag
                return CopyResult(
                    file, etag: etag, attempt.tallies[index],
                    isSkipped: options.isSkipped(attempt.tallies[index]))
            }
            let newlySkipped = results.indices.filter { options.isSkipped(attempt.tallies[$0]) }
            for index in newlySkipped { skipped[places[index]] = results[index] }
            if options.validation == nil, newlySkipped.contains(where: { attempt.tallies[$0].loaded > 0 }) {
                try undo()
                continue
            }
            try options.validation == nil ? keep() : undo()
            var all = skipped
            for (index, place) in places.enumerated() { all[place] = results[index] }
            return files.indices.compactMap { all[$0] }
        }
    }

    // MARK: What can be undone

    private func begun(_ body: () throws -> Outcome) throws -> Outcome {
        try run.session.warehouse.connection.execute("SAVEPOINT copy_attempt")
        do {
            return try body()
        } catch {
            // Some errors have ended the transaction already.
            if !run.session.warehouse.connection.isIdle { try? undo() }
            throw error
        }
    }

    private func undo() throws {
        try run.session.warehouse.connection.execute("ROLLBACK TO copy_attempt; RELEASE copy_attempt")
    }

    private func keep() throws { try run.session.warehouse.connection.execute("RELEASE copy_attempt") }

    // MARK: Errors

    private func isSoundAsValues(_ file: StagedFile, firstError: CopyError?) throws -> Bool {
        guard format.isMultiLine, !format.stripsOuterArray else { return false }
        let content = try FileContent(file, format.compression)
        // Most often a few bytes show that the record is no value, whatever follows.
        if let firstError, try !JSONValues.maySoundlyBegin(content, at: firstError.byteOffset) {
            return false
        }
        // What is larger than a text may be cannot be looked at as one.
        guard content.count < Int(Int32.max) else { return false }
        return JSONValues(try content.all(), stripsArrays: false).isSoundThroughout()
    }

    private func error(_ tally: FileTally, _ file: StagedFile) -> SQLError {
        guard let first = tally.errors.first else {
            return SQLError(.data, "file \(file.title) cannot be loaded")
        }
        let column = first.column.map { ", column \($0)" } ?? ""
        return SQLError(
            .data,
            "\(first.message)\n  File '\(file.title)', line \(first.line), character \(first.character)\n  Row \(first.row)\(column)\n"
                + "ON_ERROR = CONTINUE loads the other rows, ON_ERROR = SKIP_FILE the other files.")
    }

    // MARK: One reading of all files

    struct Outcome {
        var tallies: [FileTally]
        var hashes: [Int: UInt64]
        /// The files of which nothing could be read.
        var unreadable: Set<Int> = []
    }

    private func attempt(_ files: [StagedFile], _ whole: Set<Int>) throws -> Outcome {
        // The rest of the files is not read once something is wrong that ends everything.
        let isFinal = options.onError == .abort && options.validation == nil
        let reader = PieceReader(
            files, format, isWholeValues: whole, recordsMax: recordsMax, passesOver: !isFinal)
        var outcome = Outcome(tallies: files.map { _ in FileTally() }, hashes: [:])
        let writer = try run.database.writer(table)
        var sink = Sink(run, object, table, writer, try run.store.columns(of: object))
        sample?.rows = []
        let takeTallies = { (tallies: [(file: Int, FileTally)]) -> Bool in
            for (file, tally) in tallies { outcome.tallies[file].add(tally) }
            return !isFinal || tallies.allSatisfy { $0.1.errorCount == 0 }
        }
        struct Ended: Error {}
        let context = run.context
        let next = { @Sendable () throws -> Piece? in
            try context.checkInterruption()
            return try reader.nextPiece()
        }
        do {
            switch method {
            case .direct(let target):
                try OrderedWork.run(
                    threads: Self.threads(context.threads, files), next: next,
                    makeWorker: {
                        let worker = try target.makeWorker(); return { try worker.load($0) }
                    },
                    take: { piece in
                        guard takeTallies(piece.tallies) else { throw Ended() }
                        if try keepSample(piece) { throw Ended() }
                        if options.validation == nil { try sink.take(piece) }
                    })
            case .query(let query):
                let shape = query.shape
                try OrderedWork.run(
                    threads: Self.threads(context.threads, files), next: next,
                    makeWorker: {
                        let source = SourceReader(files, shape, context.evaluation);
                        return { source.read($0) }
                    },
                    take: { piece in
                        let tallies = try query.run(piece, stopsAtError: isFinal) { try sink.take($0) }
                        guard takeTallies(tallies) else { throw Ended() }
                    })
            }
        } catch is Ended {
            return outcome
        }
        try sink.finish()
        outcome.hashes = reader.hashes
        for (file, error) in reader.failures { outcome.tallies[file].add(CopyError(unreadable: error)) }
        outcome.unreadable = Set(reader.failures.keys)
        return outcome
    }

    private var recordsMax: Int { min(run.database.configuration.rowGroupRows, ShreddedVariant.rowsMax) }

    /// A small load is done by one thread: starting others would take longer.
    private static func threads(_ most: Int, _ files: [StagedFile]) -> Int {
        files.reduce(0) { $0 + $1.byteCount } < 1 << 20 ? 1 : most
    }

    /// Keeps rows for a validation; whether there are enough.
    private func keepSample(_ piece: CopiedPiece) throws -> Bool {
        guard let (wanted, rows) = sample else { return false }
        var left = wanted - rows.reduce(0) { $0 + ($1.first?.count ?? 0) }
        if piece.count > 0 {
            let taken = min(left, piece.count)
            sample?.rows.append(try piece.vectors().map { $0.slice(from: 0, count: taken) })
            left -= taken
        }
        return left == 0
    }

    /// Puts rows into the table.
    private struct Sink {
        private let run: StatementRun
        private let object: CatalogObject
        private let table: TableID
        private let writer: TableWriter
        private var numbering: Numbering

        init(
            _ run: StatementRun, _ object: CatalogObject, _ table: TableID, _ writer: TableWriter,
            _ columns: [CatalogColumn]
        ) {
            self.run = run
            self.object = object
            self.table = table
            self.writer = writer
            numbering = Numbering(columns)
        }

        mutating func take(_ piece: CopiedPiece) throws {
            if let group = piece.encoded {
                // Rows that wait in the writer are older.
                try writer.finish()
                try run.database.insert(group, into: table)
            } else if piece.count > 0 {
                try take(Batch(try piece.vectors(), count: piece.count))
            }
        }

        mutating func take(_ batch: Batch) throws {
            try writer.append(try numbering.filled(batch), count: batch.count)
        }

        func finish() throws {
            try writer.finish()
            if numbering.hasMoved { try run.store.setColumns(numbering.columns, of: object.id) }
            if try run.database.needsDeltaMerge(table) { try run.database.mergeDelta(table) }
        }
    }
}
