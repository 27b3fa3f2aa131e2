import ArgumentParser
import DurableIO
import Pipeline

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is in the log, the object store and the warehouse.",
        discussion: """
            Topics with their partitions, offsets and the lag of the groups; buckets with their objects; tables with their rows; \
            the last load and build; and how fresh the data is. Looks only, and never disturbs a replay that goes on.

            EXAMPLES
              tapehouse status
              tapehouse status --data-dir week --json
            """)

    @OptionGroup var data: DataDirectoryOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let directory = DataDirectory(data.resolved)
        guard try FileSystem.local.kind(of: directory.path) == .directory else {
            throw Failure(
                .noInput,
                "there is no data directory \(directory.path): replay a recording first, or name another with --data-dir"
            )
        }
        let report = StatusReport(status: try PipelineStatus(directory))
        StandardOutput.shared.write(json ? report.json.text(indent: 0) + "\n" : report.text)
    }
}
