/// The functions of dates, times and time zones.
///
/// Where they say that they never fall in an argument (`risingArgument`), this holds for arguments of the
/// types DATE, TIME, TIMESTAMP_NTZ and NUMBER. It does not for text, nor for VARIANT, TIMESTAMP_LTZ (clocks
/// go back) and TIMESTAMP_TZ (offsets differ).
package enum DateFunctions {
    package static let all: [ScalarFunction] =
        truncation + parts + adding + difference + slices + calendar + making + conversion + zones
}
