// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A JSON value whose objects keep the order of their members and whose numbers keep their written form.
///
/// The contracts print numbers in several ways (shortest decimals, rounded ones, integers), and readers compare key
/// order in logs; both are decided where a message is made, not by an encoder.
public enum JSON: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, as its literal.
    case number(String)
    /// Text.
    case string(JSONString)
    /// An array.
    case array([JSON])
    /// An array of 32-bit numbers, printed as ``float(_:)`` prints them: embeddings have hundreds.
    case floats([Float])
    /// An array of numbers as a document had it.
    case doubles([Double])
    /// An object; of members with the same name a reader sees the last.
    case object([(name: String, value: JSON)])

    /// A whole number.
    public static func int(_ value: Int) -> JSON { .number(String(value)) }

    /// The shortest decimal that reads back as `value`; `null` for what JSON cannot say.
    public static func double(_ value: Double) -> JSON {
        value.isFinite ? .number(value.description) : .null
    }

    /// The number widened to 64 bits and printed as such, the way Python prints 32-bit floats.
    public static func float(_ value: Float) -> JSON { .double(Double(value)) }

    /// The number rounded to `digits` decimals, halves away from zero, printed as short as possible.
    public static func rounded(_ value: Double, digits: Int) -> JSON {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return .double((value * scale).rounded(.toNearestOrAwayFromZero) / scale)
    }

    /// Text.
    public static func text(_ value: String) -> JSON { .string(JSONString(value)) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// An array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object with its members in the written order.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { (name: $0.0, value: $0.1) })
    }
}

extension JSON {
    /// The member `name` of an object; `nil` for other values, and where there is none.
    public subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The text of a string; `nil` for other values.
    public var text: String? {
        if case .string(let string) = self { string.text } else { nil }
    }

    /// The elements of an array; `nil` for other values.
    public var elements: [JSON]? {
        switch self {
        case .array(let elements): elements
        case .floats(let floats): floats.map(JSON.float)
        case .doubles(let doubles): doubles.map(JSON.double)
        default: nil
        }
    }

    /// Whether this is an object.
    public var isObject: Bool {
        if case .object = self { true } else { false }
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The value of a number; `nil` for other values.
    public var double: Double? {
        if case .number(let literal) = self { Double(literal) } else { nil }
    }

    /// The value of a number without a fraction, such as `3` or `3.0`; `nil` for other values and beyond 64 bits.
    public var int: Int? {
        guard case .number(let literal) = self else { return nil }
        return Int(literal) ?? Double(literal).flatMap(Int.init(exactly:))
    }

    /// The value of `true` and `false`; `nil` for other values.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The numbers of an array that holds nothing else; `nil` for other values.
    public var numbers: [Double]? {
        switch self {
        case .floats(let floats): floats.map(Double.init)
        case .doubles(let doubles): doubles
        case .array(let elements) where elements.isEmpty: []
        default: nil
        }
    }
}
