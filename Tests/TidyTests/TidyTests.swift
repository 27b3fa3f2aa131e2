import DurableIO
import TestSupport
import Testing

/// Rules of the project's text that no compiler checks.
@Suite struct TidyTests {
    private static let sources = ["Sources", "Tests", "Benchmarks"]

    private func swiftFiles() throws -> [String] {
        try Self.sources.flatMap { try ProjectFiles.all(below: $0) }.filter { $0.hasSuffix(".swift") } + [
            "Package.swift"
        ]
    }

    @Test func theTopLevelIsWhatItShouldBe() throws {
        let names = try FileSystem.local.list(ProjectFiles.root).filter { !$0.hasPrefix(".") }
        let expected: Set = ["Package.swift", "Sources", "Tests", "Fixtures", "Benchmarks", "README.md"]
        // What the tools and the README's own commands leave behind is not in the repository.
        let leftovers: Set = ["Package.resolved", "tapehouse-data"]
        #expect(Set(names).subtracting(leftovers) == expected)
    }

    @Test func filesAreShortAndLinesToo() throws {
        for path in try swiftFiles() {
            let lines = try ProjectFiles.text(path).split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count <= 400, "\(path) has \(lines.count) lines")
            for (index, line) in lines.enumerated() where line.count > 120 {
                // A string can be too long to break.
                #expect(line.contains("\"") || line.hasSuffix("\\"), "\(path):\(index + 1)")
            }
        }
    }

    @Test func functionsAreShort() throws {
        for path in try swiftFiles() {
            var start: (line: Int, indent: Int)?
            for (index, line) in try ProjectFiles.text(path).split(
                separator: "\n", omittingEmptySubsequences: false
            )
            .enumerated() {
                let indent = line.prefix { $0 == " " }.count
                if line.contains("func "), line.hasSuffix("{"), start == nil { start = (index, indent) }
                if let begun = start, indent == begun.indent, line.trimmingPrefix(while: { $0 == " " }) == "}"
                {
                    #expect(index - begun.line <= 70, "\(path):\(begun.line + 1)")
                    start = nil
                }
            }
        }
    }

    @Test func nothingImportsAllOfFoundation() throws {
        for path in try swiftFiles() {
            for line in try ProjectFiles.text(path).split(separator: "\n") where line.contains("import ") {
                #expect(!line.hasSuffix("import " + "Foundation"), "\(path): \(line)")
            }
        }
    }

    @Test func noTargetNeedsUnsafeFlags() throws {
        #expect(!(try ProjectFiles.text("Package.swift").contains("unsafe" + "Flags")))
    }

    @Test func nothingUnfinishedIsLeft() throws {
        for path in try swiftFiles() {
            let text = try ProjectFiles.text(path)
            for word in [
                "TO" + "DO", "FIX" + "ME", "XX" + "X", "not " + "implemented", "try" + "!", "as" + "! ",
            ] {
                #expect(!text.contains(word), "\(path) contains \(word)")
            }
        }
    }

    @Test func everyRoomHasTestsAndAPlaceInTheTable() throws {
        let table = try RoomTable(ProjectFiles.text("Sources/README.md"))
        for floor in try FileSystem.local.list("\(ProjectFiles.root)/Sources") where floor != "README.md" {
            for room in try FileSystem.local.list("\(ProjectFiles.root)/Sources/\(floor)") {
                #expect(
                    table.rooms[room]?.floor == floor,
                    "Sources/README.md does not tell of \(room) on \(floor)")
                // The C modules are tested through those that use them.
                if room.hasPrefix("C"), room.dropFirst().first?.isUppercase == true { continue }
                let tests = "\(ProjectFiles.root)/Tests/\(floor)/\(room)Tests"
                #expect(try !FileSystem.local.list(tests).isEmpty, "\(room)")
            }
        }
    }

    @Test func roomsImportWhatTheTableSays() throws {
        let table = try RoomTable(ProjectFiles.text("Sources/README.md"))
        #expect(table.rooms.count > 10)
        for (name, room) in table.rooms {
            for imported in room.imports {
                let other = try #require(table.rooms[imported], "\(name) imports \(imported)")
                let floors = try [other.floor, room.floor].map {
                    try #require(table.floors.firstIndex(of: $0))
                }
                #expect(floors[0] <= floors[1], "\(name) imports \(imported) of a floor above")
            }
            for path in try ProjectFiles.all(below: "Sources/\(room.floor)/\(name)")
            where path.hasSuffix(".swift") {
                for line in try ProjectFiles.text(path).split(separator: "\n") {
                    guard let word = line.split(separator: " ").firstIndex(of: "import"), word <= 2,
                        let imported = line.split(separator: " ").last.map(String.init),
                        table.rooms[imported] != nil
                    else { continue }
                    #expect(room.imports.contains(imported), "\(path) imports \(imported)")
                }
            }
        }
    }
}
