import ArgumentParser
import DurableIO
import Pipeline

/// What a shell offers for arguments whose values are in the data directory.
enum Completions {
    /// The topics of the log.
    static let topics = CompletionKind.custom { words, _, _ in
        let log = value(of: "--log-dir", in: words) ?? directory(words).log
        let partitions = (try? FileSystem.local.list(log)) ?? []
        let names = partitions.compactMap { name -> String? in
            guard let dash = name.lastIndex(of: "-"), Int32(name[name.index(after: dash)...]) != nil else {
                return nil
            }
            return String(name[..<dash])
        }
        return Set(names).filter { !$0.hasPrefix("__") }.sorted()
    }

    /// The buckets of the object store.
    static let buckets = CompletionKind.custom { words, _, _ in
        let objects = value(of: "--objects-dir", in: words) ?? directory(words).objects
        return ((try? FileSystem.local.list(objects)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    private static func directory(_ words: [String]) -> DataDirectory {
        DataDirectory(DataDirectoryOptions.resolved(value(of: "--data-dir", in: words)))
    }

    /// The word behind an option, on a command line that is yet being typed.
    private static func value(of option: String, in words: [String]) -> String? {
        for (place, word) in words.enumerated() {
            if word == option, place + 1 < words.count { return words[place + 1] }
            if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
        }
        return nil
    }
}
