import JSON
import Pipeline

extension OrderedJSON {
    init(_ disk: DiskUsage) {
        self = .object([
            ("log", .integer(disk.logBytes)), ("objects", disk.objectBytes.map { .integer($0) } ?? .null),
            ("warehouse", .integer(disk.warehouseBytes)),
        ])
    }
}
