import ColumnStore
import Vectors

/// A set of rows of a table, a bit a row.
struct AddressSet: Sendable {
    private var groups: [Int64: [UInt64]] = [:]
    /// The row group that was asked for last, taken out of `groups`: rows come in the order of their row groups.
    private var currentGroup: Int64 = -1
    private var current: [UInt64] = []
    /// How many rows there are.
    private(set) var count = 0

    /// Adds a row; returns whether it was not there.
    mutating func insert(_ row: RowAddress) -> Bool {
        if row.group != currentGroup { turn(to: row.group) }
        let word = row.row >> 6
        if word >= current.count {
            current.append(
                contentsOf: repeatElement(0, count: max(word + 1, 2 * current.count) - current.count))
        }
        let bit = UInt64(1) << UInt64(row.row & 63)
        guard current[word] & bit == 0 else { return false }
        current[word] |= bit
        count += 1
        return true
    }

    private mutating func turn(to group: Int64) {
        if !current.isEmpty { groups[currentGroup] = current }
        current = groups.removeValue(forKey: group) ?? []
        currentGroup = group
    }

    func contains(_ row: RowAddress) -> Bool {
        guard let words = words(row.group), row.row >> 6 < words.count else { return false }
        return words[row.row >> 6] & (1 << UInt64(row.row & 63)) != 0
    }

    private func words(_ group: Int64) -> [UInt64]? { group == currentGroup ? current : groups[group] }

    /// For each address whether it is in the set.
    func contains(_ addresses: Vector, count: Int) -> Vector {
        let result = Vector.allocate(.boolean, count: count)
        let values = addresses.int64s
        let target = result.bools
        var group: Int64 = -1
        var words: [UInt64] = []
        withExtendedLifetime(addresses) {
            for row in 0..<count {
                let address = RowAddress(values[row])
                if address.group != group {
                    group = address.group
                    words = self.words(group) ?? []
                }
                let word = address.row >> 6
                target[row] = word < words.count && words[word] & (1 << UInt64(address.row & 63)) != 0 ? 1 : 0
            }
        }
        return result
    }

    /// All rows.
    var addresses: [RowAddress] {
        var result: [RowAddress] = []
        result.reserveCapacity(count)
        for (group, words) in groups { Self.append(group, words, to: &result) }
        Self.append(currentGroup, current, to: &result)
        return result
    }

    private static func append(_ group: Int64, _ words: [UInt64], to result: inout [RowAddress]) {
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                result.append(RowAddress(group: group, row: place * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
    }
}
