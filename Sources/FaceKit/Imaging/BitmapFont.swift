// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Letters of 5×7 pixels for labels on pictures: printable ASCII.
enum BitmapFont {
    /// Columns of a letter.
    static let width = 5
    /// Rows of a letter.
    static let height = 7
    /// Columns from one letter to the next.
    static let advance = width + 1

    /// Whether the letter of an ASCII code has ink at a column and row; other codes show as a question mark.
    static func hasInk(code: UInt8, column: Int, row: Int) -> Bool {
        let index = (0x20...0x7E).contains(code) ? Int(code) - 0x20 : Int(UInt8(ascii: "?")) - 0x20
        return letters[index] >> (width * height - 1 - row * width - column) & 1 == 1
    }

    /// 35 bits per letter: rows from the top, columns from the left, the first pixel in the highest bit.
    private static let letters: [UInt64] = [
        0x000000000, 0x108421004, 0x294A00000, 0x295F57D4A, 0x11F4717C4, 0x632222263,  //   to %
        0x32544564D, 0x108800000, 0x088842082, 0x208210888, 0x009575480, 0x0084F9080,  // & to +
        0x000003088, 0x0000F8000, 0x00000018C, 0x002222200, 0x3A33AE62E, 0x11842108E,  // , to 1
        0x3A211111F, 0x7C441062E, 0x08CA97C42, 0x7E1E0862E, 0x1910F462E, 0x7C2222108,  // 2 to 7
        0x3A317462E, 0x3A317844C, 0x018C03180, 0x018C03088, 0x088882082, 0x001F07C00,  // 8 to =
        0x208208888, 0x3A2111004, 0x3A37ADE0F, 0x3A31FC631, 0x7A31F463E, 0x3A308422E,  // > to C
        0x7A318C63E, 0x7E10F421F, 0x7E10F4210, 0x3A30BC62F, 0x4631FC631, 0x38842108E,  // D to I
        0x1C4210A4C, 0x4654C5251, 0x42108421F, 0x4775AC631, 0x47359C631, 0x3A318C62E,  // J to O
        0x7A31F4210, 0x3A318D64D, 0x7A31F5251, 0x3E107043E, 0x7C8421084, 0x46318C62E,  // P to U
        0x46318C544, 0x4631AD771, 0x462A22A31, 0x462A21084, 0x7C222221F, 0x39084210E,  // V to [
        0x020820820, 0x38421084E, 0x115100000, 0x00000001F, 0x208200000, 0x000E0BE2F,  // \ to a
        0x421E8C63E, 0x000F8420F, 0x042F8C62F, 0x000E8FE0F, 0x1908F2108, 0x01F18BC2E,  // b to g
        0x421E8C631, 0x100C2108E, 0x080610A4C, 0x4212A6292, 0x30842108E, 0x001AAD6B1,  // h to m
        0x001E8C631, 0x000E8C62E, 0x03D18FA10, 0x01F18BC21, 0x0016C4210, 0x000F8383E,  // n to s
        0x211E42106, 0x00118C62F, 0x00118C544, 0x00118D6AA, 0x001151151, 0x02318BC2E,  // t to y
        0x001F1111F, 0x088441082, 0x108421084, 0x208411088, 0x0008A8800,  // z to ~
    ]
}
