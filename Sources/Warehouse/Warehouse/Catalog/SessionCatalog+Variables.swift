import SQLEngine
import Vectors

extension SessionCatalog {
    /// The name with `$variable`, as IDENTIFIER($variable) and TABLE($variable) give it, replaced by what the
    /// variable holds;
    /// the name itself where there is no such variable or it holds no name.
    func expanded(_ name: ObjectName) -> ObjectName {
        guard name.parts.count == 1, let part = name.parts.first, part.name.hasPrefix("$"),
            case .text(let text)? = settings.variables[String(part.name.dropFirst())],
            var parsed = try? SQLParser.parseObjectName(text),
            parsed.parts.first?.name.hasPrefix("$") == false
        else { return name }
        for place in parsed.parts.indices { parsed.parts[place].position = part.position }
        return parsed
    }

    /// Checks that a name is no variable that is not set.
    func requireExpanded(_ name: ObjectName) throws {
        guard let part = expanded(name).parts.first, part.name.hasPrefix("$"), name.parts.count == 1 else {
            return
        }
        let variable = String(part.name.dropFirst())
        throw settings.variables[variable] == nil
            ? SQLError(
                .notFound, "session variable \(part.name) is not set: SET \(variable) = …",
                position: name.position)
            : SQLError(
                .invalid, "session variable \(part.name) holds no name of an object", position: name.position)
    }
}
