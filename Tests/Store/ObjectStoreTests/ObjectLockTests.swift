import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

/// What MinIO's bucket configurations ask of writes and deletions.
@Suite struct ObjectLockTests {
    private static let day: Int64 = 86_400_000_000_000

    /// Retains a version, or puts it under a legal hold, as MinIO writes it.
    private func hold(
        _ fixture: StoreFixture, _ key: String, _ mode: String? = nil,
        until: String = "2099-01-01T00:00:00.000Z",
        legalHold: String? = nil
    ) throws {
        try fixture.rewrite(key) { object in
            var user = object.userMetadata ?? []
            if let mode {
                user += [("x-amz-object-lock-mode", mode), ("x-amz-object-lock-retain-until-date", until)]
            }
            if let legalHold { user.append(("X-Amz-Object-Lock-Legal-Hold", legalHold)) }
            object.userMetadata = user
        }
    }

    @Test func lockedVersionsStay() throws {
        let fixture = try StoreFixture()
        try fixture.lock()
        #expect(try fixture.store.info(of: fixture.bucket).hasObjectLock)
        let version = try fixture.put([1], "k").version
        #expect(version != .null, "what is locked are versions")
        try hold(fixture, "k", "COMPLIANCE")
        let remove = { (bypass: Bool) in
            StoreError.code {
                try fixture.store.delete(
                    bucket: fixture.bucket, key: try ObjectKey("k"), version: version,
                    bypassesGovernance: bypass)
            }
        }
        #expect(remove(false) == .objectLocked)
        #expect(remove(true) == .objectLocked)
        #expect(try fixture.delete("k").isDeleteMarker, "a marker removes nothing")
        #expect(try fixture.get("k", version) == [1])
        #expect(
            StoreError.code { try fixture.store.setVersioning(.suspended, of: fixture.bucket) }
                == .invalidBucketState)
        try fixture.store.setVersioning(.enabled, of: fixture.bucket)
        #expect(
            StoreError.code { try fixture.store.deleteBucket(fixture.bucket, withObjects: true) }
                == .objectLocked)
        #expect(try fixture.get("k", version) == [1])
        #expect(
            try fixture.store.head(bucket: fixture.bucket, key: try ObjectKey("k"), version: version)
                .retention
                == ObjectRetention(mode: .compliance, untilNanoseconds: 4_070_908_800_000_000_000))
    }

    @Test func modesHoldsAndTimes() throws {
        let fixture = try StoreFixture()
        try fixture.lock()
        let cases: [(mode: String?, until: String, hold: String?, plain: Bool, bypass: Bool)] = [
            ("GOVERNANCE", "2099-01-01T00:00:00.000Z", nil, false, true),
            ("GOVERNANCE", "2099-01-01T00:00:00Z", "OFF", false, true),
            ("GOVERNANCE", "2099-01-01T00:00:00.000Z", "ON", false, false),
            ("COMPLIANCE", "2001-01-01T00:00:00.000Z", nil, true, true),
            ("COMPLIANCE", "someday", nil, false, false), (nil, "", "ON", false, false),
            (nil, "", "OFF", true, true),
        ]
        for (mode, until, legalHold, plain, bypass) in cases {
            for (isBypass, goes) in [(false, plain), (true, bypass)] {
                let version = try fixture.put([1], "k").version
                try hold(fixture, "k", mode, until: until, legalHold: legalHold)
                let code = StoreError.code {
                    try fixture.store.delete(
                        bucket: fixture.bucket, key: try ObjectKey("k"), version: version,
                        bypassesGovernance: isBypass)
                }
                #expect(
                    code == (goes ? nil : .objectLocked),
                    "\(mode ?? "") \(until) \(legalHold ?? "") \(isBypass)")
            }
        }
    }

    /// A locked version is not replaced either, whatever has become of the bucket's configuration.
    @Test func aLockedNullVersionIsNotReplaced() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put(StoreFixture.content(200_000), "k")
        try hold(fixture, "k", "COMPLIANCE")
        let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey("k"))
        try fixture.store.putPart([1], upload, number: 1)
        let changes: [(String, () throws -> Void)] = [
            ("put", { _ = try fixture.put([2], "k") }), ("delete", { _ = try fixture.delete("k") }),
            ("complete", { _ = try fixture.store.completeUpload(upload) }),
            (
                "copy",
                {
                    _ = try fixture.store.copy(
                        from: fixture.bucket, try ObjectKey("k"), to: fixture.bucket, try ObjectKey("k"))
                }
            ),
            (
                "suspended",
                {
                    try fixture.store.setVersioning(.suspended, of: fixture.bucket)
                    _ = try fixture.delete("k")
                }
            ),
        ]
        for (name, change) in changes {
            #expect(StoreError.code(change) == .objectLocked, "\(name)")
            #expect(try fixture.get("k").count == 200_000)
        }
        #expect(try fixture.store.verify().findings == [])
    }

    @Test func theRuleOfTheBucketIsApplied() throws {
        let fixture = try StoreFixture()
        try fixture.lock("GOVERNANCE", days: 30)
        let info = try fixture.put([1], "k")
        let retention = try #require(info.retention)
        #expect(retention.mode == .governance)
        #expect(abs(retention.untilNanoseconds - info.modifiedNanoseconds - 30 * Self.day) < 60_000_000_000)
        #expect(StoreError.code { _ = try fixture.delete("k", info.version) } == .objectLocked)
        let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey("u"))
        try fixture.store.putPart([1], upload, number: 1)
        #expect(try fixture.store.completeUpload(upload).retention?.mode == .governance)
        #expect(
            try fixture.store.info(of: fixture.bucket).defaultRetention
                == DefaultRetention(mode: .governance, count: 30, isYears: false))
        let years = DefaultRetention(mode: .compliance, count: 2, isYears: true)
        // From the 29th of February 2024, 12:00.
        let leapDay: Int64 = 1_709_208_000_000_000_000
        #expect(WebTime.text(years.retention(from: leapDay).untilNanoseconds) == "2026-03-01T12:00:00.000Z")
    }

    @Test func exclusionsAreHonouredAndKept() throws {
        let fixture = try StoreFixture()
        try fixture.configure(
            "VersioningConfigXML",
            "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status><ExcludedPrefixes><Prefix>tmp/*/x&amp;y</Prefix></ExcludedPrefixes><ExcludedPrefixes><Prefix>cache/</Prefix></ExcludedPrefixes><ExcludeFolders>true</ExcludeFolders></VersioningConfiguration>"
        )
        let isVersioned = { (key: String) in try fixture.put([1], key).version != .null }
        for round in 0..<2 {
            for (key, expected) in [
                ("k", true), ("cache/k", false), ("cache", true), ("dir/", false), ("tmp/a/b/x&y", false),
                ("tmp/a/b/x&yz/w", false), ("tmp/a/x", true),
            ] {
                #expect(try isVersioned(key) == expected, "\(key) \(round)")
            }
            try fixture.store.setVersioning(.enabled, of: fixture.bucket)
            try fixture.reopen()
        }
        let info = try fixture.store.info(of: fixture.bucket)
        #expect(info.unversionedPrefixes == ["tmp/*/x&y", "cache/"])
        #expect(info.excludesFolders)
        #expect(try fixture.delete("cache/k") == DeleteResult(version: .null, isDeleteMarker: true))
        try fixture.store.setVersioning(.suspended, of: fixture.bucket)
        #expect(
            try fixture.store.info(of: fixture.bucket).unversionedPrefixes == [], "MinIO would not read them")
    }

    @Test func whatIsToBeEncryptedIsNotPutInTheClear() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put([1], "k")
        try fixture.configure(
            "EncryptionConfigXML",
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        )
        #expect(StoreError.code { _ = try fixture.put([2], "k") } == .notImplemented)
        #expect(
            StoreError.code {
                _ = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey("k"))
            }
                == .notImplemented)
        #expect(try fixture.get("k") == [1])
        _ = try fixture.delete("k")
    }

    @Test func timesAreReadAndWritten() {
        for (text, nanoseconds) in [
            ("1970-01-01T00:00:00Z", 0), ("2024-02-29T12:00:00.000Z", 1_709_208_000_000_000_000),
            ("2024-02-29T14:00:00+02:00", 1_709_208_000_000_000_000),
            ("1969-12-31T23:59:59.5Z", -500_000_000),
            ("2000-03-01T00:00:00.123456789Z", 951_868_800_123_456_789), ("9999-12-31T00:00:00Z", .max),
        ] as [(String, Int64)] {
            #expect(WebTime.parse(text) == nanoseconds, "\(text)")
        }
        for text in [
            "", "2024-02-29", "2024-02-29T12:00:00", "2024-13-01T00:00:00Z", "2024-02-29T12:00:00Zx", "x",
        ] {
            #expect(WebTime.parse(text) == nil, "\(text)")
        }
        for day in stride(from: Int64(-100_000), to: 100_000, by: 37) {
            let time = day * Self.day + 3_723_004_000_000
            #expect(WebTime.parse(WebTime.text(time)) == time)
        }
    }
}
