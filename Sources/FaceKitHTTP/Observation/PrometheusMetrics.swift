// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import CoreMetrics
import Synchronization

/// Keeps metrics and prints them in Prometheus' text format.
///
/// Timers become histograms in seconds. Label values come from the server's own tables, never from requests, so their
/// number is bounded.
public final class PrometheusMetrics: MetricsFactory, Sendable {
    private struct Key: Hashable {
        var name: String
        var labels: String
    }

    private let series = Mutex<[Key: any PrometheusSeries]>([:])

    /// Creates an empty set of metrics.
    public init() {}

    /// Everything measured so far, in Prometheus' text format, version 0.0.4.
    public var text: String {
        let series = series.withLock { $0 }
        var lines: [String] = []
        var lastName: String?
        for (key, value) in series.sorted(by: { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }) {
            if key.name != lastName {
                lines.append("# TYPE \(key.name) \(value.kind)")
                lastName = key.name
            }
            lines += value.lines(name: key.name, labels: key.labels)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func existing<Series: PrometheusSeries>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ make: () -> Series
    ) -> Series {
        let key = Key(name: label, labels: Self.labels(dimensions))
        return series.withLock { series in
            if let known = series[key] as? Series { return known }
            let new = make()
            series[key] = new
            return new
        }
    }

    private static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.map { name, value in
            let escaped = value.map { character -> String in
                switch character {
                case "\\": "\\\\"
                case "\"": "\\\""
                case "\n": "\\n"
                default: String(character)
                }
            }.joined()
            return "\(name)=\"\(escaped)\""
        }.joined(separator: ",")
    }

    /// Returns the counter of a name and its labels.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        existing(label, dimensions) { PrometheusCounter() }
    }

    /// Returns the gauge or histogram of a name and its labels.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate
            ? existing(label, dimensions) { PrometheusHistogram() }
            : existing(label, dimensions) { PrometheusGauge() } as any RecorderHandler
    }

    /// Returns the meter of a name and its labels.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        existing(label, dimensions) { PrometheusGauge() }
    }

    /// Returns the histogram of a name and its labels.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        existing(label, dimensions) { PrometheusHistogram() }
    }

    /// Does nothing: counters live as long as the process.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing: gauges live as long as the process.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing: meters live as long as the process.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing: timers live as long as the process.
    public func destroyTimer(_ handler: any TimerHandler) {}
}

/// A metric with one set of labels.
private protocol PrometheusSeries: AnyObject, Sendable {
    var kind: String { get }
    func lines(name: String, labels: String) -> [String]
}

private final class PrometheusCounter: CounterHandler, PrometheusSeries {
    private let value = Mutex<Int64>(0)
    let kind = "counter"

    func increment(by amount: Int64) { value.withLock { $0 &+= amount } }
    func reset() { value.withLock { $0 = 0 } }

    func lines(name: String, labels: String) -> [String] {
        [name + (labels.isEmpty ? "" : "{\(labels)}") + " \(value.withLock { $0 })"]
    }
}

private final class PrometheusGauge: RecorderHandler, MeterHandler, PrometheusSeries {
    private let value = Mutex(0.0)
    let kind = "gauge"

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }

    func lines(name: String, labels: String) -> [String] {
        [name + (labels.isEmpty ? "" : "{\(labels)}") + " \(value.withLock { $0 })"]
    }
}

private final class PrometheusHistogram: RecorderHandler, TimerHandler, PrometheusSeries {
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct State {
        var counts = [Int](repeating: 0, count: PrometheusHistogram.bounds.count + 1)
        var sum = 0.0
    }

    private let state = Mutex(State())
    let kind = "histogram"

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) {
        let bucket = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func lines(name: String, labels: String) -> [String] {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total = 0
        var lines: [String] = []
        for (bound, count) in zip(Self.bounds.map(\.description) + ["+Inf"], state.counts) {
            total += count
            lines.append("\(name)_bucket{\(prefix)le=\"\(bound)\"} \(total)")
        }
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        return lines + ["\(name)_sum\(braces) \(state.sum)", "\(name)_count\(braces) \(total)"]
    }
}
