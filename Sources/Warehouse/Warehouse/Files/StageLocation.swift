import DurableIO
import SQLEngine

/// A file of a stage that is to be read or written.
struct StagedFile: Sendable {
    let storage: any StageStorage
    /// Where it lies in its storage.
    let key: String
    /// Its path from the stage's root.
    let name: String
    /// Its name in results: `stage/path`, a URL, or the path alone.
    let title: String
    /// What names it among all files of all stages.
    let url: String
    let byteCount: Int
    let etag: String
    /// Microseconds since 1970 UTC.
    let modified: Int64
}

/// A stage, or a URL in its place, with what is asked for in it.
struct StageLocation {
    let storage: any StageStorage
    /// What the paths of the stage's files begin with in the storage: empty, or a path with a slash at
    /// its end.
    let base: String
    /// What the URLs of the stage's files begin with.
    let urlBase: String
    /// What the names of files in results begin with.
    let titleBase: String
    /// What the names of the files asked for begin with.
    let path: String
    /// The stage's own file format.
    var fileFormat: FileFormatReference?

    /// The file of a name; the storage need not have it.
    func file(_ name: String, byteCount: Int = 0, etag: String = "", modified: Int64 = 0) -> StagedFile {
        StagedFile(
            storage: storage, key: base + name, name: name, title: titleBase + name, url: urlBase + name,
            byteCount: byteCount, etag: etag,
            modified: modified)
    }

    /// The files whose names begin with the path, in the order of their names' bytes.
    ///
    /// - Parameters:
    ///   - pattern: a regular expression that the whole name must match.
    ///   - isMade: whether a folder that is not there will be made. Otherwise a URL that names one is an
    ///   error; the folder of a stage without a URL is made when it gets its first file.
    func files(_ pattern: String? = nil, isMade: Bool = false) throws -> [StagedFile] {
        if !isMade, isURL, let local = storage as? LocalStorage { try local.requireFolder() }
        let matcher = try pattern.map {
            RegularExpressionMatcher(try RegularExpression($0), wantsGroups: false)
        }
        let listed = try storage.list(base + path).filter { $0.path.utf8.starts(with: base.utf8) }
        return listed.compactMap { file -> StagedFile? in
            var name = String(decoding: file.path.utf8.dropFirst(base.utf8.count), as: UTF8.self)
            if let matcher, !name.withUTF8({ matcher.matchesWhole($0) }) { return nil }
            return self.file(name, byteCount: file.byteCount, etag: file.etag, modified: file.modified)
        }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private var isURL: Bool { urlBase.contains("://") }

    /// The name of a file that FILES asks for.
    func name(of file: String) -> String {
        path.isEmpty || path.hasSuffix("/") ? path + file : "\(path)/\(file)"
    }
}

/// Finds stages by their names.
///
/// Files of stages without a URL lie in a folder beside the warehouse: for `quotes.db` that is
/// `quotes-stages`, with a folder in
/// it for each named stage (`stage-NUMBER-NAME`), for each table's own (`table-NUMBER-NAME`), and for the
/// user's (`user`). The
/// number is that of the object in the catalogue: what is made anew begins with an empty folder.
struct Stages {
    let catalog: SessionCatalog
    let store: CatalogStore
    let storages: [String: any StageStorage]
    /// The folder of the stages without a URL.
    let folder: String

    init(_ session: Session) {
        catalog = session.catalog
        store = session.store
        storages = session.options.stageStorage
        let path = session.warehouse.path
        folder = (path.hasSuffix(".db") ? String(path.dropLast(3)) : path) + "-stages"
    }

    func location(_ location: FileLocation) throws -> StageLocation {
        switch location {
        case .stage(let reference): return try self.location(reference)
        case .path(let path, let position):
            guard path.contains("://") else {
                throw SQLError(
                    .invalid, "'\(path)' is no URL: files are written 'file:///path', stages @name/path",
                    position: position)
            }
            let slash =
                path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.endIndex
            return try at(url: String(path[..<slash]), path: String(path[slash...]), position)
        }
    }

    func location(_ reference: StageReference) throws -> StageLocation {
        try Self.check(reference.path, reference.position)
        switch reference.stage {
        case .user: return inside("user", title: "", reference.path)
        case .table(let name):
            let full = catalog.qualified(name)
            guard let table = try store.object(full, .relation), table.kind == .table else {
                throw SQLError(
                    .notFound, "table \(full.description), whose stage is named, does not exist",
                    position: reference.position)
            }
            return inside("table-\(table.id)-\(Self.plain(full.name))", title: "", reference.path)
        case .named(let name):
            let full = catalog.qualified(name)
            guard let stage = try store.object(full, .stage) else {
                let near = NearestNames.of(full.name, among: try store.objects(.stage).map(\.name.name))
                let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
                throw SQLError(
                    .notFound, "stage \(full.description) does not exist\(hint)", position: reference.position
                )
            }
            let definition = try Self.definition(of: stage)
            var location =
                try definition.url.map { try at(url: $0, path: reference.path, reference.position) }
                ?? inside(Self.folderName(stage), title: full.name.lowercased() + "/", reference.path)
            location.fileFormat = definition.fileFormat
            return location
        }
    }

