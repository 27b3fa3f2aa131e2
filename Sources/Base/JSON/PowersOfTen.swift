/// 10 to the power of `exponent`, 0 to 38.
@inlinable
package func decimalPower(_ exponent: Int) -> Double { decimalPowers[exponent] }

@usableFromInline
let decimalPowers: [Double] = (0...38).map { Double("1e\($0)") ?? .nan }

/// 10 to the power of `exponent`, 0 to 38, as an integer.
@inlinable
package func integerPower(_ exponent: Int) -> Int128 { integerPowers[exponent] }

@usableFromInline
let integerPowers: [Int128] = (0..<38).reduce(into: [Int128(1)]) { powers, _ in
    powers.append((powers.last ?? 1) * 10)
}

extension Double {
    /// The double nearest to a whole number: as the standard library's conversion of 128 bits, which is slow, but for
    /// numbers of 64 bits.
    @inlinable
    package init(nearest value: Int128) {
        let small = Int64(truncatingIfNeeded: value)
        self = Int128(small) == value ? Double(small) : Double(value)
    }
}
