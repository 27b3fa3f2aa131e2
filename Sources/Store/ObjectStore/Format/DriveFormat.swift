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
    init(reading bytes: [UInt8], path: String) throws {
        text = String(decoding: bytes, as: UTF8.self)
        let shown = text.prefix(300)
        let damaged = { (what: String) in
            StoreError(.corrupt, "\(path) \(what): the file is damaged: \(shown)")
        }
        guard let json = FormatJSON(reading: bytes) else { throw damaged("is no JSON") }
        let drive = FileSystem.parent(of: FileSystem.parent(of: path))
        let refused = { (what: String) in StoreError(.unsupportedFormat, "\(drive) is a drive \(what)") }
        switch json["format"]?.text {
        case "xl-single": break
        case "xl":
            throw refused(
                "one of an erasure-coded set of MinIO: its objects are spread over several drives, of which this is one; copy them to a single drive with MinIO's own tools"
            )
        case "fs":
            throw refused(
                "of MinIO's file system mode, which MinIO gave up in October 2022: its objects are the plain files beside .minio.sys; put those into a new drive with `tapehouse objects mirror`"
            )
        case let other?: throw refused("of the unknown format \"\(other)\"")
        case nil: throw damaged("names no format")
        }
        guard json["version"]?.text == "1" else {
            throw refused(
                "whose description has version \(json["version"]?.text ?? "none"), where 1 is known")
        }
        guard let id = json["id"]?.text, UniqueID(id) != nil else { throw damaged("has no UUID as id") }
        guard let layout = json["xl"] else { throw damaged("has no part xl") }
        guard layout["version"]?.text == "3" else {
            throw refused("whose layout has version \(layout["version"]?.text ?? "none"), where 3 is known")
        }
        guard let this = layout["this"]?.text, UniqueID(this) != nil else {
            throw damaged("has no UUID of the drive")
        }
        guard case .array(let sets)? = layout["sets"], sets.count == 1, case .array(let drives) = sets[0],
            drives.map(\.text) == [this]
        else { throw damaged("does not have this drive alone in its set") }
        guard layout["distributionAlgo"]?.text?.hasPrefix("SIPMOD") == true else {
            throw refused(
                "with the distribution \(layout["distributionAlgo"]?.text ?? "none"), where SIPMOD is known")
        }
        deployment = id
    }
}
