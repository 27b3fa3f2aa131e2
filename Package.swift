// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "tapehouse",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "tapehouse", targets: ["tapehouse"]),
        .library(name: "Pipeline", targets: ["Pipeline"]),
        .library(name: "MarketData", targets: ["MarketData"]),
        .library(name: "PartitionedLog", targets: ["PartitionedLog"]),
        .library(name: "ObjectStore", targets: ["ObjectStore"]),
        .library(name: "Warehouse", targets: ["Warehouse"]),
        .library(name: "SQLEngine", targets: ["SQLEngine"]),
        .library(name: "ColumnStore", targets: ["ColumnStore"]),
        .library(name: "Modeling", targets: ["Modeling"]),
        .library(name: "SQLiteKit", targets: ["SQLiteKit"]),
        .library(name: "DurableIO", targets: ["DurableIO"]),
        // What SQLite's own tools load to read the tables of a warehouse.
        .library(name: "warehouse", type: .dynamic, targets: ["WarehouseLibrary"]),
    ],
    dependencies: [
        // Subcommands, help, completions and usage errors of the command line.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // MD5 and the SHA family in BoringSSL's assembly.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // The logging interface that Swift servers share; embedders bring their own backend.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // How Swift servers start and stop their parts; the log, its producers and its consumers are services.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // MARK: Base: C
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
        .systemLibrary(
            name: "CZstd", pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .target(name: "CKernels"),
        .target(
            name: "CSQLiteAPI", dependencies: ["CSQLite"],
            linkerSettings: [.linkedLibrary("sqlite3", .when(platforms: [.macOS]))]),
        .target(name: "CWarehouseExtension", dependencies: ["CSQLiteAPI"]),

        // MARK: Base
        .target(name: "SQLiteKit", dependencies: ["CSQLiteAPI"]),
        .target(name: "Threads", dependencies: ["CKernels"]),
        .target(name: "JSON"),
        .target(
            name: "DurableIO",
            dependencies: ["CKernels", "CZstd", .product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "CivilTime", dependencies: ["DurableIO"]),

        // MARK: Log and store
        .target(
            name: "PartitionedLog",
            dependencies: [
                "DurableIO", "Threads", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "ObjectStore",
            dependencies: ["DurableIO", "Threads", .product(name: "Crypto", package: "swift-crypto")]),

        // MARK: Warehouse
        .target(name: "Vectors", dependencies: ["CivilTime", "JSON"]),
        .target(
            name: "SQLEngine",
            dependencies: [
                "CKernels", "CivilTime", "DurableIO", "JSON", "Threads", "Vectors",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "ColumnStore",
            dependencies: ["CKernels", "DurableIO", "JSON", "SQLiteKit", "Threads", "Vectors"]),
        .target(
            name: "WarehouseExtension",
            dependencies: [
                "CSQLiteAPI", "CWarehouseExtension", "CivilTime", "ColumnStore", "JSON", "SQLiteKit",
                "Vectors",
            ]),
        .target(
            name: "Warehouse",
            dependencies: [
                "CivilTime", "ColumnStore", "DurableIO", "JSON", "SQLEngine", "SQLiteKit", "Threads",
                "Vectors",
                "WarehouseExtension",
            ]),
        .target(
            name: "WarehouseLibrary",
            dependencies: [
                "CSQLiteAPI", "CWarehouseExtension", "DurableIO", "SQLiteKit", "Threads", "Vectors",
                "Warehouse",
                "WarehouseExtension",
            ]),
        .target(name: "Modeling", dependencies: ["SQLEngine", "SQLiteKit", "Warehouse"]),
        .target(name: "MarketData", dependencies: ["CivilTime", "DurableIO", "JSON"]),

        // MARK: Flow and front
        .target(
            name: "Pipeline",
            dependencies: [
                "DurableIO", "MarketData", "Modeling", "ObjectStore", "PartitionedLog", "SQLiteKit",
                "Threads", "Vectors", "Warehouse",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "tapehouse",
            dependencies: [
                "CivilTime", "ColumnStore", "DurableIO", "JSON", "MarketData", "Modeling", "ObjectStore",
                "PartitionedLog",
                "Pipeline", "SQLEngine", "SQLiteKit", "Threads", "Vectors", "Warehouse",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        // MARK: Tests
        .target(name: "TestSupport", dependencies: ["DurableIO"]),
        .target(name: "CFaultyFiles", dependencies: ["CSQLite"]),
        .testTarget(name: "ThreadsTests", dependencies: ["DurableIO", "TestSupport", "Threads"]),
        .testTarget(name: "CivilTimeTests", dependencies: ["CivilTime", "DurableIO", "TestSupport"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"]),
        .testTarget(name: "DurableIOTests", dependencies: ["DurableIO", "TestSupport"]),
        .testTarget(name: "SQLiteKitTests", dependencies: ["SQLiteKit", "TestSupport"]),
        .testTarget(
            name: "PartitionedLogTests",
            dependencies: [
                "DurableIO", "PartitionedLog", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "ObjectStoreTests",
            dependencies: ["DurableIO", "ObjectStore", "TestSupport", "Threads"]),
        .testTarget(name: "VectorsTests", dependencies: ["JSON", "TestSupport", "Vectors"]),
        .testTarget(
            name: "SQLEngineTests",
            dependencies: [
                "CivilTime", "DurableIO", "JSON", "SQLEngine", "TestSupport", "Threads", "Vectors",
            ]),
        .testTarget(
            name: "ColumnStoreTests",
            dependencies: [
                "ColumnStore", "DurableIO", "JSON", "SQLiteKit", "TestSupport", "Threads", "Vectors",
            ]),
        .testTarget(
            name: "WarehouseTests",
            dependencies: [
                "CFaultyFiles", "ColumnStore", "DurableIO", "JSON", "SQLEngine", "SQLiteKit", "TestSupport",
                "Vectors", "Warehouse",
            ]),
        .testTarget(
            name: "WarehouseExtensionTests",
            dependencies: [
                "CivilTime", "ColumnStore", "DurableIO", "SQLiteKit", "TestSupport", "Vectors", "Warehouse",
                "WarehouseExtension",
            ]),
        .testTarget(
            name: "WarehouseLibraryTests",
            dependencies: ["DurableIO", "SQLiteKit", "TestSupport", "Warehouse", "WarehouseLibrary"]),
        .testTarget(
            name: "ModelingTests",
            dependencies: ["Modeling", "SQLEngine", "SQLiteKit", "TestSupport", "Vectors", "Warehouse"]),
        .testTarget(name: "MarketDataTests", dependencies: ["DurableIO", "MarketData", "TestSupport"]),
        .testTarget(
            name: "PipelineTests",
            dependencies: [
                "DurableIO", "JSON", "MarketData", "Modeling", "ObjectStore", "PartitionedLog", "Pipeline",
                "SQLEngine", "SQLiteKit", "TestSupport", "Threads", "Vectors", "Warehouse",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "tapehouseTests",
            dependencies: [
                "DurableIO", "TestSupport", "tapehouse",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)

// Where the rooms are: a folder a floor, lowest first, in it a folder a room; tests mirror them.
let floors: KeyValuePairs = [
    "Base": [
        "CSQLite", "CZstd", "CSQLiteAPI", "CKernels", "SQLiteKit", "Threads", "JSON", "DurableIO",
        "CivilTime",
    ],
    "Log": ["PartitionedLog"],
    "Store": ["ObjectStore"],
    "Warehouse": [
        "Vectors", "ColumnStore", "SQLEngine", "CWarehouseExtension", "WarehouseExtension", "Warehouse",
        "WarehouseLibrary",
    ],
    "Models": ["Modeling"],
    "Flow": ["MarketData", "Pipeline"],
    "Front": ["tapehouse"],
]
for (floor, rooms) in floors {
    for target in package.targets {
        if rooms.contains(target.name) { target.path = "Sources/\(floor)/\(target.name)" }
        if target.type == .test, rooms.contains(String(target.name.dropLast("Tests".count))) {
            target.path = "Tests/\(floor)/\(target.name)"
        }
    }
}
for target in package.targets where ["TestSupport", "CFaultyFiles"].contains(target.name) {
    target.path = "Tests/Support/\(target.name)"
}

for target in package.targets where [.executable, .regular, .test].contains(target.type) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .treatAllWarnings(as: .error),
        ]
}
