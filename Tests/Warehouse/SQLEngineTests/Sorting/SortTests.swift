import Testing
import Vectors

@testable import SQLEngine

@Suite("Sorting")
struct SortTests {
    static func keys(_ draws: inout Draws, of columns: Int) -> [SortKey] {
        (0..<(1 + draws.below(3))).map { _ in
            SortKey(
                column: draws.below(columns), isDescending: draws.below(2) == 0,
                nullsFirst: draws.below(2) == 0)
        }
    }

    @Test("any keys, forms and numbers of streams give the stable order", arguments: 0..<40)
    func random(seed: Int) async throws {
        var draws = Draws(UInt64(seed) + 1)
        let rows = [0, 1, 2, 40, 300, 3000][draws.below(6)]
        let source = RowFixtures.source(
            RowFixtures.types, rows: rows, streams: 1 + draws.below(3), batchRows: 1 + rows / 5,
            nulls: seed % 3 > 0,
            seed: UInt64(seed))
        let keys = Self.keys(&draws, of: RowFixtures.types.count)
        let expected = RowFixtures.sorted(try RowFixtures.rows(source), keys)
        let context = ExecutionContext(threads: 1 + seed % 3)
        #expect(
            RowFixtures.isEqual(try RowFixtures.rows(SortOperator(source, keys: keys), context), expected))
        for (limit, offset) in [(1, 0), (10, 3), (rows + 5, 2), (0, 0)] {
            let top = SortOperator(source, keys: keys, limit: limit, offset: offset)
            let part = Array(expected.dropFirst(offset).prefix(limit))
            #expect(RowFixtures.isEqual(try RowFixtures.rows(top, context), part), "\(limit) from \(offset)")
        }
        #expect(await RowFixtures.isReleased(context))
    }

    @Test("what exceeds the memory limit is sorted in files", arguments: 0..<8)
    func spilling(seed: Int) async throws {
        var draws = Draws(UInt64(seed) + 100)
        let source = RowFixtures.source(
            RowFixtures.types, rows: 20_000, streams: 1 + seed % 3, batchRows: 900, seed: UInt64(seed))
        let keys = Self.keys(&draws, of: RowFixtures.types.count)
        let expected = RowFixtures.sorted(try RowFixtures.rows(source), keys)
        let context = ExecutionContext(threads: 2, memoryLimit: [100_000, 400_000][seed % 2])
        #expect(
            RowFixtures.isEqual(try RowFixtures.rows(SortOperator(source, keys: keys), context), expected))
        let part = SortOperator(source, keys: keys, offset: 17)
        #expect(RowFixtures.isEqual(try RowFixtures.rows(part, context), Array(expected.dropFirst(17))))
        #expect(await RowFixtures.isReleased(context))
    }

    @Test("rows that come in order are not sorted again, others are", arguments: 0..<24)
    func sortedAlready(seed: Int) throws {
        var draws = Draws(UInt64(seed) + 300)
        let types = RowFixtures.types
        let source = RowFixtures.source(
            types, rows: 5000, streams: 1 + seed % 3, batchRows: 700, nulls: seed % 3 > 0, seed: UInt64(seed))
        let inner = Self.keys(&draws, of: types.count)
        // Columns the other way round, but for the last one, which is left out.
        let places = Array(types.indices.dropLast().reversed())
        let context = ExecutionContext(threads: 2, memoryLimit: [200_000, 1 << 30][seed % 2])
        func project() -> ProjectOperator {
            let expressions = places.map { ColumnExpression(place: $0, type: types[$0]) }
            return ProjectOperator(SortOperator(source, keys: inner), expressions, title: "")
        }
        let known = inner.prefix { places.contains($0.column) }.map { key in
            SortKey(
                column: places.firstIndex(of: key.column) ?? 0, isDescending: key.isDescending,
                nullsFirst: key.nullsFirst)
        }
        let prefix = Array(known.prefix(1 + draws.below(3)))
        let rows = RowFixtures.sorted(try RowFixtures.rows(source), inner).map { row in places.map { row[$0] }
        }
        if !prefix.isEmpty {
            let streams = try SortOperator(project(), keys: prefix).open(context)
            #expect(streams.count == 1 && streams[0].sortedBy == known)
            let again = try RowFixtures.rows(SortOperator(project(), keys: prefix, offset: 3), context)
            #expect(RowFixtures.isEqual(again, Array(rows.dropFirst(3))))
        }
        let others = Self.keys(&draws, of: places.count)
        let sorted = try RowFixtures.rows(SortOperator(project(), keys: others), context)
        #expect(RowFixtures.isEqual(sorted, RowFixtures.sorted(rows, others)))
    }

    @Test("large ranges are parted by several threads, also where nearly all keys begin alike")
    func large() throws {
        var draws = Draws(5)
        let count = 300_000
        for spread in [10, 1 << 20, Int.max] {
            let vector = Vector.allocate(.integer, count: count)
            let other = Vector.allocate(.integer, count: count)
            for row in 0..<count {
                vector.int64s[row] = Int64(draws.below(row % 1000 == 0 ? spread : min(spread, 100_000)))
                other.int64s[row] = Int64(bitPattern: draws.next())
            }
            let source = BatchSource(types: [.integer, .integer], [Batch([vector, other], count: count)])
            let sort = SortOperator(
                source, keys: [SortKey(column: 0), SortKey(column: 1, isDescending: true)])
            let sorted = try sort.open(ExecutionContext(threads: 3))[0]
            var last = (Int64.min, Int64.max)
            var rows = 0
            while let batch = try sorted.next() {
                for row in 0..<batch.count {
                    let next = (batch.columns[0].int64s[row], batch.columns[1].int64s[row])
                    #expect(last.0 < next.0 || (last.0 == next.0 && last.1 >= next.1))
                    last = next
                }
                rows += batch.count
            }
            #expect(rows == count)
        }
    }

    @Test("sorted input comes out as it is")
    func alreadySorted() throws {
        let batches = (0..<50).map { part in
            let vector = Vector.allocate(.integer, count: 700)
            for row in 0..<700 { vector.int64s[row] = Int64(part * 700 + row) / 3 }
            return Batch([vector], count: 700)
        }
        let source = BatchSource(types: [.integer], batches)
        let expected = try RowFixtures.rows(source)
        #expect(
            RowFixtures.isEqual(
                try RowFixtures.rows(SortOperator(source, keys: [SortKey(column: 0)])), expected))
    }

    @Test("a limit gives the first rows of all streams", arguments: 0..<20)
    func limit(seed: Int) throws {
        let source = RowFixtures.source(
            [.integer, .varchar], rows: 2000, streams: 1 + seed % 4, batchRows: 100, seed: UInt64(seed))
        let all = try RowFixtures.rows(source)
        for (limit, offset) in [(5, 0), (1, 1999), (700, 50), (5000, 10), (0, 0)] {
            let operation = LimitOperator(source, limit: limit, offset: offset)
            let rows = try RowFixtures.rows(operation, ExecutionContext(threads: 2))
            #expect(RowFixtures.isEqual(rows, Array(all.dropFirst(offset).prefix(limit))))
        }
        let rest = try RowFixtures.rows(LimitOperator(source, limit: nil, offset: 1990))
        #expect(RowFixtures.isEqual(rest, Array(all.dropFirst(1990))))
    }

    @Test("rows rising by the key, ordered from the last")
    func topOfRising() throws {
        let batches = (0..<20).map { part in
            let vector = Vector.allocate(.integer, count: 5000)
            for row in 0..<5000 { vector.int64s[row] = Int64(part * 5000 + row) * 1000 }
            return Batch([vector], count: 5000)
        }
        let top = SortOperator(
            BatchSource(types: [.integer], batches), keys: [SortKey(column: 0, isDescending: true)], limit: 7)
        let rows = try RowFixtures.rows(top)
        #expect(rows == (0..<7).map { [.integer((99_999 - $0) * 1000)] })
    }
}

