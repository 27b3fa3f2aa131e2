/// Until when, and how firmly, a version is locked against removal.
public struct ObjectRetention: Sendable, Equatable {
    /// Who may remove a version before its time.
    public enum Mode: String, Sendable {
        /// Who asks for it expressly.
        case governance = "GOVERNANCE"
        /// Nobody.
        case compliance = "COMPLIANCE"
    }

    /// Who may remove it nevertheless.
    public let mode: Mode
    /// The time, in nanoseconds since 1970.
    public let untilNanoseconds: Int64

    static let modeName = "x-amz-object-lock-mode"
    static let untilName = "x-amz-object-lock-retain-until-date"
    static let legalHoldName = "x-amz-object-lock-legal-hold"

    /// The entries of an object's metadata.
    var entries: [(key: String, value: String)] {
        [(Self.modeName, mode.rawValue), (Self.untilName, WebTime.text(untilNanoseconds))]
    }
}

extension XLObject {
    private func lockValue(_ name: String) -> String? {
        userMetadata?.first { $0.key.lowercased() == name }?.value
    }

    /// Until when it is retained; without end where the time cannot be read.
    var retention: ObjectRetention? {
        guard
            let mode = lockValue(ObjectRetention.modeName).flatMap({
                ObjectRetention.Mode(rawValue: $0.uppercased())
            })
        else { return nil }
        let until = lockValue(ObjectRetention.untilName)
        return ObjectRetention(mode: mode, untilNanoseconds: until.flatMap(WebTime.parse) ?? .max)
    }

    var hasLegalHold: Bool { lockValue(ObjectRetention.legalHoldName)?.uppercased() == "ON" }
}

extension ObjectStore {
    /// Makes sure that a version may be removed or replaced. What was locked stays locked, whatever has become of the
    /// bucket's configuration.
    ///
    /// - Throws: `StoreError` with code `objectLocked`.
    func requireUnlocked(
        _ id: UniqueID, in meta: XLMeta?, at location: ObjectLocation, bypassesGovernance: Bool = false
    ) throws {
        guard let version = meta?.version(id), version.header.kind == .object,
            case .object(let object)? = try? XLContent(reading: version.body, path: location.directory)
        else { return }
        let name = "version \(VersionID(unique: id)) of object \(location.name)"
        guard !object.hasLegalHold else {
            throw StoreError(
                .objectLocked,
                "\(name) is under a legal hold: it can be removed when the hold is lifted, with `mc legalhold clear`"
            )
        }
        guard let retention = object.retention, retention.untilNanoseconds > options.clock() else { return }
        if retention.mode == .governance, bypassesGovernance { return }
        let advice =
            retention.mode == .governance
            ? "; who may do so removes it before with `tapehouse objects rm --bypass`" : ""
        throw StoreError(
            .objectLocked,
            "\(name) is retained (\(retention.mode.rawValue)) until \(WebTime.text(retention.untilNanoseconds))\(advice)"
        )
    }
}
