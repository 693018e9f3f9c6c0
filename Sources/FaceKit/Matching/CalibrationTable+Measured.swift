// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension CalibrationTable {
    /// The tables of embedders that FaceKit was measured with, by their spaces.
    ///
    /// Each was made by `facekit evaluate lfw --calibration` from every pair of pictures of different people within a fold
    /// of LFW's first five (View 2), about 1.4 million comparisons of faces that YuNet-n found. It says how often
    /// strangers look alike among people as those are; a table from pictures of your own kind says it better.
    public static let measured: [String: CalibrationTable] = Dictionary(
        uniqueKeysWithValues: measurements.map { measurement in
            let points = zip(rates, measurement.similarities).map {
                Point(similarity: $0.1, falseMatchRate: $0.0)
            }
            let table = CalibrationTable(
                measured: measurement.space,
                comparisons: measurement.comparisons,
                points: points
            )
            return (measurement.space, table)
        }
    )

    private static let rates = [
        0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5,
    ]

    private static let measurements: [(space: String, comparisons: Int, similarities: [Float])] = [
        (
            "face_reidentification_retail_0095@2ac8b503", 1_447_820,
            [
                0.0041, 0.0818, 0.1248, 0.1623, 0.2075, 0.2396, 0.2714, 0.3105,
                0.3381, 0.3638, 0.3981, 0.4178, 0.4361, 0.4581, 0.4763,
            ]
        ),
        (
            "mobilefacenet_foamliu@c8b7304d", 1_447_820,
            [
                0.0088, 0.0945, 0.1398, 0.1779, 0.2211, 0.2500, 0.2773, 0.3096,
                0.3329, 0.3549, 0.3833, 0.4002, 0.4211, 0.4476, 0.4629,
            ]
        ),
        (
            "edgeface_xs@32513b99", 1_447_820,
            [
                0.0081, 0.0718, 0.1056, 0.1339, 0.1669, 0.1894, 0.2108, 0.2378,
                0.2576, 0.2782, 0.3038, 0.3242, 0.3446, 0.3662, 0.3792,
            ]
        ),
        (
            "edgeface_xxs@f5570b74", 1_447_820,
            [
                0.0121, 0.0804, 0.1168, 0.1474, 0.1827, 0.2069, 0.2295, 0.2576,
                0.2772, 0.2966, 0.3233, 0.3399, 0.3563, 0.3862, 0.4115,
            ]
        ),
    ]
}
