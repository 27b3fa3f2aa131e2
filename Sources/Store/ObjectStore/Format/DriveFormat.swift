import DurableIO

/// What `.minio.sys/format.json` says a drive is (MinIO cmd/format-erasure.go).
struct DriveFormat {
    /// The id of the deployment, part of the ids of multipart uploads.
    let deployment: String

    /// The file: exactly what MinIO writes, without a line feed.
    let text: String

    /// A new drive.
    static func new() -> DriveFormat {
        let (deployment, drive) = (UniqueID.random().description, UniqueID.random())
        let text =
            #"{"version":"1","format":"xl-single","id":"\#(deployment)","xl":{"version":"3","#
            + #""this":"\#(drive)","sets":[["\#(drive)"]],"distributionAlgo":"SIPMOD+PARITY"}}"#
        return DriveFormat(deployment: deployment, text: text)
    }

    private init(deployment: String, text: String) {
        self.deployment = deployment
        self.text = text
    }

    /// Reads the file; `path` is for messages.
    ///
    /// - Throws: `StoreError` with code `unsupportedFormat` for anything but a single drive, or `corrupt`.
    init(reading text: String, path: String) throws {
        self.text = text
        let refusal: String
        switch Self.value("format", in: text) {
        case "xl-single":
            guard Self.value("version", in: text) == "1", let id = Self.value("id", in: text),
                text.contains(#""distributionAlgo":"SIPMOD"#)
            else {
                throw StoreError(
                    .corrupt,
                    "\(path) names no deployment or no known distribution: the file is damaged: \(text)")
            }
            deployment = id
            return
        case "xl":
            refusal =
                "one of an erasure-coded set of MinIO: its objects are spread over several drives, of which this is one; copy them to a single drive with MinIO's own tools"
        case "fs":
            refusal =
                "of MinIO's file system mode, which MinIO gave up in October 2022: its objects are the plain files beside .minio.sys; put those into a new drive with `tapehouse objects mirror`"
        case let other?:
            refusal = "of the unknown format \"\(other)\""
        case nil:
            throw StoreError(
                .corrupt, "\(path) is no description of a drive: the file is damaged: \(text.prefix(200))")
        }
        throw StoreError(
            .unsupportedFormat,
            "\(FileSystem.parent(of: FileSystem.parent(of: path))) is a drive \(refusal)")
    }

    /// The first text value of a name. MinIO writes the file without blanks; people may have added some.
    private static func value(_ name: String, in text: String) -> String? {
        let compact = text.filter { !$0.isWhitespace }
        guard let start = compact.firstRange(of: "\"\(name)\":\"")?.upperBound else { return nil }
        return compact[start...].firstIndex(of: "\"").map { String(compact[start..<$0]) }
    }
}

extension String {
    /// Where a text first occurs.
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
