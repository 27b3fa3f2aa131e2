import DurableIO
import SQLEngine
import Vectors

extension StatementRun {
    // MARK: Definitions

    func createStage(_ create: CreateStage, _ rows: TakeRows) throws -> StatementOutcome {
        let stages = Stages(session)
        let reader = OptionReader(place: (text, create.position))
        // What needs no doing here, or is the default anyway.
        let accepted = [
            "DIRECTORY", "STORAGE_INTEGRATION", "CREDENTIALS", "ENCRYPTION", "ENDPOINT", "COPY_OPTIONS",
        ]
        for name in create.options.keys.sorted() where !accepted.contains(name) {
            throw reader.unknown(name, "CREATE STAGE", among: ["URL", "FILE_FORMAT", "COMMENT"] + accepted)
        }
        if create.options["COPY_OPTIONS"] != nil {
            throw reader.wrong(
                "COPY_OPTIONS", "options of COPY INTO belong to COPY INTO itself, not to a stage",
                .unsupported)
        }
        var parts: [String] = []
        if let url = create.url {
            _ = try stages.at(url: url, path: "", reader.position(of: "URL"))
            parts.append("URL = \(OptionValue.string(url).sql)")
        }
        if let format = create.fileFormat {
            _ = try stages.format(format, reader)
            parts.append(stages.sql(format))
        }
        return try define(
            create.name, .stage, "Stage area", parts.joined(separator: " "), create.comment,
            replaces: create.replaces,
            ifNotExists: create.ifNotExists, create.position)
    }

    func createFileFormat(_ create: CreateFileFormat, _ rows: TakeRows) throws -> StatementOutcome {
        _ = try FileFormat(create.options, OptionReader(place: (text, create.position)))
        return try define(
            create.name, .fileFormat, "File format", create.options.optionSQL, create.comment,
            replaces: create.replaces,
            ifNotExists: create.ifNotExists, create.position)
    }

    private func define(
        _ name: ObjectName, _ kind: CatalogObject.Kind, _ title: String, _ definition: String,
        _ comment: String?, replaces: Bool,
        ifNotExists: Bool, _ position: Int
    ) throws -> StatementOutcome {
        let full = catalog.qualified(name)
        try requireSchema(full, position)
        if let old = try store.object(full, kind.space) {
            if ifNotExists {
                return StatementOutcome(message: "\(full.name) already exists, statement succeeded.")
            }
            guard replaces else {
                throw SQLError(
                    .alreadyExists, "\(full.description) already exists; CREATE OR REPLACE replaces it",
                    position: position)
            }
            try remove(old)
        }
        try store.add(
            CatalogObject(
                id: 0, name: full, kind: kind, definition: definition, comment: comment, createdOn: now))
        return StatementOutcome(message: "\(title) \(full.name) successfully created.")
    }

    /// Removes the files of a stage without a URL, which is dropped, once that is certain.
    func removeFiles(of stage: CatalogObject) throws {
        guard stage.kind == .stage, try Stages.definition(of: stage).url == nil else { return }
        let folder = "\(Stages(session).folder)/\(Stages.folderName(stage))"
        session.afterCommit.append {
            if try FileSystem.local.kind(of: folder) == .directory { try FileSystem.local.removeTree(folder) }
        }
    }

    /// What FILE_FORMAT => says of a stage in FROM.
    static func formatReference(_ value: OptionValue, _ position: Int) throws(SQLError) -> FileFormatReference
    {
        switch value {
        case .word(let name), .string(let name):
            var name = try SQLParser.parseObjectName(name)
            for part in name.parts.indices { name.parts[part].position = position }
            return .named(name)
        case .options(let options):
            if let name = options["FORMAT_NAME"] { return try formatReference(name, position) }
            return .options(options)
        default:
            throw SQLError(
                .invalid, "FILE_FORMAT takes a name, or options in parentheses", position: position)
        }
    }

    // MARK: Reading

    /// The table of a stage's files.
    func stageTable(_ reference: StageReference) throws -> any TableSource {
        let stages = Stages(session)
        let location = try stages.location(reference)
        let reader = OptionReader(place: (text, reference.position))
        let format = try stages.format(
            try reference.options["FILE_FORMAT"].map { try Self.formatReference($0, reference.position) },
            location, reader)
        let pattern = try reference.options["PATTERN"].map { try reader.string($0, "PATTERN") }
        let files = try location.files(pattern)
        return StageTable(files, try SourceShape(format, files, text), context)
    }

    // MARK: PUT, GET, LIST, REMOVE

