// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

@main
enum Program {
    // On the main thread, before another one has a pool of its own.
    @MainActor static func main() async {
        if CommandLine.arguments.dropFirst().first == "serve" { ComputeOptions.shareMemoryPools() }
        await FaceKitCommand.main()
    }
}
