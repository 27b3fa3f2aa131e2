import ArgumentParser

/// The command line: every subcommand, and what an error of any of them becomes.
@main
struct Tapehouse: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tapehouse",
        abstract: "The whole stock market pipeline in one process: log, object store, warehouse, models.",
        discussion: """
            Quotes go through a Kafka-compatible log, rest in a MinIO-compatible object store, are loaded into a warehouse in \
            one SQLite file, and come out as bronze, silver and gold tables.

            EXAMPLES
              Make a recording of 100,000 quotes, replay it, and ask:
                tapehouse simulate --rows 100000 --dirty 2 > quotes.ndjson
                tapehouse replay quotes.ndjson
                tapehouse sql "SELECT * FROM gold_kpi"

              See what is there, and look into the log:
                tapehouse status
                tapehouse log consume stock-quotes --offset -3 --exit
                tapehouse objects ls bronze-transactions --recursive

            EXIT STATUS
              0    done
              1    an SQL statement failed, a condition of a request to the store does
                   not hold, or a topic or bucket is there already, or not empty
              64   the command line is wrong
              65   a recording is empty, damaged, no text or without any quote (what could
                   be read is replayed); log, store or warehouse is damaged or of
                   another format
              66   a file, a data directory, a topic, a group, a bucket or an object is
                   not there
              70   a fault of tapehouse itself
              74   reading or writing failed, a full disk among others
              75   another process uses the data directory; try again, or wait for it
                   with --wait
              77   not permitted, by the system or by the object lock of a bucket
              130  interrupted; what was done is kept

            JSON
              With --json a command prints JSON objects, each on a line of its own.
              (sql prints one array of rows, and with --ndjson a row a line.)

            ENVIRONMENT
              TAPEHOUSE_DATA_DIR   the data directory where --data-dir is not given
              TAPEHOUSE_HISTORY    where the prompt of `tapehouse sql` keeps its history
                                   (~/.tapehouse_history)
              NO_COLOR             set to anything: no colours
            """,
        version: version,
        subcommands: [
            ReplayCommand.self, SQLCommand.self, BuildCommand.self, StatusCommand.self, SimulateCommand.self,
            LogCommand.self, ObjectsCommand.self, WarehouseCommand.self,
        ])

    static let version = "0.1.0"

    static func main() {
        do {
            try CommandLineBytes.requireText()
            try CommandNames.check(CommandLine.arguments.dropFirst(), below: Tapehouse.self)
            var command = try parseAsRoot()
            try command.run()
            StandardOutput.shared.flush()
        } catch {
            StandardOutput.shared.flush()
            ExitStatus.exit(after: error)
        }
    }
}

/// Where the data is, for the commands that work on a data directory.
struct DataDirectoryOptions: ParsableArguments {
    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The folder that holds log, objects and warehouse. (default: $TAPEHOUSE_DATA_DIR or tapehouse-data)",
            valueName: "dir"),
        completion: .directory)
    var path: String?

    var resolved: String { Self.resolved(path) }

    static func resolved(_ path: String?) -> String {
        path ?? Environment["TAPEHOUSE_DATA_DIR"] ?? "tapehouse-data"
    }
}
