import JSON
import ArgumentParser
import DurableIO
import ObjectStore

struct ObjectsBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the store beside what the file system can do.",
        discussion: """
            Puts, gets and lists objects in a new drive, in turn with the same files, bytes and waits for the disk made without a \
            store, and prints rates and the share of that limit that is reached. The drive is removed at the end.

            EXAMPLES
              tapehouse objects bench
              tapehouse objects bench --sizes 4KiB,1MiB --durability full --writers 8
              tapehouse objects bench --sizes 4KiB --list 1000000 --json
            """)

    @Option(
        help: ArgumentHelp("Where; a folder here is made and removed.", valueName: "dir"),
        completion: .directory)
    var dir = "."

    @Option(help: ArgumentHelp("Sizes of objects.", valueName: "a,b,…"))
    var sizes = "4KiB,64KiB,1MiB,64MiB"

    @Option(help: ArgumentHelp("Levels of durability: none, data, full.", valueName: "a,b,…"))
    var durability = "none,data,full"

    @Option(help: ArgumentHelp("Numbers of writers side by side.", valueName: "a,b,…"))
    var writers = "1,8"

    @Option(help: ArgumentHelp("How long each measurement goes on.", valueName: "seconds"))
    var seconds = 0.5

    @Option(help: ArgumentHelp("How often each is made; the median counts.", valueName: "n"))
    var rounds = 3

    @Option(help: ArgumentHelp("List so many objects; 0 for none.", valueName: "n"))
    var list = 100_000

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard seconds > 0, rounds > 0, list >= 0 else {
            throw ValidationError("--seconds and --rounds must be above 0, --list not below.")
        }
        _ = try parsed()
    }

    private func parsed() throws -> (sizes: [Int], levels: [Durability], writers: [Int]) {
        let split = { (text: String) in text.split(separator: ",").map(String.init) }
        let sizes = split(sizes).compactMap { ByteCountArgument(argument: $0)?.bytes }
        let levels = split(durability).compactMap { Durability(rawValue: $0) }
        let writers = split(writers).compactMap { Int($0) }.filter { (1...64).contains($0) }
        guard sizes.count == split(self.sizes).count, levels.count == split(durability).count,
            writers.count == split(self.writers).count
        else { throw ValidationError("--sizes, --durability or --writers has something that is none.") }
        return (sizes, levels, writers)
    }

    func run() throws {
        Interruption.install()
        let (sizes, levels, writers) = try parsed()
        let bench = try ObjectsBench(in: dir, seconds: seconds, rounds: rounds)
        defer { bench.remove() }
        for size in sizes {
            for level in levels {
                for count in writers {
                    report(try bench.put(size, level, .md5, writers: count))
                    // MD5 is slower than most disks; small objects have little of it.
                    if size >= 1 << 20 { report(try bench.put(size, level, .blockHashes, writers: count)) }
                }
            }
            for count in writers { report(try bench.get(size, readers: count)) }
            if size >= 1 << 20 { report(try bench.getCold(size)) }
        }
        if list > 0 { report(try bench.list(list)) }
    }

    private func report(_ result: ObjectsBench.Measurement) {
        let standardOutput = StandardOutput.shared
        if output.isJSON {
            standardOutput.writeLine(
                OrderedJSON.object([
                    ("operation", .string(result.operation)), ("size", .integer(result.size)),
                    ("durability", .string(result.durability)), ("threads", .integer(result.threads)),
                    ("per_second", .number(result.rate)), ("limit_per_second", .number(result.limit)),
                    ("share", .number(result.rate / result.limit)),
                ]).text)
        } else {
            let size =
                result.size > 0
                ? Format.bytes(result.size).leftPadding(to: 9) : String(repeating: " ", count: 9)
            let bytes =
                result.size > 0 ? "\(Format.fixed(result.rate * Double(result.size) / 1e6, 0)) MB/s" : ""
            standardOutput.writeLine(
                "\(result.operation.padding(to: 17))\(size)  \(result.durability.padding(to: 5))  \(result.threads) threads  "
                    + "\(Format.fixed(result.rate, 0).leftPadding(to: 9))/s  \(bytes.leftPadding(to: 11))  "
                    + "limit \(Format.fixed(result.limit, 0).leftPadding(to: 9))/s  \(Format.fixed(100 * result.rate / result.limit, 0)) %"
            )
        }
        standardOutput.flush()
    }
}
