/// Statements of every kind with the shapes of their trees: to be read, mutated and written.
enum SyntaxCorpus {
    static var all: [(sql: String, shape: String)] { definitions + changes + sessions + queries }
}
