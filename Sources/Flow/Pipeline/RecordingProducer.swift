import DurableIO
import MarketData
import PartitionedLog
import Threads

/// The first stage: from recordings to the log.
///
/// What comes from a pipe, or is paced, is flushed and taken on to gold every now and then, also while
/// nothing more comes; the rest when a batch is full.
final class RecordingProducer {
    private let pipeline: Pipeline
    private let options: ReplayOptions
    private let control: RunControl
    private let follower: Follower?
    private let producer: SendQueue
    private let rejectProducer: TopicWriter
    private let parser = QuoteParser()
    private var symbols: SymbolFilter
    private var quote = ParsedQuote()
    private var pacer: Pacer?
    private var lastTimestamp: Int64 = 0
    private var recording = ReplaySummary.Recording(path: "")
    /// Whether what comes is not to wait for a full batch.
    private var isFresh = false
    /// When the first came of what has not been flushed.
    private var unflushedSince: ContinuousClock.Instant?
    /// Whether something has been flushed that is not on its way to gold.
    private var isUnfollowed = false
    /// The bytes of the recordings before this one, and of all.
    private var progressBase = 0
    private var progressTotal: Int?
    /// What has been done.
    private(set) var summary = ReplaySummary()

    /// As large as Kafka takes batches unless told otherwise: they compress the better for it.
    private static let batchBytes = 1 << 20
    private static let linesBetweenProgress = 4096
    private static let pauseMilliseconds: Int32 = 100

    /// - Parameter follower: takes what the log has further.
    init(_ pipeline: Pipeline, options: ReplayOptions, control: RunControl, follower: Follower? = nil) throws
    {
        self.pipeline = pipeline
        self.options = options
        self.control = control
        self.follower = follower
        producer = SendQueue(
            try TopicWriter(pipeline.log, topic: pipeline.settings.topic, batchBytes: Self.batchBytes),
            didCommit: { follower?.follow() })
        rejectProducer = try TopicWriter(pipeline.log, topic: pipeline.settings.rejectsTopic)
        symbols = SymbolFilter(options.symbols)
        pacer = Pacer(options.speed)
    }

    /// Produces recordings, one after the other.
    func run(_ sources: [ByteSource]) throws {
        progressTotal = sources.reduce(Optional(0)) { sum, source in
            sum.flatMap { sum in source.byteCount.map { sum + $0 } }
        }
        for source in sources {
            try run(source)
            progressBase += source.bytesRead
        }
        (summary.unmatchedSymbols, summary.symbolsSeen) = symbols.unmatched
    }

    private func run(_ source: ByteSource) throws {
        let start = ContinuousClock.now
        recording = ReplaySummary.Recording(path: pipeline.fileSystem.absolutePath(source.name))
        var stage = ReplaySummary.StageResult(stage: .produce)
        isFresh = source.isLive || pacer != nil
        source.willRead = { [unowned self, unowned source] in
            do { try awaitInput(source) } catch { throw FreshnessFailure(cause: error) }
        }
        defer { source.willRead = nil }
        let reader = LineReader(source, takesObjects: true)
        do {
            while let line = try nextLine(reader) {
                if recording.lines % Self.linesBetweenProgress == 0 {
                    showProgress(source, line)
                    try control.checkCancellation()
                }
                guard try accept(line, reader) else { continue }
                if pacer != nil { try waitUntilDue(source, line) }
                try send(line)
                recording.quotes += 1
                stage.bytes += line.bytes.count + 1
            }
        } catch let failure as FreshnessFailure {
            if failure.cause is Interrupted { try flush() }
            throw failure.cause
        } catch is Interrupted {
            try flush()
            throw Interrupted()
        }
        try flush()
        ProcessMemory.trim()
        noteFailure(source.name)
        stage.rows = recording.quotes
        stage.duration = ContinuousClock.now - start
        summary.recordings.append(recording)
        summary.add(stage)
    }

    /// A recording without a quote is none.
    private func noteFailure(_ name: String) {
        guard recording.failure == nil, recording.quotes + recording.filtered == 0 else { return }
        if recording.lines == 0 {
            recording.failure = "\(name) is empty: there is nothing to replay"
        } else if let first = recording.firstReject {
            let hint = RecordingGuess.hint(first.content) ?? "its first line is rejected as \(first.reason)"
            recording.failure = "\(name) has no quote: \(hint)"
        } else {
            recording.failure = "\(name) has blank lines alone: there is nothing to replay"
        }
    }

    /// The next line. A recording that cannot be read on is noted as a reject and ends here.
    private func nextLine(_ reader: LineReader) throws -> Line? {
        while true {
            do {
                guard let line = try reader.next() else {
                    if reader.endsInArray, recording.failure == nil {
                        recording.failure = "\(recording.path) is cut short: its array does not end"
                    }
                    return nil
                }
                recording.lines += 1
                return line
            } catch let error as DurableIOError where error.code == .interrupted {
                try control.checkCancellation()
            } catch let error as DurableIOError {
                recording.failure = error.message
                try reject(reader.unreadableLine, QuoteRejection(error.message))
                return nil
            }
        }
    }

