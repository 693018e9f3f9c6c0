#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Uses a running server through CompreFace's official Python SDK, unmodified.

    pip install compreface-sdk "urllib3<2"
    compreface_sdk.py HOST PORT PICTURE OTHER_PICTURE_OF_THE_SAME PICTURE_OF_ANOTHER

The server has services with the keys of CompreFace's demo: 00000000-0000-0000-0000-000000000002 (recognition),
...3 (detection), ...4 (verification). Ends with a line "ok" or an assertion.
"""

import sys

from compreface import CompreFace
from compreface.collections import FaceCollection
from compreface.collections.face_collections import Subjects

host, port, first, second, other = sys.argv[1:]
key = "00000000-0000-0000-0000-00000000000"
face = CompreFace(f"http://{host}", port, {"det_prob_threshold": 0.8, "limit": 0, "status": "true"})
recognition = face.init_face_recognition(key + "2")
detection = face.init_face_detection(key + "3")
verification = face.init_face_verification(key + "4")
collection: FaceCollection = recognition.get_face_collection()
subjects: Subjects = recognition.get_subjects()

subjects.delete_all()
assert subjects.list() == {"subjects": []}, subjects.list()
assert subjects.add("one") == {"subject": "one"}
assert subjects.add("one")["code"] == 43
assert subjects.update("one", "two") == {"updated": True}
assert subjects.list() == {"subjects": ["two"]}

added = collection.add(image_path=first, subject="two", options={"det_prob_threshold": 0.8})
assert added["subject"] == "two", added
with open(other, "rb") as file:
    by_bytes = collection.add(image_path=file.read(), subject="three")
assert by_bytes["subject"] == "three", by_bytes
faces = collection.list()
assert [f["image_id"] for f in faces["faces"]] == [added["image_id"], by_bytes["image_id"]], faces

found = recognition.recognize(
    image_path=second,
    options={"limit": 1, "prediction_count": 2, "face_plugins": "landmarks,age,gender,calculator,mask", "status": "true"},
)
best = found["result"][0]["subjects"]
assert [s["subject"] for s in best] == ["two", "three"], found
assert best[0]["similarity"] > 0.5 > best[1]["similarity"], best
assert len(found["result"][0]["landmarks"]) == 5
assert set(found["plugins_versions"]) >= {"detector", "calculator", "age", "gender", "mask"}, found["plugins_versions"]

verified = collection.verify(image_path=second, image_id=added["image_id"])
assert verified["result"][0]["similarity"] == best[0]["similarity"], verified
assert verified["result"][0]["subject"] == "two"

detected = detection.detect(image_path=first, options={"face_plugins": "landmarks,gender,age"})
assert set(detected["result"][0]) == {"age", "gender", "box", "landmarks"}, detected
# Options of a call replace those of the client; without any, the client's say that times are told.
assert "execution_time" in detection.detect(image_path=first)["result"][0]
no_face = detection.detect(image_path=first, options={"det_prob_threshold": 1.0})
assert no_face == {"message": "No face is found in the given image", "code": 28}, no_face

compared = verification.verify(source_image_path=first, target_image_path=second)
assert compared["result"][0]["face_matches"][0]["similarity"] > 0.5, compared

assert collection.delete(by_bytes["image_id"])["subject"] == "three"
assert collection.delete_all("two") == {"deleted": 1}
assert subjects.list() == {"subjects": ["three"]}
assert subjects.delete("three") == {"subject": "three"}
print("ok")
