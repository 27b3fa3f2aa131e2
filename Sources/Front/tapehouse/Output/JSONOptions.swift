import JSON
import ArgumentParser

/// How a command says what there is, or what it did.
struct JSONOptions: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print a JSON object a line.")
    var isJSON = false

    /// Prints a line of words or the object.
    func print(_ words: @autoclosure () -> String, _ members: @autoclosure () -> [(String, OrderedJSON)]) {
        StandardOutput.shared.writeLine(isJSON ? OrderedJSON.object(members()).text : words())
    }
}
