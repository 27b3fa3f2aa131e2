import DurableIO
import MarketData
import PartitionedLog
import Threads

/// The first stage: from recordings to the log.
final class RecordingProducer {
    private let pipeline: Pipeline
    private let options: ReplayOptions
    private let control: RunControl
    private let producer: SendQueue
    private let rejectProducer: TopicWriter
    private let parser = QuoteParser()
    private let symbols: Set<[UInt8]>
    private var quote = ParsedQuote()
    private var pacer: Pacer?
    private var lastTimestamp: Int64 = 0
    private var lastDrain = ContinuousClock.now

    /// As large as Kafka takes batches unless told otherwise: they compress the better for it.
    private static let batchBytes = 1 << 20
    private static let linesBetweenProgress = 4096

    /// - Parameter didCommit: called whenever the log has more that can be read; by another thread.
    init(
        _ pipeline: Pipeline, options: ReplayOptions, control: RunControl,
        didCommit: @escaping @Sendable () -> Void = {}
    ) throws {
        self.pipeline = pipeline
        self.options = options
        self.control = control
        producer = SendQueue(
            try TopicWriter(pipeline.log, topic: pipeline.settings.topic, batchBytes: Self.batchBytes),
            didCommit: didCommit)
        rejectProducer = try TopicWriter(pipeline.log, topic: pipeline.settings.rejectsTopic)
        symbols = Set(options.symbols.map { Array($0.utf8) })
        pacer = Pacer(options.speed)
    }

    func run(
        _ source: ByteSource, progressBase: Int, progressTotal: Int?, _ summary: inout ReplaySummary,
        drain: (inout ReplaySummary) throws -> Void
    ) throws {
        let start = ContinuousClock.now
        var drained = Duration.zero
        var recording = ReplaySummary.Recording(path: pipeline.fileSystem.absolutePath(source.name))
        var stage = ReplaySummary.StageResult(stage: .produce)
        let reader = LineReader(source)
        do {
            while let line = try nextLine(reader, &recording, &summary) {
                if recording.lines % Self.linesBetweenProgress == 0 {
                    control.progress(
                        Progress(
                            stage: .produce, completed: progressBase + source.bytesRead, total: progressTotal)
                    )
                    try control.checkCancellation()
                }
                guard try accept(line, &recording, &summary) else { continue }
                if pacer != nil { drained += try wait(&summary, drain) }
                try send(line)
                recording.quotes += 1
                stage.bytes += line.bytes.count + 1
            }
        } catch is Interrupted {
            try flush()
            throw Interrupted()
        }
        if recording.lines == 0, recording.failure == nil {
            recording.failure = "\(source.name) is empty: there is nothing to replay"
        }
        try flush()
        ProcessMemory.trim()
        stage.rows = recording.quotes
        stage.duration = ContinuousClock.now - start - drained
        summary.recordings.append(recording)
        summary.add(stage)
    }

    /// The next line. A recording that cannot be read on is noted as a reject and ends here.
    private func nextLine(
        _ reader: LineReader, _ recording: inout ReplaySummary.Recording, _ summary: inout ReplaySummary
    ) throws -> Line? {
        while true {
            do {
                guard let line = try reader.next() else { return nil }
                recording.lines += 1
                return line
            } catch let error as DurableIOError where error.code == .interrupted {
                try control.checkCancellation()
            } catch let error as DurableIOError {
                recording.failure = error.message
                try reject(reader.unreadableLine, QuoteRejection(error.message), &recording, &summary)
                return nil
            }
        }
    }

    /// Reads a line into `quote`; whether it is a quote that is wanted.
    private func accept(
        _ line: Line, _ recording: inout ReplaySummary.Recording, _ summary: inout ReplaySummary
    ) throws -> Bool {
        if line.isTooLong {
            let rejection = QuoteRejection("a line of over \(LineReader.lineBytesMax >> 10) KiB is no quote")
            try reject(line, rejection, &recording, &summary)
            return false
        }
        if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            recording.blank += 1
            return false
        }
        do {
            try parser.parse(line.bytes, into: &quote)
        } catch {
            let cut = line.isTerminated ? "" : "the recording's last line is cut short: "
            try reject(line, QuoteRejection(cut + error.reason, column: error.column), &recording, &summary)
            return false
        }
        guard isWanted else {
            recording.filtered += 1
            return false
        }
        return true
    }

    /// Whether the options let the quote through; one without any time is let through unless they ask for
    /// times.
    private var isWanted: Bool {
        if !symbols.isEmpty, !symbols.contains(Array(quote.symbol)) { return false }
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
    }

    private func reject(
        _ line: Line, _ rejection: QuoteRejection, _ recording: inout ReplaySummary.Recording,
        _ summary: inout ReplaySummary
    ) throws {
        recording.rejected += 1
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
    }

    /// Waits until the quote is due, taking what has arrived to gold every now and then; how long the latter
    /// took.
    private func wait(
        _ summary: inout ReplaySummary, _ drain: (inout ReplaySummary) throws -> Void
    ) throws -> Duration {
        var drained = Duration.zero
        guard let second = fetchedSecond else { return drained }
        while true {
            try control.checkCancellation()
            // A replay that is behind its pace never waits, and is to reach gold all the same.
            if ContinuousClock.now - lastDrain >= options.refreshInterval {
                let start = ContinuousClock.now
                try flush()
                try drain(&summary)
                lastDrain = ContinuousClock.now
                drained += lastDrain - start
            }
            guard let delay = pacer?.delay(until: second), delay > .zero else { return drained }
            WallClock.sleep(min(delay, .milliseconds(100)))
        }
    }

    private func flush() throws {
        try producer.flush()
        try rejectProducer.flush()
        try pipeline.log.flush()
    }
}
