// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

extension Administration {
    private static func service(
        _ id: Service.ID,
        of application: Application.ID,
        in reader: any AccountReader
    ) throws -> Service {
        guard let service = try reader.service(id), service.applicationID == application else {
            throw AccountError.unknown(service: id, in: application)
        }
        return service
    }

    static func checkFree(
        serviceName name: String,
        in application: Application.ID,
        reader: any AccountReader
    ) throws {
        guard !(try reader.services(of: application).contains { $0.name.lowercased() == name.lowercased() }) else {
            throw AccountError(.nameTaken, "Name \(name) is not unique")
        }
    }

    /// The services of an application in order of creation.
    public func services(of id: Application.ID, by caller: Caller) async throws -> [Service] {
        try await look(.seeServices, application: id, by: caller) { reader, _ in try reader.services(of: id) }
    }

    /// A service and the size of its collection.
    public func service(
        _ id: Service.ID,
        of application: Application.ID,
        by caller: Caller
    ) async throws -> (service: Service, counts: CollectionCounts) {
        let service = try await look(.seeServices, application: application, by: caller) { reader, _ in
            try Self.service(id, of: application, in: reader)
        }
        guard service.type == .recognition else { return (service, CollectionCounts(subjects: 0, images: 0)) }
        return (service, try await collections.counts(of: id))
    }

    public func createService(
        name: String?,
        type: ServiceType,
        in application: Application.ID,
        by caller: Caller
    ) async throws -> Service {
        let name = try AccountRules.name(name, of: "Model name")
        let date = now()
        return try await change(.createService, record: "create-service", application: application, by: caller) {
            writer,
            _ in
            try Self.checkFree(serviceName: name, in: application, reader: writer)
            let service = Service(applicationID: application, name: name, type: type, createdDate: date)
            try writer.save(service)
            return (service, name)
        }
    }

    /// - Throws: ``AccountError/Code/nameTaken`` also when the name is the one it has.
    public func renameService(
        _ id: Service.ID,
        to name: String?,
        of application: Application.ID,
        by caller: Caller
    ) async throws -> Service {
        let name = try AccountRules.name(name, of: "Model name")
        return try await change(.renameService, record: "rename-service", application: application, by: caller) {
            writer,
            _ in
            var service = try Self.service(id, of: application, in: writer)
            let former = service.name
            let others = try writer.services(of: application).filter { $0.id != id }
            guard name != former, !others.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw AccountError(.nameTaken, "Name \(name) is not unique")
            }
            service.name = name
            try writer.save(service)
            return (service, "\(former) → \(name)")
        }
    }

    /// Makes a service of the same type with its own key and a copy of the collection.
    public func cloneService(
        _ id: Service.ID,
        name: String?,
        of application: Application.ID,
        by caller: Caller
    ) async throws -> Service {
        let name = try AccountRules.name(name, of: "Model name")
        let date = now()
        let clone = try await change(.cloneService, record: "clone-service", application: application, by: caller) {
            writer,
            _ -> (Service, subject: String?) in
            let service = try Self.service(id, of: application, in: writer)
            try Self.checkFree(serviceName: name, in: application, reader: writer)
            let clone = Service(
                applicationID: application,
                name: name,
                type: service.type,
                createdDate: date,
                settings: service.settings
            )
            try writer.save(clone)
            return (clone, "\(service.name) → \(name)")
        }
        do {
            try await collections.copy(id, to: clone.id)
        } catch {
            // Half a collection is worse than none.
            try await store.write { try $0.deleteService(clone.id) }
            try await collections.remove(clone.id)
            throw error
        }
        return clone
    }

    /// Gives a service a new key; the old one stops working at once.
    public func renewServiceKey(
        _ id: Service.ID,
        of application: Application.ID,
        by caller: Caller
    ) async throws -> Service {
        try await change(.renewServiceKey, record: "renew-service-key", application: application, by: caller) {
            writer,
            _ in
            var service = try Self.service(id, of: application, in: writer)
            service.apiKey = APIKey()
            try writer.save(service)
            return (service, service.name)
        }
    }

    /// Removes a service and its collection.
    public func deleteService(_ id: Service.ID, of application: Application.ID, by caller: Caller) async throws {
        try await change(.deleteService, record: "delete-service", application: application, by: caller) {
            writer,
            _ in
            let service = try Self.service(id, of: application, in: writer)
            try writer.deleteService(id)
            return ((), service.name)
        }
        try await collections.remove(id)
    }

    /// The requests per day of the last months, newest first, those not written yet included.
    public func statistics(
        of id: Service.ID,
        of application: Application.ID,
        by caller: Caller
    ) async throws -> [DailyCount] {
        let since = Day.text(Self.months(settings.statisticsMonths, before: now()))
        let written = try await look(.seeStatistics, application: application, by: caller) { reader, _ in
            _ = try Self.service(id, of: application, in: reader)
            return try reader.requestCounts(of: id, since: since)
        }
        var days = counter.pending(of: id)
        for count in written { days[count.day, default: 0] += count.requests }
        return days.sorted { $0.key > $1.key }.map { DailyCount(day: $0.key, requests: $0.value) }
    }
}