    /// Reads a line into `quote`; whether it is a quote that is wanted.
    private func accept(_ line: Line, _ reader: LineReader) throws -> Bool {
        if line.isTooLong {
            let isZero = line.bytes.allSatisfy { $0 == 0 }
            let reason = "a line of over \(LineReader.lineBytesMax >> 10) KiB is no quote"
            try reject(line, QuoteRejection(isZero ? Self.zeros : reason))
            return false
        }
        if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            recording.blank += 1
            return false
        }
        do {
            try parser.parse(line.bytes, into: &quote)
        } catch {
            if line.maybeObjects {
                recording.lines -= 1
                reader.rereadAsObjects(line)
            } else if line.bytes.contains(0) {
                try reject(line, QuoteRejection(Self.zeros))
            } else {
                let cut = line.isCutShort ? "the recording's last line is cut short: " : ""
                try reject(line, QuoteRejection(cut + error.reason, column: error.column))
            }
            return false
        }
        guard isWanted else {
            recording.filtered += 1
            return false
        }
        return true
    }

    private static let zeros = "zero bytes, as a power cut leaves behind"

    /// Whether the options let the quote through; one without any time is let through unless they ask for
    /// times.
    private var isWanted: Bool {
        if !symbols.isEmpty, !symbols.wants(quote.symbol) { return false }
        if options.from == nil, options.to == nil { return true }
        guard let second = fetchedSecond else { return false }
        if let from = options.from, second < from.seconds { return false }
        if let to = options.to, second >= to.seconds { return false }
        return true
    }

    /// When the quote was fetched, or traded where it does not say.
    private var fetchedSecond: Int64? {
        (quote.fetchedAt.value ?? quote.time.value).map { Int64($0) }
    }

    private func send(_ line: Line) throws {
        if let second = fetchedSecond { lastTimestamp = second * 1000 }
        try producer.send(key: quote.symbol, value: line.bytes, timestamp: lastTimestamp)
        if isFresh { noteArrival() }
    }

    private func reject(_ line: Line, _ rejection: QuoteRejection) throws {
        recording.rejected += 1
        if recording.firstReject == nil {
            recording.firstReject = (Array(line.bytes.prefix(4096)), rejection.description)
        }
        var headers = [
            RecordHeader("source", text: recording.path),
            RecordHeader("line", text: String(line.number)),
            RecordHeader("byte-offset", text: String(line.byteOffset)),
            RecordHeader("byte-count", text: String(line.byteCount)),
            RecordHeader("reason", text: rejection.reason),
        ]
        if let column = rejection.column { headers.append(RecordHeader("column", text: String(column))) }
        try Array(recording.path.utf8).withUnsafeBytes { key in
            try rejectProducer.send(key: key, value: line.bytes, timestamp: lastTimestamp, headers: headers)
        }
        summary.addReject(rejection.reason, place: .init(source: recording.path, line: line.number))
        if isFresh { noteArrival() }
    }

    private func showProgress(_ source: ByteSource, _ line: Line) {
        var progress = Progress(
            stage: .produce, completed: progressBase + source.bytesRead, total: progressTotal)
        if pacer != nil {
            // What has been read ahead has not come yet.
            if !source.isCompressed {
                progress = Progress(
                    stage: .produce, completed: progressBase + line.byteOffset + line.byteCount,
                    total: progressTotal)
            }
            progress.time = fetchedSecond.map { Timestamp(seconds: $0) }
        }
        control.progress(progress)
    }

    /// Waits until the quote is due.
    private func waitUntilDue(_ source: ByteSource, _ line: Line) throws {
        guard let second = fetchedSecond else { return }
        while true {
            try control.checkCancellation()
            let delay = pacer?.delay(until: second) ?? .zero
            // A replay that is behind its pace never waits, and is to reach gold all the same.
            try keepFresh(isIdle: delay > .zero)
            guard delay > .zero else { return }
            showProgress(source, line)
            WallClock.sleep(min(delay, .milliseconds(Int(Self.pauseMilliseconds))))
        }
    }

    // MARK: Freshness

    private func noteArrival() {
        if unflushedSince == nil { unflushedSince = ContinuousClock.now }
    }

    /// Waits until there is something to read.
    private func awaitInput(_ source: ByteSource) throws {
        while try !source.waitForInput(milliseconds: Self.pauseMilliseconds) {
            try control.checkCancellation()
            try keepFresh(isIdle: true)
        }
        try keepFresh(isIdle: false)
    }

    /// Flushes what has come, and has it taken on to gold, where that is due.
    private func keepFresh(isIdle: Bool) throws {
        try follower?.check()
        if let since = unflushedSince, ContinuousClock.now - since >= options.flushInterval {
            try flush()
            isUnfollowed = true
        }
        if isUnfollowed, try follower?.refresh(every: options.flushInterval, isIdle: isIdle) ?? true {
            isUnfollowed = false
        }
    }

    private func flush() throws {
        unflushedSince = nil
        try producer.flush()
        try rejectProducer.flush()
        try pipeline.log.flush()
    }
}

/// What failed while a recording was waited for: no fault of the recording.
private struct FreshnessFailure: Error {
    let cause: any Error
}

/// The symbols that are asked for.
private struct SymbolFilter {
    private static let seenMax = 10
    private let wanted: Set<[UInt8]>
    private var missing: Set<[UInt8]>
    private var seen: Set<[UInt8]> = []

    init(_ symbols: Set<String>) {
        wanted = Set(symbols.map { Array($0.utf8) })
        missing = wanted
    }

    var isEmpty: Bool { wanted.isEmpty }

    mutating func wants(_ symbol: UnsafeRawBufferPointer) -> Bool {
        let symbol = Array(symbol)
        if !missing.isEmpty {
            missing.remove(symbol)
            if seen.count < Self.seenMax { seen.insert(symbol) }
        }
        return wanted.contains(symbol)
    }

    /// The symbols that nothing has, and where there are such, some that there are.
    var unmatched: ([String], [String]) {
        if missing.isEmpty { return ([], []) }
        let texts = { (symbols: Set<[UInt8]>) in symbols.map { String(decoding: $0, as: UTF8.self) }.sorted()
        }
        return (texts(missing), texts(seen))
    }
}