    func put(_ put: PutFiles, _ rows: TakeRows) throws -> StatementOutcome {
        let reader = OptionReader(place: (text, put.position))
        var compresses = false
        var overwrites = false
        for (name, value) in put.options.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "AUTO_COMPRESS": compresses = try reader.boolean(value, name)
            case "OVERWRITE": overwrites = try reader.boolean(value, name)
            case "PARALLEL": _ = try reader.count(value, name)
            case "SOURCE_COMPRESSION": _ = try reader.word(value, name)
            default:
                throw reader.unknown(
                    name, "PUT", among: ["AUTO_COMPRESS", "OVERWRITE", "PARALLEL", "SOURCE_COMPRESSION"])
            }
        }
        let location = try Stages(session).location(put.stage)
        let sources = try LocalFiles.matching(put.path)
        guard !sources.isEmpty else {
            throw SQLError(.notFound, "there is no file 'file://\(put.path)'", position: put.position)
        }
        let known = Set(try location.files(isMade: true).map(\.name))
        var list: [[Scalar]] = []
        for source in sources {
            var bytes = try FileSystem.local.contents(of: source)
            let size = bytes.count
            let name = FileSystem.name(of: source)
            let present = LocalFiles.compression(bytes)
            let isCompressed = compresses && present == "NONE"
            let target = location.name(of: isCompressed ? name + ".zst" : name)
            if known.contains(target), !overwrites {
                list.append(
                    Self.putRow(name, target, size, 0, present, isCompressed ? "ZSTD" : present, "SKIPPED"))
                continue
            }
            if isCompressed { bytes = try LocalFiles.compressed(bytes) }
            try location.storage.write(location.file(target).key, bytes)
            list.append(
                Self.putRow(
                    name, target, size, bytes.count, present, isCompressed ? "ZSTD" : present, "UPLOADED"))
        }
        let columns = [
            TableColumn("source", .varchar), TableColumn("target", .varchar),
            TableColumn("source_size", .integer),
            TableColumn("target_size", .integer), TableColumn("source_compression", .varchar),
            TableColumn("target_compression", .varchar),
            TableColumn("status", .varchar), TableColumn("message", .varchar),
        ]
        return try give(columns, list, rows)
    }

    private static func putRow(
        _ source: String, _ target: String, _ size: Int, _ targetSize: Int, _ compression: String,
        _ targetCompression: String, _ status: String
    ) -> [Scalar] {
        [
            .text(source), .text(target), .integer(size), .integer(targetSize), .text(compression),
            .text(targetCompression), .text(status),
            .text(""),
        ]
    }

    func get(_ get: GetFiles, _ rows: TakeRows) throws -> StatementOutcome {
        let reader = OptionReader(place: (text, get.position))
        var pattern: String?
        for (name, value) in get.options.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "PATTERN": pattern = try reader.string(value, name)
            case "PARALLEL": _ = try reader.count(value, name)
            default: throw reader.unknown(name, "GET", among: ["PATTERN", "PARALLEL"])
            }
        }
        let location = try Stages(session).location(get.stage)
        let files = try location.files(pattern)
        guard !files.isEmpty else {
            throw SQLError(.notFound, "there is no file that would be got", position: get.position)
        }
        let target = LocalStorage(root: try LocalFiles.absolute(get.path))
        var list: [[Scalar]] = []
        for file in files {
            let bytes = try file.storage.read(file.key)
            // Folders below the one that is named are kept.
            let folder =
                location.path.utf8.lastIndex(of: UInt8(ascii: "/")).map {
                    location.path.utf8.distance(from: location.path.utf8.startIndex, to: $0) + 1
                } ?? 0
            let name = String(decoding: file.name.utf8.dropFirst(folder), as: UTF8.self)
            try Stages.check(name, get.position)
            try target.write(name, bytes)
            list.append([.text(name), .integer(bytes.count), .text("DOWNLOADED"), .text("")])
        }
        let columns = [
            TableColumn("file", .varchar), TableColumn("size", .integer), TableColumn("status", .varchar),
            TableColumn("message", .varchar),
        ]
        return try give(columns, list, rows)
    }

    func list(_ list: StageFiles, _ rows: TakeRows) throws -> StatementOutcome {
        let files = try Stages(session).location(list.stage).files(list.pattern)
        let rowsOfFiles = try files.map { file -> [Scalar] in
            // What other storages say of the content is as good.
            let digest = file.storage is LocalStorage ? try LocalFiles.digest(file) : file.etag
            return [
                .text(file.title), .integer(file.byteCount), .text(digest),
                .temporal(file.modified, .timestampLTZ),
            ]
        }
        let columns = [
            TableColumn("name", .varchar), TableColumn("size", .integer), TableColumn("md5", .varchar),
            TableColumn("last_modified", .timestampLTZ),
        ]
        return try give(columns, rowsOfFiles, rows)
    }

    func removeFiles(_ remove: StageFiles, _ rows: TakeRows) throws -> StatementOutcome {
        let files = try Stages(session).location(remove.stage).files(remove.pattern)
        for file in files {
            // What a ROLLBACK takes back must still be there.
            if session.isInTransaction {
                session.afterCommit.append { try file.storage.remove(file.key) }
            } else {
                try file.storage.remove(file.key)
            }
        }
        return try give(
            [TableColumn("name", .varchar), TableColumn("result", .varchar)],
            files.map { [.text($0.title), .text("removed")] }, rows)
    }
}
