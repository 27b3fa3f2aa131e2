import JSON
import DurableIO
import MarketData
import ObjectStore

extension ObjectInfo {
    /// When it was put, in UTC.
    var modifiedText: String { Timestamp(seconds: modifiedNanoseconds / 1_000_000_000).description }

    /// One line of a list: time, size, version where that is asked for, key.
    func line(withVersion: Bool) -> String {
        let size = isDeleteMarker ? "DEL" : Format.bytes(byteCount)
        let version = withVersion ? "  " + Style.dim(version.description.padding(to: 36)) : ""
        return "\(Style.dim(modifiedText))  \(size.leftPadding(to: 9))\(version)  \(key.printable)"
    }

    /// All that is known, as `stat` prints it.
    func description(in bucket: String) -> String {
        var lines: [(String, String)] = [
            ("size", "\(Format.grouped(byteCount)) bytes (\(Format.bytes(byteCount)))"),
            ("modified", "\(modifiedText) UTC"),
            ("etag", etag), ("version", "\(version)\(isLatest ? "" : "  not the latest")"),
        ]
        if isDeleteMarker { lines = [("deleted", "\(modifiedText) UTC"), ("version", version.description)] }
        if let retention {
            let until = Timestamp(seconds: retention.untilNanoseconds / 1_000_000_000).description
            lines.append(("retained", "\(retention.mode.rawValue) until \(until) UTC"))
        }
        if hasLegalHold { lines.append(("legal hold", "on")) }
        if partBytes.count > 1 { lines.append(("parts", "\(partBytes.count)")) }
        if let checksum {
            let parts = checksum.compositeParts.map { " of \($0) parts' checksums" } ?? ""
            lines.append(("checksum", "\(checksum.algorithm.rawValue) \(checksum.bytes.hexadecimal)\(parts)"))
        }
        for (name, value) in headerFields { lines.append((name, value)) }
        for (name, value) in userMetadata.sorted(by: { $0.key < $1.key }) {
            lines.append(("X-Amz-Meta-\(name)", value))
        }
        for (name, value) in tags.sorted(by: { $0.key < $1.key }) { lines.append(("tag \(name)", value)) }
        return "\(Style.bold("\(bucket)/\(key)".printable))\n"
            + lines.map { "  \($0.0.padding(to: 12))  \($0.1.printable)\n" }.joined()
    }

    private var headerFields: [(String, String)] {
        [
            ("content-type", headers.contentType), ("content-encoding", headers.contentEncoding),
            ("cache-control", headers.cacheControl), ("content-disposition", headers.contentDisposition),
            ("content-language", headers.contentLanguage), ("expires", headers.expires),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    func json(bucket: String) -> OrderedJSON {
        var members: [(String, OrderedJSON)] = [
            ("bucket", .string(bucket)), ("key", .string(key)), ("version_id", .string(version.description)),
            ("is_latest", .boolean(isLatest)), ("is_delete_marker", .boolean(isDeleteMarker)),
            ("size", .integer(byteCount)), ("etag", .string(etag)),
            ("modified_ns", .integer(modifiedNanoseconds)), ("parts", .integer(partBytes.count)),
        ]
        members += headerFields.map { ($0.0, .string($0.1)) }
        let object = { (map: [String: String]) in
            OrderedJSON.object(map.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        }
        members += [("metadata", object(userMetadata)), ("tags", object(tags))]
        if let retention {
            members.append(
                (
                    "retention",
                    .object([
                        ("mode", .string(retention.mode.rawValue)),
                        ("until_ns", .integer(retention.untilNanoseconds)),
                    ])
                ))
        }
        if hasLegalHold { members.append(("legal_hold", .boolean(true))) }
        if let checksum {
            members.append(
                (
                    "checksum",
                    .object([
                        ("algorithm", .string(checksum.algorithm.rawValue)),
                        ("value", .string(checksum.bytes.hexadecimal)),
                        ("parts", checksum.compositeParts.map { OrderedJSON.integer($0) } ?? .null),
                    ])
                ))
        }
        return .object(members)
    }
}
