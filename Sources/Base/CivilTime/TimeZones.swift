import DurableIO
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Time zones by name, from the system's time zone data.
package enum TimeZones {
    private static let known = Mutex<[String: TimeZoneRules]>([:])

    /// The rules of a zone, such as `America/New_York`, `UTC` or `Etc/GMT+5`, whatever the case of its name.
    package static func named(_ name: String) throws(TimeZoneError) -> TimeZoneRules {
        if let rules = known.withLock({ $0[name] }) { return rules }
        let rules = try load(name, from: folders())
        known.withLock { $0[name] = rules }
        return rules
    }

    /// Where time zone data may be.
    static func folders() -> [String] {
        let usual = [
            "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo",
            "/var/db/timezone/zoneinfo",
        ]
        guard let given = getenv("TZDIR"), given[0] != 0 else { return usual }
        return [String(cString: given)] + usual
    }

    /// The rules of a zone from the first of the folders that has it.
    static func load(_ name: String, from folders: [String]) throws(TimeZoneError) -> TimeZoneRules {
        guard isPlausible(name) else {
            throw TimeZoneError(
                .unknown, "'\(name)' is no time zone: write a name such as America/New_York or UTC")
        }
        var hasFolder = false
        for folder in folders {
            guard (try? FileSystem.local.kind(of: folder)) == .directory else { continue }
            hasFolder = true
            guard let found = path(of: name, below: folder) else { continue }
            guard let content = try? FileSystem.local.contents(of: "\(folder)/\(found)") else {
                throw TimeZoneError(.damaged, "the time zone data of '\(found)' in \(folder) cannot be read")
            }
            return try ZoneFile(content, name: found).rules()
        }
        if let rules = fixed(name) { return rules }
        let hint =
            hasFolder
            ? "it must be a name of the IANA time zone database, such as America/New_York"
            : "this system has no time zone data: install the package tzdata, or set TZDIR to a folder that has it"
        throw TimeZoneError(.unknown, "the time zone '\(name)' is not known; \(hint)")
    }

    /// Whether a name is made of what names of zones are made of, and cannot lead out of a folder.
    private static func isPlausible(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...64).contains(bytes.count) else { return false }
        let isPlain = bytes.allSatisfy { byte in
            byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || [0x2B, 0x2D, 0x2F, 0x5F].contains(byte)
        }
        // Without points there is no `..`.
        return isPlain
            && !bytes.split(separator: 0x2F, omittingEmptySubsequences: false).contains { $0.isEmpty }
    }

    /// The file of a zone: as its name is written, or otherwise one that differs in case alone.
    private static func path(of name: String, below folder: String) -> String? {
        if (try? FileSystem.local.kind(of: "\(folder)/\(name)")) == .file { return name }
        var found = ""
        for part in name.split(separator: "/") {
            let wanted = part.utf8.map { $0 | 0x20 }
            let names = (try? FileSystem.local.list(found.isEmpty ? folder : "\(folder)/\(found)")) ?? []
            guard let match = names.first(where: { $0.utf8.map { $0 | 0x20 } == wanted }) else { return nil }
            found += found.isEmpty ? match : "/" + match
        }
        return (try? FileSystem.local.kind(of: "\(folder)/\(found)")) == .file ? found : nil
    }

    /// Zones that need no data: UTC and its other names, and `Etc/GMT+5` (which is five hours behind) and
    /// its kin.
    private static func fixed(_ name: String) -> TimeZoneRules? {
        let upper = name.uppercased()
        let plain = upper.hasPrefix("ETC/") ? String(upper.dropFirst(4)) : upper
        if ["UTC", "GMT", "UCT", "ZULU", "UNIVERSAL", "GREENWICH", "GMT0", "GMT+0", "GMT-0"].contains(plain) {
            return TimeZoneRules(name: name, transitions: [], offsets: [0])
        }
        guard upper.hasPrefix("ETC/GMT"), let hours = Int64(upper.dropFirst(7)), (-14...12).contains(hours)
        else {
            return nil
        }
        return TimeZoneRules(name: name, transitions: [], offsets: [-3600 * hours])
    }
}
