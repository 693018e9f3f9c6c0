// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import CoreMetrics
import Metrics

/// What the server measures, through swift-metrics.
public struct ServerMetrics: Sendable {
    private let factory: any MetricsFactory

    /// Measures through a factory, such as ``PrometheusMetrics``.
    public init(factory: any MetricsFactory) { self.factory = factory }

    /// Measures nothing.
    public static let none = ServerMetrics(factory: NOOPMetricsHandler.instance)

    /// A request was answered.
    func answered(system: String, route: String, method: String, status: Int, seconds: Double) {
        Counter(
            label: "facekit_http_requests_total",
            dimensions: [("system", system), ("route", route), ("method", method), ("status", String(status))],
            factory: factory
        ).increment()
        Timer(
            label: "facekit_http_request_duration_seconds",
            dimensions: [("system", system), ("route", route)],
            factory: factory
        ).recordNanoseconds(nanoseconds(seconds))
    }

    /// Requests begin and end to be in work.
    func inFlight(_ count: Int) {
        Gauge(label: "facekit_http_requests_in_flight", dimensions: [], factory: factory).record(count)
    }

    /// A request was refused because the queue was full.
    func refused() {
        Counter(label: "facekit_queue_refused_total", dimensions: [], factory: factory).increment()
    }

    /// The queue has another length.
    func queue(length: Int) {
        Gauge(label: "facekit_queue_length", dimensions: [], factory: factory).record(length)
    }

    /// Work began after a time in the queue.
    func waited(seconds: Double) {
        Timer(label: "facekit_queue_wait_seconds", dimensions: [], factory: factory)
            .recordNanoseconds(nanoseconds(seconds))
    }

    /// A stage of the pipeline was done.
    func stage(_ name: String, seconds: Double) {
        Timer(label: "facekit_stage_duration_seconds", dimensions: [("stage", name)], factory: factory)
            .recordNanoseconds(nanoseconds(seconds))
    }

    /// Faces were found.
    func faces(_ count: Int) {
        Counter(label: "facekit_faces_total", dimensions: [], factory: factory).increment(by: count)
    }

    private func nanoseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }
}
