import ArgumentParser
import DurableIO
import PartitionedLog
import Pipeline

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Work on the partitioned log: topics, records, groups, segment files.",
        discussion: """
            The log is a directory in the layout of Apache Kafka: what is written here, Kafka's own tools read, and a directory \
            that Kafka wrote can be opened. Commands that change something need the directory for themselves; the others look \
            on while it is written.

            EXAMPLES
              tapehouse log create trades --partitions 3 --config retention.ms=86400000
              echo 'AAPL:225.5' | tapehouse log produce trades -K :
              tapehouse log consume trades --from-beginning -e -f '%t-%p @%o %k = %s\\n'
              tapehouse log topics
              tapehouse log dump tapehouse-data/log/trades-0
            """,
        subcommands: [
            LogTopicsCommand.self, LogCreateCommand.self, LogDeleteCommand.self, LogAlterCommand.self,
            LogProduceCommand.self, LogConsumeCommand.self, LogGroupsCommand.self, LogOffsetsCommand.self,
            LogDumpCommand.self, LogVerifyCommand.self, LogCompactCommand.self, LogBenchCommand.self,
        ])
}

/// Which log directory a command works on.
struct LogOptions: ParsableArguments {
    @Option(
        name: .customLong("log-dir"),
        help: ArgumentHelp(
            "A log directory of its own, Kafka's `log.dir`, instead of the data directory's.",
            valueName: "dir"),
        completion: .directory)
    var path: String?

    @OptionGroup var data: DataDirectoryOptions

    @OptionGroup var wait: WaitOptions

    var resolved: String { path ?? "\(data.resolved)/log" }

    private func requirePresence() throws {
        guard try FileSystem.local.kind(of: resolved) == .directory else {
            throw Failure(
                .noInput,
                "there is no log directory \(resolved): make a topic with `tapehouse log create` first, or name another with --log-dir or --data-dir"
            )
        }
    }

    /// Opens the directory to look at it, beside whoever writes there.
    func openToRead() throws -> LogDirectory {
        try requirePresence()
        return try LogDirectory(resolved, access: .readOnly, configuration: Pipeline.logConfiguration)
    }

    /// Opens the directory to change it, gives it to `body`, and closes it.
    ///
    /// - Parameter creates: whether it is made where it is missing.
    func change<Result>(creates: Bool = false, _ body: (LogDirectory) throws -> Result) throws -> Result {
        if !creates { try requirePresence() }
        // Who runs a pipeline in the data directory must not find its log changed under it.
        let lock = try path == nil ? wait.untilFree(lockData) : nil
        defer { withExtendedLifetime(lock) {} }
        let log = try wait.untilFree { try LogDirectory(resolved, configuration: Pipeline.logConfiguration) }
        for recovery in log.recoveries {
            StandardError.writeLine(
                "tapehouse: \(recovery.topicPartition): cut \(recovery.bytesCut) bytes behind offset \(recovery.endOffset): \(recovery.reason)"
            )
        }
        let keeper = LogKeeper(log, report: Self.report)
        do {
            let result = try body(log)
            keeper.stop()
            try log.close()
            return result
        } catch {
            keeper.stop(lastRound: false)
            try? log.close()
            throw error
        }
    }

    /// Says what retention removed, and what failed.
    private static func report(_ maintenance: LogDirectory.Maintenance) {
        for (id, removed) in maintenance.removed.sorted(by: { $0.key < $1.key }) {
            StandardError.writeLine(
                "tapehouse: \(id): retention removed \(removed.segments) segments, \(Format.bytes(removed.bytes))"
            )
        }
        for failure in maintenance.failures { StandardError.writeLine("tapehouse: \(failure)") }
    }

    private func lockData() throws -> DirectoryLock {
        try DataDirectory(data.resolved).lock(purpose: "log command", fileSystem: .local)
    }
}

/// `name=value` on the command line.
struct Assignment: ExpressibleByArgument {
    let name: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }

    static func dictionary(_ assignments: [Assignment]) -> [String: String] {
        Dictionary(assignments.map { ($0.name, $0.value) }) { $1 }
    }
}

/// A topic on the command line, or one of its partitions as `TOPIC:NUMBER`.
struct TopicArgument: ExpressibleByArgument {
    let topic: String
    let partition: Int32?

    static var defaultCompletionKind: CompletionKind { Completions.topics }

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        if let colon = argument.lastIndex(of: ":") {
            guard let number = Int32(argument[argument.index(after: colon)...]), number >= 0 else {
                return nil
            }
            topic = String(argument[..<colon])
            partition = number
        } else {
            topic = argument
            partition = nil
        }
    }

    /// The partitions that are meant.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition`.
    func partitions(in log: LogDirectory) throws -> [PartitionLog] {
        if let partition { return [try log.partition(TopicPartition(topic, partition))] }
        let all = log.partitions(of: topic)
        guard !all.isEmpty else {
            let known = log.topics.filter { !LogDirectory.isInternal($0) }.joined(separator: ", ")
            throw LogError(
                .unknownTopicOrPartition,
                "there is no topic \(topic) in \(log.path)\(known.isEmpty ? "" : "; there is \(known)")")
        }
        return all
    }
}
