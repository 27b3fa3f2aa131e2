import DurableIO

/// Goes through the objects of a bucket in the order of their keys' UTF-8 bytes. Memory is bounded by the names of the
/// directories on the way down, of each at most `namesMax` at a time.
///
/// A directory is an object where it has an xl.meta, and may have others below it: `a` and `a/b` are both there.
/// The key `a` comes before `a!`, and `a!` before `a/b`; so what lies below a directory waits until the names
/// that come between have been looked at.
struct KeyWalk {
    /// How to go on.
    enum Step {
        case next
        /// Past all keys with this prefix.
        case skip(prefix: [UInt8])
        case stop
    }

    /// An object on the way.
    struct Found {
        let key: [UInt8]
        let directory: String
    }

    static let namesMax = 1 << 20

    let fileSystem: FileSystem
    let cache: NameCache
    /// The bucket's directory.
    let root: String
    let prefix: [UInt8]
    /// Looks at what may be an object: there may be no xl.meta in its directory.
    private let visit: (Found, inout Step) throws -> Void
    /// Told of a directory that cannot be read; where it throws nothing, the walk goes on.
    private let unreadable: (DurableIOError) throws -> Void
    /// Only keys behind this one.
    private var marker: [UInt8]
    private var skipped: [UInt8]?
    private var isStopped = false
    private let namesMax: Int

    private static let slash = UInt8(ascii: "/")

    init(
        _ fileSystem: FileSystem, _ cache: NameCache, root: String, prefix: String, after marker: [UInt8],
        skipping skipped: [UInt8]?, namesMax: Int = Self.namesMax,
        unreadable: @escaping (DurableIOError) throws -> Void = { throw $0 },
        visit: @escaping (Found, inout Step) throws -> Void
    ) {
        self.fileSystem = fileSystem
        self.cache = cache
        self.root = root
        self.prefix = Array(prefix.utf8)
        self.marker = marker
        self.skipped = skipped
        self.namesMax = namesMax
        self.unreadable = unreadable
        self.visit = visit
    }

    /// Visits the objects.
    mutating func run() throws {
        guard let lastSlash = prefix.lastIndex(of: Self.slash) else { return try walk(root, key: []) }
        let base = prefix[...lastSlash]
        let name = String(decoding: base.dropLast(), as: UTF8.self)
        // A prefix that no key can have, or that leads out of the bucket.
        guard !name.hasSuffix("/"), (try? ObjectKey(name)) != nil else { return }
        do {
            try fileSystem.requireNoLinks(to: "\(root)/\(name)/.", below: root)
        } catch let error as DurableIOError where error.code == .wrongKind {
            return
        }
        // A name may be too long for the one of an object whose key ends in the slash, and yet have keys below it.
        if let key = try? ObjectKey(name + "/") { try look(Array(base), directory: "\(root)/\(key.path)") }
        if !isStopped { try walk("\(root)/\(name)", key: Array(base)) }
    }

    /// Visits what lies below a directory; `key` is the beginning of its keys, with a slash at its end.
    private mutating func walk(_ directory: String, key: [UInt8]) throws {
        var waiting: [[UInt8]] = []
        var names: SortedNames
        do {
            names = try cache.names(in: directory, max: namesMax, fileSystem)
        } catch let error as DurableIOError where error.isAbsence {
            return
        } catch let error as DurableIOError {
            return try unreadable(error)
        }
        while true {
            for index in firstIndex(in: names, key: key)..<names.count where !isStopped {
                // All that is left here is to be skipped.
                if let skipped, key.starts(with: skipped) { return }
                let name = names[index]
                while let last = waiting.last, last.lexicographicallyPrecedes(name) {
                    waiting.removeLast()
                    try descend(last, directory, key)
                    if isStopped { return }
                }
                try look(at: name, directory, key, &waiting)
            }
            guard names.isCut, names.count > 0, !isStopped else { break }
            names = try SortedNames(
                directory, after: names[names.count - 1], max: namesMax, fileSystem)
        }
        while let last = waiting.popLast(), !isStopped { try descend(last, directory, key) }
    }

    /// The first name that can matter, by the prefix and the marker.
    private func firstIndex(in names: SortedNames, key: [UInt8]) -> Int {
        var bound = below(key, prefix)
        let markerBound = below(key, marker)
        if bound.lexicographicallyPrecedes(markerBound) { bound = markerBound }
        // Names that the bound begins with come before it, and what lies below them may come behind it.
        for start in bound.indices.dropFirst() {
            let index = names.firstIndex(notBefore: bound[..<start])
            if index < names.count, names[index].elementsEqual(bound[..<start]) { return index }
        }
        return names.firstIndex(notBefore: bound)
    }

    /// What of a bound concerns the names in a directory: nothing where all of its keys lie behind the bound.
    private func below(_ key: [UInt8], _ bound: [UInt8]) -> ArraySlice<UInt8> {
        bound.starts(with: key) ? bound[key.count...] : []
    }

    private mutating func look(
        at name: ArraySlice<UInt8>, _ directory: String, _ parent: [UInt8], _ waiting: inout [[UInt8]]
    ) throws {
        let key = parent + name
        if name.last == Self.slash {
            let path = String(decoding: name.dropLast(), as: UTF8.self) + ObjectKey.directorySuffix
            try look(key, directory: "\(directory)/\(path)")
            return
        }
        // Nothing behind the prefix: no key that comes later can have it.
        if !key.starts(with: prefix), !prefix.starts(with: key), prefix.lexicographicallyPrecedes(key) {
            isStopped = true
            return
        }
        guard key.starts(with: prefix) || prefix.starts(with: key + [Self.slash]) else { return }
        let path = "\(directory)/\(String(decoding: name, as: UTF8.self))"
        try look(key, directory: path)
        guard !isStopped, isWanted(below: key + [Self.slash]) else { return }
        // Two names are its own and the dot in it; each directory in it has one more. (Some do not count: 1.)
        guard let status = try fileSystem.status(of: path), status.linkCount != 2 else { return }
        waiting.append(Array(name) + [Self.slash])
    }

    /// Visits an object, if its key is asked for.
    private mutating func look(_ key: [UInt8], directory: String) throws {
        guard key.starts(with: prefix), marker.lexicographicallyPrecedes(key),
            skipped.map({ !key.starts(with: $0) }) ?? true
        else { return }
        var step = Step.next
        try visit(Found(key: key, directory: directory), &step)
        switch step {
        case .next: break
        case .skip(let prefix): skipped = prefix
        case .stop: isStopped = true
        }
    }

    /// Whether some of the keys that begin with `start` are asked for.
    private func isWanted(below start: [UInt8]) -> Bool {
        guard start.starts(with: prefix) || prefix.starts(with: start) else { return false }
        if let skipped, start.starts(with: skipped) { return false }
        return start.starts(with: marker) || marker.starts(with: start)
            || marker.lexicographicallyPrecedes(start)
    }

    private mutating func descend(_ name: [UInt8], _ directory: String, _ parent: [UInt8]) throws {
        guard isWanted(below: parent + name) else { return }
        let path = "\(directory)/\(String(decoding: name.dropLast(), as: UTF8.self))"
        // A data directory has no directories, and nothing in it is an object.
        try walk(path, key: parent + name)
    }
}