    static func folderName(_ stage: CatalogObject) -> String { "stage-\(stage.id)-\(plain(stage.name.name))" }

    /// The stage as it was made.
    static func definition(of stage: CatalogObject) throws -> CreateStage {
        guard case .createStage(let create) = try SQLParser.parse("CREATE STAGE S \(stage.definition ?? "")")
        else {
            throw SQLError(.storage, "the definition of stage \(stage.name.description) is damaged")
        }
        return create
    }

    private func inside(_ name: String, title: String, _ path: String) -> StageLocation {
        let root = "\(folder)/\(name)"
        return StageLocation(
            storage: LocalStorage(root: root), base: "", urlBase: "stage:\(name)/", titleBase: title,
            path: path, fileFormat: nil)
    }

    /// What a URL of a folder stands for.
    func at(url: String, path: String, _ position: Int?) throws -> StageLocation {
        guard let colon = url.firstRange(of: "://") else {
            throw SQLError(
                .invalid, "'\(url)' is no URL: it lacks a scheme such as file:// or s3://", position: position
            )
        }
        let scheme = url[..<colon.lowerBound].lowercased()
        var base = String(url[colon.upperBound...])
        try Self.check(path, position)
        if scheme == "file" {
            guard base.hasPrefix("/") else {
                throw SQLError(
                    .invalid, "'\(url)': the path must begin at the root, as in file:///folder/",
                    position: position)
            }
            let storage = LocalStorage(root: base)
            let title = "file://\(storage.root)/"
            return StageLocation(
                storage: storage, base: "", urlBase: title, titleBase: title, path: path, fileFormat: nil)
        }
        guard let storage = storages[scheme] else {
            throw SQLError(
                .unsupported, "URLs of \(scheme):// cannot be reached in this session; file:// can",
                position: position)
        }
        if !base.isEmpty, !base.hasSuffix("/") { base += "/" }
        let title = "\(scheme)://\(base)"
        return StageLocation(
            storage: storage, base: base, urlBase: title, titleBase: title, path: path, fileFormat: nil)
    }

    /// Paths stay within their stage.
    static func check(_ path: String, _ position: Int?) throws {
        for part in path.split(separator: "/", omittingEmptySubsequences: false) where part == ".." {
            throw SQLError(.invalid, "'\(path)' leads out of the stage", position: position)
        }
    }

    private static func plain(_ name: String) -> String {
        String(
            decoding: name.utf8.map { byte in
                let isPlain = (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F
                return isPlain ? byte : 0x5F
            }, as: UTF8.self)
    }

    // MARK: File formats

    /// The format that a statement names, or else that of the stage, or CSV.
    func format(
        _ reference: FileFormatReference?, _ location: StageLocation, _ reader: OptionReader,
        isUnloading: Bool = false
    ) throws
        -> FileFormat
    {
        try format(
            reference ?? location.fileFormat, reference == nil ? OptionReader(place: nil) : reader,
            isUnloading: isUnloading)
    }

    func format(_ reference: FileFormatReference?, _ reader: OptionReader, isUnloading: Bool = false) throws
        -> FileFormat
    {
        switch reference {
        case nil: return try FileFormat([:], reader, isUnloading: isUnloading)
        case .options(let options): return try FileFormat(options, reader, isUnloading: isUnloading)
        case .named(let name):
            let full = catalog.qualified(name)
            guard let object = try store.object(full, .fileFormat) else {
                let near = NearestNames.of(full.name, among: try store.objects(.fileFormat).map(\.name.name))
                let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
                throw SQLError(
                    .notFound, "file format \(full.description) does not exist\(hint)",
                    position: name.position)
            }
            guard
                case .createFileFormat(let create) = try SQLParser.parse(
                    "CREATE FILE FORMAT F \(object.definition ?? "")")
            else {
                throw SQLError(.storage, "the definition of file format \(full.description) is damaged")
            }
            return try FileFormat(create.options, OptionReader(place: nil), isUnloading: isUnloading)
        }
    }

    /// A reference as it is written, with the full name.
    func sql(_ reference: FileFormatReference) -> String {
        switch reference {
        case .named(let name):
            "FILE_FORMAT = (FORMAT_NAME = \(OptionValue.string(catalog.qualified(name).quoted).sql))"
        case .options(let options): "FILE_FORMAT = (\(options.optionSQL))"
        }
    }
}
