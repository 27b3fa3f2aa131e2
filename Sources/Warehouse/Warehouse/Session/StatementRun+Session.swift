import SQLEngine
import Vectors

extension StatementRun {
    func use(_ use: Use) throws -> StatementOutcome {
        func database(_ name: Identifier) throws {
            guard try store.hasDatabase(name.name) else {
                throw SQLError(.notFound, "database \(name.name) does not exist", position: name.position)
            }
            catalog.settings.database = name.name
            catalog.settings.schema = try store.hasSchema(name.name, "PUBLIC") ? "PUBLIC" : Schema.name
        }
        func schema(_ name: ObjectName) throws {
            let parts = catalog.expanded(name).parts.map(\.name)
            let database = parts.count > 1 ? parts[parts.count - 2] : catalog.settings.database
            guard try store.hasSchema(database, parts.last ?? "") else {
                throw SQLError(
                    .notFound, "schema \(database).\(parts.last ?? "") does not exist",
                    position: name.position)
            }
            catalog.settings.database = database
            catalog.settings.schema = parts.last ?? ""
        }
        switch use.target {
        case .database(let name): try database(name)
        case .schema(let name): try schema(name)
        case .unqualified(let written):
            let name = catalog.expanded(written)
            if name.parts.count > 1 {
                try schema(name)
            } else if let first = name.parts.first {
                try store.hasDatabase(first.name) ? database(first) : schema(name)
            }
        case .role, .warehouse, .secondaryRoles: break
        }
        return StatementOutcome(message: "Statement executed successfully.")
    }

    func drop(_ drop: Drop) throws -> StatementOutcome {
        try catalog.requireExpanded(drop.name)
        let parts = catalog.expanded(drop.name).parts.map(\.name)
        let name = parts.last ?? ""
        switch drop.kind {
        case .database, .schema:
            let database =
                drop.kind == .database
                ? name : parts.count > 1 ? parts[parts.count - 2] : catalog.settings.database
            let exists =
                try drop.kind == .database ? store.hasDatabase(name) : store.hasSchema(database, name)
            if !exists, drop.ifExists { return Self.alreadyGone }
            guard exists else {
                throw SQLError(
                    .notFound, "\(drop.kind.rawValue.lowercased()) \(name) does not exist",
                    position: drop.position)
            }
            guard database != Schema.databaseName || (drop.kind == .schema && name != Schema.name) else {
                throw SQLError(
                    .invalid, "\(name) holds the warehouse's own tables and stays", position: drop.position)
            }
            let schema = drop.kind == .schema ? name : nil
            if drop.isRestricted, try !store.objects(.relation, database: database, schema: schema).isEmpty {
                throw SQLError(
                    .invalid, "\(name) is not empty; CASCADE drops what is in it", position: drop.position)
            }
            try dropObjects(database: database, schema: schema)
            try store.removeContainer(database, schema: schema)
        default:
            let space: ObjectSpace =
                switch drop.kind {
                case .stage: .stage
                case .fileFormat: .fileFormat
                case .sequence: .sequence
                default: .relation
                }
            if space == .relation { try requireNotNative(catalog.qualified(drop.name), drop.position) }
            guard let object = try store.object(catalog.qualified(drop.name), space) else {
                if drop.ifExists { return Self.alreadyGone }
                throw SQLError(
                    .notFound, "\(drop.kind.rawValue.lowercased()) \(drop.name) does not exist",
                    position: drop.position)
            }
            guard object.kind.rawValue == drop.kind.rawValue else {
                throw SQLError(
                    .invalid,
                    "\(drop.name) is a \(object.kind.rawValue.lowercased()): write DROP \(object.kind.rawValue)",
                    position: drop.position)
            }
            if space == .relation { try requireChangeable(object.name, drop.position) }
            try remove(object)
        }
        return StatementOutcome(message: "\(name) successfully dropped.")
    }

    static let alreadyGone = StatementOutcome(
        message: "Drop statement executed successfully (it was not there).")
}
