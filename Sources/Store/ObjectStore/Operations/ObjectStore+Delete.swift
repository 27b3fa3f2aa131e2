import DurableIO

/// What a deletion did.
public struct DeleteResult: Sendable, Equatable {
    /// The version that was removed or, where it is a delete marker, added; `nil` where there was nothing to delete.
    public let version: VersionID?
    /// Whether that version is a delete marker.
    public let isDeleteMarker: Bool
}

/// An object to delete, among others.
public struct DeleteRequest: Sendable, Hashable {
    /// The key.
    public let key: ObjectKey
    /// The version, where one is to be removed for good.
    public let version: VersionID?

    /// An object, or a version of one.
    public init(_ key: ObjectKey, version: VersionID? = nil) {
        self.key = key
        self.version = version
    }
}

extension ObjectStore {
    /// Deletes an object; one that is not there is no error, as in S3.
    ///
    /// Without a version: in a bucket with versions a delete marker is added, and the versions stay; otherwise the
    /// object goes. With a version, that one goes for good, be it a delete marker.
    ///
    /// - Parameter bypassesGovernance: whether a version that is retained in the mode GOVERNANCE goes nevertheless.
    /// - Throws: `StoreError` with code `noSuchBucket`, `preconditionFailed`, or `objectLocked` where a version that
    ///   would go is retained or under a legal hold.
    @discardableResult
    public func delete(
        bucket: BucketName, key: ObjectKey, version: VersionID? = nil,
        conditions: Preconditions = Preconditions(), bypassesGovernance: Bool = false
    ) throws -> DeleteResult {
        try requireWritable()
        try requireBucket(bucket)
        let versioning = try policy(of: bucket).versioning(of: key)
        let location = drive.location(bucket, key)
        return try commit(at: location, conditions, replaces: version == nil) { existing in
            if let version {
                try requireUnlocked(
                    version.unique, in: existing, at: location, bypassesGovernance: bypassesGovernance)
                return try remove(version, from: existing, at: location)
            }
            let keepsVersions = existing?.versions.contains { $0.header.id != .null && $0.header.isVisible }
            switch versioning {
            case .enabled: return try addDeleteMarker(.random(), to: existing, at: location)
            case .suspended: return try addDeleteMarker(.null, to: existing, at: location)
            case .unversioned:
                // Versions are history that somebody kept: a drive whose bucket configuration was lost keeps it too.
                if keepsVersions == true { return try addDeleteMarker(.null, to: existing, at: location) }
                try requireUnlocked(.null, in: existing, at: location)
                return try remove(.null, from: existing, at: location)
            }
        }
    }

    /// Deletes many objects; what happens to one does not depend on the others.
    ///
    /// - Returns: for each request, in their order, what was done, or why not.
    public func delete(
        bucket: BucketName, _ requests: [DeleteRequest]
    ) throws -> [Result<DeleteResult, any Error>] {
        try requireBucket(bucket)
        return requests.map { request in
            Result { try delete(bucket: bucket, key: request.key, version: request.version) }
        }
    }

    private func addDeleteMarker(
        _ id: UniqueID, to existing: XLMeta?, at location: ObjectLocation
    ) throws -> DeleteResult {
        let marker = XLDeleteMarker(id: id, modifiedNanoseconds: stamp(after: existing), systemMetadata: [])
        let change = try adding(.deleteMarker(marker), inlineStream: nil, to: existing, at: location)
        try rewrite(change.meta, obsolete: change.obsolete, at: location)
        return DeleteResult(version: VersionID(unique: id), isDeleteMarker: true)
    }

    private func remove(
        _ version: VersionID, from existing: XLMeta?, at location: ObjectLocation
    ) throws -> DeleteResult {
        guard var meta = existing, let removed = meta.version(version.unique) else {
            return DeleteResult(version: nil, isDeleteMarker: false)
        }
        let obsolete = dataDirectory(of: version.unique, in: meta)
        meta.remove(version.unique)
        if meta.versions.isEmpty, let existing {
            try drive.remove(existing, at: location)
        } else {
            try rewrite(meta, obsolete: obsolete, at: location)
        }
        return DeleteResult(version: version, isDeleteMarker: removed.header.kind == .deleteMarker)
    }
}
