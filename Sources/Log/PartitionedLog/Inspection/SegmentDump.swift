public import DurableIO

/// Prints the files of a partition as `kafka-dump-log.sh --print-data-log` does, line for line.
public struct SegmentDump {
    private let fileSystem: FileSystem
    private let printsRecords: Bool
    private let print: (String) -> Void
    /// Whether a batch was damaged, or a file could not be read to its end.
    public private(set) var foundDamage = false

    /// - Parameters:
    ///   - printsRecords: whether the records are printed, not only their batches.
    ///   - print: takes each line.
    public init(
        fileSystem: FileSystem = .local, printsRecords: Bool = true, print: @escaping (String) -> Void
    ) {
        self.fileSystem = fileSystem
        self.printsRecords = printsRecords
        self.print = print
    }

    /// The suffixes of the files that can be printed, in the order in which those of a directory are.
    public static let suffixes = [".log", ".index", ".timeindex", ".txnindex", ".snapshot"]

    /// Prints one file, by what its name says that it is; of a directory, all of them.
    ///
    /// - Throws: `LogError` with code `invalidRequest` for a file of another kind; `DurableIOError`.
    public mutating func dump(_ path: String) throws {
        if try fileSystem.kind(of: path) == .directory {
            let names = try fileSystem.list(path)
            for suffix in Self.suffixes {
                for name in names where SegmentPaths.baseOffset(name, suffix: suffix) != nil {
                    try dump("\(path)/\(name)")
                }
            }
            return
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let suffix = Self.suffixes.first(where: { name.hasSuffix($0) }),
            let base = Int64(name.dropLast(suffix.count)).map({ Offset($0) })
        else {
            throw LogError(
                .invalidRequest,
                "\(path) is no file of a segment: they are named by an offset of 20 digits and end in "
                    + Self.suffixes.joined(separator: ", "))
        }
        print("Dumping \(path)")
        switch suffix {
        case ".log": try dumpLog(path, base)
        case ".index":
            try dumpIndex(path, base) { (entry: OffsetEntry) in
                "offset: \(entry.offset) position: \(entry.position)"
            }
        case ".timeindex":
            try dumpIndex(path, base) { (entry: TimeEntry) in
                "timestamp: \(entry.timestamp) offset: \(entry.offset)"
            }
        case ".txnindex":
            try dumpIndex(path, base) { (entry: AbortedTransaction) in
                "version: 0 producerId: \(entry.producerID) firstOffset: \(entry.firstOffset) "
                    + "lastOffset: \(entry.lastOffset) lastStableOffset: \(entry.lastStableOffset)"
            }
        default: try dumpSnapshot(path)
        }
    }

    // MARK: Batches

    private mutating func dumpLog(_ path: String, _ base: Offset) throws {
        print("Log starting offset: \(base)")
        let file = try fileSystem.open(path, .read)
        let reader = BatchFileReader(file, to: try file.size())
        var scratch = RecordScratch()
        do {
            while let batch = try reader.next() {
                let isIntact = batch.isIntact
                print(describe(batch.header, reader.position - batch.bytes.count, isIntact))
                if !isIntact { foundDamage = true }
                guard printsRecords, isIntact else { continue }
                try batch.forEachRecord(&scratch) { print(describe($0, batch.header)) }
            }
        } catch let error as LogError {
            foundDamage = true
            print("Found damage: \(error.message)")
        }
    }

    private func describe(_ header: RecordBatchHeader, _ position: Int, _ isIntact: Bool) -> String {
        let horizon = header.deleteHorizon.map { "OptionalLong[\($0)]" } ?? "OptionalLong.empty"
        return
            "baseOffset: \(header.baseOffset) lastOffset: \(header.lastOffset) count: \(header.recordCount) "
            + "baseSequence: \(header.baseSequence) lastSequence: \(header.lastSequence) "
            + "producerId: \(header.producerID) producerEpoch: \(header.producerEpoch) "
            + "partitionLeaderEpoch: \(header.partitionLeaderEpoch) "
            + "isTransactional: \(header.isTransactional) isControl: \(header.isControl) "
            + "deleteHorizonMs: \(horizon) position: \(position) "
            + "\(timeName(header)): \(header.maxTimestamp) size: \(header.byteCount) magic: 2 "
            + "compresscodec: \(header.compression?.name ?? "unknown") crc: \(header.checksum) "
            + "isvalid: \(isIntact)"
    }

    private func timeName(_ header: RecordBatchHeader) -> String {
        header.hasLogAppendTime ? "LogAppendTime" : "CreateTime"
    }

    private func describe(_ record: Record, _ header: RecordBatchHeader) -> String {
        let sequence =
            header.baseSequence < 0
            ? -1
            : RecordBatchHeader.sequence(
                header.baseSequence, advancedBy: Int32(record.offset - header.baseOffset))
        var line =
            "| offset: \(record.offset) \(timeName(header)): \(record.timestamp) "
            + "keySize: \(record.key?.count ?? -1) valueSize: \(record.value?.count ?? -1) "
            + "sequence: \(sequence) headerKeys: [\(record.headers.map(\.key).joined(separator: ","))]"
        if header.isControl {
            if let marker = EndTransactionMarker(record) {
                line +=
                    " endTxnMarker: \(marker.isCommit ? "COMMIT" : "ABORT") coordinatorEpoch: \(marker.coordinatorEpoch)"
            }
            return line
        }
        if let key = record.key { line += " key: \(String(decoding: key, as: UTF8.self))" }
        if let value = record.value { line += " payload: \(String(decoding: value, as: UTF8.self))" }
        return line
    }

    // MARK: What goes with them

    private mutating func dumpIndex<Entry: IndexEntry>(
        _ path: String, _ base: Offset, _ describe: (Entry) -> String
    ) throws {
        let bytes = try fileSystem.contents(of: path)
        let count = bytes.count / Entry.byteCount
        if bytes.count % Entry.byteCount != 0 {
            foundDamage = true
            print("\(path) has \(bytes.count % Entry.byteCount) bytes behind its last entry.")
        }
        if count == 0 { print("\(path) is empty.") }
        bytes.withUnsafeBytes { bytes in
            for index in 0..<count {
                let entry = Entry(
                    UnsafeRawBufferPointer(rebasing: bytes[(index * Entry.byteCount)...]), base: base)
                // An index that a running broker has made room in holds zeros behind its entries.
                if let last = entry as? OffsetEntry, index > 0, last.position == 0 { return }
                print(describe(entry))
            }
        }
    }

    private mutating func dumpSnapshot(_ path: String) throws {
        let states: ProducerStates
        do {
            states = try ProducerStates(reading: try fileSystem.contents(of: path))
        } catch let error as LogError {
            foundDamage = true
            return print("\(path): \(error.message)")
        }
        for (id, producer) in states.producers.sorted(by: { $0.key < $1.key }) {
            let first = producer.transactionFirstOffset.map { "OptionalLong[\($0)]" } ?? "OptionalLong.empty"
            var line =
                "producerId: \(id) producerEpoch: \(producer.epoch) "
                + "coordinatorEpoch: \(producer.coordinatorEpoch) currentTxnFirstOffset: \(first) "
                + "lastTimestamp: \(producer.lastTimestamp) "
            if let batch = producer.batches.last {
                line +=
                    "firstSequence: \(batch.firstSequence) lastSequence: \(batch.lastSequence) "
                    + "lastOffset: \(batch.lastOffset) offsetDelta: \(batch.offsetDelta) "
                    + "timestamp: \(batch.timestamp)"
            }
            print(line)
        }
    }
}
