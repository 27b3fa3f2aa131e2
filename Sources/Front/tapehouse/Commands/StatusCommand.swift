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

    @OptionGroup var output: JSONOptions

    func run() throws {
        let directory = DataDirectory(data.resolved)
        guard try directory.exists() else {
            let isFolder = try FileSystem.local.kind(of: directory.path) == .directory
            throw Failure(
                .noInput,
                (isFolder
                    ? "\(directory.path) is no data directory"
                    : "there is no data directory \(directory.path)")
                    + ": replay a recording first, or name another with --data-dir"
            )
        }
        let report = StatusReport(status: try PipelineStatus(directory))
        if output.isJSON {
            StandardOutput.shared.writeJSON([report.json])
        } else {
            StandardOutput.shared.write(report.text)
        }
    }
}
