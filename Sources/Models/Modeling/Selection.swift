/// Which models of a project are built, in the syntax of dbt's node selection.
///
/// ```
/// gold_kpi           a model
/// +gold_kpi          with all that it reads;           2+gold_kpi: two steps up
/// silver_x+          with all that reads it;           silver_x+1: one step down
/// @silver_x          with all that reads it, and all that those read
/// gold_*             all models of such names
/// a b                both;                             a,b: what both have in common
/// ```
public struct Selection: Sendable, Equatable {
    private let selected: [String]
    private let excluded: [String]

    /// A selection.
    ///
    /// - Parameters:
    ///   - select: what is built; everything where it is empty.
    ///   - exclude: what of that is not.
    public init(select: [String] = [], exclude: [String] = []) {
        selected = select
        excluded = exclude
    }

    /// The models, in their order.
    ///
    /// - Throws: `ModelError` where a criterion means no model, or nothing is left.
    public func models(of project: Project) throws -> [Model] {
        let graph = Graph(project)
        let all = Set(project.models.map(\.name))
        let wanted = try selected.isEmpty ? all : graph.union(of: selected)
        let names = wanted.subtracting(try graph.union(of: excluded))
        guard !names.isEmpty || all.isEmpty else {
            throw ModelError(
                description: "nothing is left to build of \(all.sorted().joined(separator: ", "))")
        }
        return project.models.filter { names.contains($0.name) }
    }

    /// What reads what.
    private struct Graph {
        private var reads: [String: Set<String>] = [:]
        private var readers: [String: Set<String>] = [:]

        init(_ project: Project) {
            for model in project.models {
                reads[model.name] = Set(model.references)
                for reference in model.references { readers[reference, default: []].insert(model.name) }
            }
        }

        func union(of criteria: [String]) throws -> Set<String> {
            let words = criteria.flatMap { $0.split(whereSeparator: \.isWhitespace) }
            return try words.reduce(into: []) { found, word in
                let parts = try word.split(separator: ",", omittingEmptySubsequences: false).map(models)
                let common = parts.dropFirst().reduce(parts[0]) { $0.intersection($1) }
                found.formUnion(common)
            }
        }

        /// The models that one criterion means.
        private func models(_ criterion: Substring) throws -> Set<String> {
            let pattern = /(@)?(?:([0-9]*)(\+))?(?:fqn:)?([^+@,:]+?)(?:(\+)([0-9]*))?/
            guard let match = criterion.wholeMatch(of: pattern),
                match.output.1 == nil || (match.output.3 == nil && match.output.5 == nil)
            else {
                throw ModelError(
                    description:
                        "'\(criterion)' selects no models: write a name, +name, name+, @name or a pattern such "
                        + "as gold_*, with blanks between those that are united and commas between those that are cut"
                )
            }
            let named = reads.keys.filter { Self.matches($0[...], match.output.4.lowercased()[...]) }
            guard !named.isEmpty else {
                throw ModelError(
                    description: "no model is named \(match.output.4): there are "
                        + reads.keys.sorted().joined(separator: ", "))
            }
            var found = Set(named)
            if match.output.1 != nil {
                found = reached(found, readers, steps: .max)
                return reached(found, reads, steps: .max)
            }
            if match.output.3 != nil {
                found.formUnion(reached(Set(named), reads, steps: Int(match.output.2 ?? "") ?? .max))
            }
            if match.output.5 != nil {
                found.formUnion(reached(Set(named), readers, steps: Int(match.output.6 ?? "") ?? .max))
            }
            return found
        }

        private func reached(_ start: Set<String>, _ edges: [String: Set<String>], steps: Int) -> Set<String>
        {
            var found = start
            var edge = start
            var left = steps
            while left > 0, !edge.isEmpty {
                edge = edge.reduce(into: Set<String>()) { $0.formUnion(edges[$1] ?? []) }.subtracting(found)
                found.formUnion(edge)
                left -= 1
            }
            return found
        }

        /// Whether a name is of a pattern with `*` for any characters and `?` for one.
        private static func matches(_ name: Substring, _ pattern: Substring) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first == "*" {
                return matches(name, pattern.dropFirst())
                    || (!name.isEmpty && matches(name.dropFirst(), pattern))
            }
            guard let letter = name.first, first == "?" || letter.lowercased() == String(first) else {
                return false
            }
            return matches(name.dropFirst(), pattern.dropFirst())
        }
    }
}
