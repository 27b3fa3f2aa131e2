import ArgumentParser
import SQLEngine

/// Explains a mistyped command before the parser finds no place for its words.
enum CommandNames {
    /// - Throws: `ValidationError` where a command that has commands below it is followed by a word that is
    /// none of them.
    static func check(_ arguments: ArraySlice<String>, below command: any ParsableCommand.Type) throws {
        let commands = command.configuration.subcommands.map { $0.configuration }
        guard !commands.isEmpty, let word = arguments.first, !word.hasPrefix("-"), word != "help" else {
            return
        }
        let names = commands.map { $0.commandName ?? "" }
        if let place = names.firstIndex(of: word) {
            return try check(arguments.dropFirst(), below: command.configuration.subcommands[place])
        }
        let near = NearestNames.of(word, among: names).map { "'\($0)'" }
        throw ValidationError(
            "There is no command '\(word)'; "
                + (near.isEmpty
                    ? "there are \(names.joined(separator: ", "))."
                    : "did you mean \(near.joined(separator: " or "))?"))
    }
}
