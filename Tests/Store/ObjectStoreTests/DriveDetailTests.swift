import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

/// What real drives hold that is seldom, and what only looks like it.
@Suite struct DriveDetailTests {
    @Test(arguments: 244...255 as ClosedRange<Int>)
    func listsBelowLongNamesAreWhole(count: Int) throws {
        let fixture = try StoreFixture()
        let name = String(repeating: "n", count: count)
        _ = try fixture.put([1], "\(name)/k")
        _ = try fixture.put([1], "\(name)/\(name)/k")
        #expect(try fixture.keys("\(name)/") == ["\(name)/k", "\(name)/\(name)/k"])
        #expect(try fixture.keys("\(name)/\(name)/") == ["\(name)/\(name)/k"])
        #expect(try fixture.keys("\(name)/\(name)/k") == ["\(name)/\(name)/k"])
    }

    /// An object whose data went to another tier, as MinIO keeps it: without the flag of a data directory.
    @Test func tieredObjectsAreNoDamage() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put([1], "k")
        for restored in [false, true] {
            try fixture.rewrite("k") { object in
                object.systemMetadata = [("x-minio-internal-transition-status", Array("complete".utf8))]
                object.userMetadata = [("etag", "x")]
                if restored {
                    object.userMetadata?.append(
                        (
                            "x-amz-restore",
                            #"ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT""#
                        ))
                }
            }
            let report = try fixture.store.verify()
            #expect(report.findings.map(\.severity) == [.unsupported], "\(report.findings.map(\.message))")
            let meta = try #require(try fixture.store.drive.metadata(in: fixture.directory.file("bucket/k")))
            #expect(meta.versions[0].header.flags == (restored ? .usesDataDirectory : []))
        }
    }

    @Test func aSizeThatMinIODidNotKnowIsRead() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put([1, 2], "k")
        try fixture.rewrite("k") { $0.partActualBytes = [-1] }
        #expect(try fixture.get("k") == [1, 2])
        #expect(try fixture.store.verify().findings == [])
        try fixture.store.setTags(["a": "b"], bucket: fixture.bucket, key: try ObjectKey("k"))
        let meta = try #require(try fixture.store.drive.soleObject(in: fixture.directory.file("bucket/k")))
        #expect(meta.object.partActualBytes == [-1])
    }

    @Test func bytesBehindTheInlineDataAreTold() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put([1, 2], "k")
        let path = fixture.directory.file("bucket/k/xl.meta")
        _ = try fixture.directory.write(
            try FileSystem.local.contents(of: path) + [9, 9, 9], to: "bucket/k/xl.meta")
        #expect(try fixture.get("k") == [1, 2])
        let findings = try fixture.store.verify().findings
        #expect(findings.map(\.severity) == [.leftover])
        #expect(findings.allSatisfy { $0.message.contains("3 bytes behind its inline data") })
    }

    private static let sound =
        #"{"version":"1","format":"xl-single","id":"5310b5d6-8b32-4c89-a134-3117c0cea506","xl":{"version":"3","this":"23521ecb-a57b-4734-ade7-a8e97d55f2ce","sets":[["23521ecb-a57b-4734-ade7-a8e97d55f2ce"]],"distributionAlgo":"SIPMOD+PARITY"}}"#

    @Test func aDriveIsWhatItsDescriptionSays() throws {
        let read = { (text: String) in
            StoreError.code { _ = try DriveFormat(reading: Array(text.utf8), path: "d/s/f") }
        }
        let changed = { (from: String, to: String) -> StoreError.Code? in
            let pieces = Self.sound.split(separator: from, maxSplits: 1, omittingEmptySubsequences: false)
            return read(pieces.joined(separator: to))
        }
        #expect(read(Self.sound) == nil)
        #expect(read("\n " + Self.sound.split(separator: ",").joined(separator: " ,\n ") + "\n") == nil)
        #expect(changed(#""id""#, #""more":[1,{"a":null}],"id""#) == nil)
        #expect(changed(#""version":"1""#, #""version":"2""#) == .unsupportedFormat)
        #expect(changed(#""version":"3""#, #""version":"4""#) == .unsupportedFormat)
        #expect(changed("SIPMOD", "CRCMOD") == .unsupportedFormat)
        #expect(changed("5310b5d6", "5310b5d") == .corrupt)
        #expect(changed(#"sets":[["23521ecb"#, #"sets":[["33521ecb"#) == .corrupt)
        #expect(changed(#"2ce"]]"#, #"2ce","23521ecb-a57b-4734-ade7-a8e97d55f2ce"]]"#) == .corrupt)
        #expect(changed(#"2ce"]]"#, #"2ce"],[]]"#) == .corrupt)
        #expect(changed("}}", "}") == .corrupt)
        #expect(changed("}}", "}}}") == .corrupt)
        #expect(changed(#""xl":"#, #""xl" "#) == .corrupt)
        #expect(read(#"{"id":"{\"format\":\"xl-single\"}"}"#) == .corrupt)
        #expect(read("") == .corrupt)
        #expect(read(String(repeating: "[", count: 100_000)) == .corrupt)
    }
}