@Suite("Spill files")
struct SpillFileTests {
    @Test("give back what was put in, to several readers", arguments: 0..<20)
    func roundTrip(seed: Int) throws {
        let types = RowFixtures.types + [.variant, .null]
        var draws = Draws(UInt64(seed) + 7)
        let file = try SpillFile(directory: "/tmp")
        var batches: [Batch] = []
        for index in 0..<10 {
            let count = 1 + draws.below(3000)
            var columns = RowFixtures.types.map {
                RowFixtures.vector($0, count: count, form: draws.below(12), nulls: true, &draws)
            }
            let number = Vector.allocate(.variant, layout: .int64, scale: 2, count: count, hasValidity: true)
            for row in 0..<count {
                number.int64s[row] = Int64(row)
                number.validity?[row] = UInt8(draws.below(3))
            }
            columns += [number, .nulls(.null, count: count)]
            if index % 3 == 0 { columns[1] = .constant(.text("same"), .varchar, count: count) }
            batches.append(Batch(columns, count: count, order: UInt64.max - UInt64(index)))
            try file.append(batches[index])
        }
        try file.finish()
        #expect(file.rowCount == batches.reduce(0) { $0 + $1.count } && file.byteCount > 0)
        let streams = [try file.makeStream(types: types), try file.makeStream(types: types)]
        for batch in batches {
            for stream in streams {
                guard let read = try stream.next() else {
                    throw SQLError(.storage, "the file ends too early")
                }
                #expect(read.order == batch.order && read.count == batch.count)
                for (one, other) in zip(read.columns, batch.columns) {
                    #expect(
                        one.layout == other.layout && one.scale == other.scale && one.isJSON == other.isJSON)
                    #expect(
                        (0..<batch.count).allSatisfy { "\(one.scalar(at: $0))" == "\(other.scalar(at: $0))" })
                }
            }
        }
        #expect(try streams[0].next() == nil)
    }

    @Test("a folder that is not there is named")
    func noFolder() {
        let error = #expect(throws: SQLError.self) { try SpillFile(directory: "/nowhere/at/all") }
        #expect(error?.code == .storage && error?.message.contains("/nowhere/at/all") == true)
    }
}
