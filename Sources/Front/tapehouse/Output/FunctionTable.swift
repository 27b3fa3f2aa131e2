import Warehouse

/// The functions of SQL as a table.
enum FunctionTable {
    /// Those whose names contain a word.
    static func text(containing word: String) -> String {
        let wanted = word.uppercased()
        let rows = FunctionListing.all
            .filter { wanted.isEmpty || $0.name.uppercased().contains(wanted) }
            .map { [$0.name, $0.kind.rawValue, $0.signature, $0.summary] }
        return TextTable.render(
            ["function", "kind", "signature", "what it gives"], alignments: .init(repeating: .left, count: 4),
            rows)
    }
}
