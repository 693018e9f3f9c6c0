#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Calls the systems the way their published examples do: with curl, with requests, with fetch of Node.js.

    examples.py PICTURE OTHER_PICTURE

A server runs with its default ports, mtcnn's token "token", and CompreFace's demo keys. Ends with "ok".
"""

import base64
import json
import subprocess
import sys

import requests

picture, other = sys.argv[1:]
key = "00000000-0000-0000-0000-00000000000"
base = "http://localhost:8000/api/v1"


def curl(*arguments):
    answer = subprocess.run(["curl", "-sS", *arguments], check=True, capture_output=True, text=True).stdout
    try:
        return json.loads(answer)
    except json.JSONDecodeError:
        return answer


# CompreFace, as in the guide (curl and its two functions for web pages).
header = ["-H", f"x-api-key: {key}2"]
curl("-X", "DELETE", f"{base}/recognition/subjects", "-H", "Content-Type: application/json", *header)
assert curl("-X", "POST", f"{base}/recognition/subjects", "-H", "Content-Type: application/json", *header,
            "-d", '{"subject": "subject1"}') == {"subject": "subject1"}
assert curl("-X", "GET", f"{base}/recognition/subjects/", "-H", "Content-Type: application/json", *header) == {
    "subjects": ["subject1"]}
added = curl("-X", "POST", f"{base}/recognition/faces?subject=subject1&det_prob_threshold=0.8",
             "-H", "Content-Type: multipart/form-data", *header, "-F", f"file=@{picture}")
assert added["subject"] == "subject1", added
found = curl("-X", "POST", f"{base}/recognition/recognize?limit=0&prediction_count=1&det_prob_threshold=0.8"
             "&face_plugins=age,gender,landmarks,calculator&status=true",
             "-H", "Content-Type: multipart/form-data", *header, "-F", f"file=@{other}")
face = found["result"][0]
assert face["subjects"][0]["subject"] == "subject1" and face["subjects"][0]["similarity"] > 0.5, face["subjects"]
assert len(face["age"]) == 2 and face["gender"] in ("male", "female"), (face["age"], face["gender"])
assert set(face["execution_time"]) == {"age", "gender", "detector", "calculator"}
page = curl("-X", "GET", f"{base}/recognition/faces?page=0&size=10", *header)
assert (page["page_size"], page["total_elements"]) == (10, 1), page
verified = curl("-X", "POST", f"{base}/recognition/faces/{added['image_id']}/verify?limit=0", *header,
                "-F", f"file=@{other}")
assert verified["result"][0]["similarity"] > 0.5, verified
image = subprocess.run(["curl", "-sS", f"{base}/static/{key}2/images/{added['image_id']}"], capture_output=True).stdout
assert image == open(picture, "rb").read()
assert curl("-X", "POST", f"{base}/verification/verify?limit=0&prediction_count=1&status=false",
            "-H", f"x-api-key: {key}4", "-F", f"source_image=@{picture}", "-F", f"target_image=@{other}"
            )["result"][0]["face_matches"][0]["similarity"] > 0.5
encoded = base64.b64encode(open(other, "rb").read()).decode()
recognized = requests.post(f"{base}/recognition/recognize", headers={"x-api-key": key + "2"}, json={"file": encoded}).json()
assert recognized["result"][0]["subjects"][0]["subject"] == "subject1"
script = """
const fs = require('fs');
(async () => {
  const form = () => { const data = new FormData();
    data.append('file', new Blob([fs.readFileSync(process.argv[1])]), 'photo.jpg'); return data; };
  const headers = { 'x-api-key': '%s2' };
  let r = await fetch('%s/recognition/faces/?subject=' + encodeURIComponent('sub ject/2'),
    { method: 'POST', headers, body: form() });
  console.log(JSON.stringify(await r.json()));
  r = await fetch('%s/recognition/recognize', { method: 'POST', headers, body: form() });
  console.log(JSON.stringify(await r.json()));
})();
""" % (key, base, base)
lines = subprocess.run(["node", "-e", script, picture], check=True, capture_output=True, text=True).stdout.splitlines()
assert json.loads(lines[0])["subject"] == "sub ject/2", lines[0]
assert json.loads(lines[1])["result"][0]["subjects"], lines[1]

# mtcnn_demo: curl and requests.
answer = curl("--location", "--request", "POST", "http://127.0.0.1:30025/upload", "--header", "Authorization: token",
              "--form", f'image=@"{picture}"')
assert answer["face_total"] >= 1 and answer["mark_image_face_b64"].startswith("/9j/"), answer
response = requests.request(
    "POST", "http://127.0.0.1:30025/upload", headers={"Authorization": "token"}, data={},
    files=[("image", ("a b.png", open(picture, "rb"), "image/png"))])
assert response.json()["face_total"] >= 1
many = requests.post("http://127.0.0.1:30025/uploads", headers={"Authorization": "token"},
                     files=[("image", open(picture, "rb")), ("image", open(other, "rb"))]).json()
assert len(many) == 2


# InsightFace-REST: the README's Python.
def file2base64(path):
    with open(path, mode="rb") as fl:
        return base64.b64encode(fl.read()).decode("ascii")


req = {"images": {"data": [file2base64(path) for path in (picture, other)]}, "max_size": 640}
data = requests.post("http://localhost:18080/extract", json=req).json()
assert len(data) == 2 and abs(sum(x * x for x in data[0][0]["vec"]) - 1) < 1e-4

# FaceRecognition: form in, token out, into the set, found.
faces = requests.post("http://localhost:5000/detect", files={"image_file": open(picture, "rb")}).json()
token = faces["faces"][0]["face_token"]
named = requests.get("http://localhost:5000/addface", params={"face_token": token, "face_name": "someone"}).json()
assert named["face_neme"] == "someone", named
hits = requests.post("http://localhost:5000/search", files={"image_file": open(other, "rb")},
                     data={"threshold": "0.65"}).json()
assert [hit["face_name"] for hit in hits["cmp_result"]].count("someone") >= 1, hits
assert requests.get("http://localhost:5000/removeface", params={"face_token": token}).json()["sucess"] is True

# Face_fusion_rest.
body = {"user_Id": "qk125463", "inputImage": file2base64(picture)}
assert requests.post("http://localhost:9420/checkUser", json={"openId": "qk125463"}).status_code == 200
marked = requests.post("http://localhost:9420/detect", json=body).json()
assert marked["type"] == "detect" and marked["outputImage"].startswith("/9j/")
assert requests.get("http://localhost:9420/rest/init_compare_image").json() == {"status": True}
for operation in ("recognize", "fusion"):
    answer = requests.post(f"http://localhost:9420/{operation}", json=body)
    assert answer.status_code == 200 and answer.json()["type"] == operation, answer.text[:200]
history = requests.post("http://localhost:9420/user/getHistory", json={"openId": "qk125463"}).json()["history"]
assert [entry["type"] for entry in history][-3:] == ["detect", "recognize", "fusion"]
print("ok")
