/// A set of models that read one another.
public struct Project: Sendable {
    /// The models, each behind those that it reads.
    public let models: [Model]

    /// Puts models in order.
    ///
    /// - Throws: `ModelError` where two have one name, one reads what is not there, or they read each other
    ///   in a circle.
    public init(_ models: [Model]) throws {
        var byName: [String: Model] = [:]
        for model in models where byName.updateValue(model, forKey: model.name) != nil {
            throw ModelError(description: "two models are named \(model.name)")
        }
        var ordered: [Model] = []
        var visited: Set<String> = []
        func visit(_ model: Model, _ path: [String]) throws {
            if let start = path.firstIndex(of: model.name) {
                throw ModelError(
                    description: "models read each other in a circle: "
                        + (path[start...] + [model.name]).joined(separator: " → "))
            }
            guard visited.insert(model.name).inserted else { return }
            for reference in model.references {
                guard let referenced = byName[reference] else {
                    throw ModelError(
                        description: "model \(model.name) reads \(reference), which is not a model")
                }
                try visit(referenced, path + [model.name])
            }
            ordered.append(model)
        }
        for model in models { try visit(model, []) }
        self.models = ordered
    }
}
