#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Signs up and resets a password by mail, through a mail server that wants STARTTLS and a log-in.

    pip install aiosmtpd cryptography
    mail.py FACEKIT

FACEKIT is the built command. Ends with a line "ok" or an assertion.
"""

import datetime
import email
import email.policy
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

mails = []
folder = tempfile.TemporaryDirectory()


def certificate():
    """A certificate for localhost, and the paths of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = [os.path.join(folder.name, each) for each in ("certificate.pem", "key.pem")]
    with open(paths[0], "wb") as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
    with open(paths[1], "wb") as file:
        file.write(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mails.append((session.ssl is not None, envelope.rcpt_tos, envelope.content))
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"face", b"secret word"))


paths = certificate()
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(*paths)
controller = Controller(
    Handler(), hostname="127.0.0.1", port=0, tls_context=context, require_starttls=True, authenticator=authenticate,
    auth_required=True, server_hostname="localhost",
)
# A port of the system's choice is not foreseen there.
with socket.create_server(("127.0.0.1", 0)) as probe:
    controller.port = probe.getsockname()[1]
controller.start()

settings = {
    "mail.enabled": "true", "mail.host": "localhost", "mail.port": controller.port, "mail.username": "face",
    "mail.from": "face@example.org", "mail.trusted_certificates": paths[0], "accounts.host": "https://face.example.org",
    "ports.fusion": -1, "ports.flask": -1, "ports.mtcnn": -1, "ports.insightface": -1,
}
command = [sys.argv[1], "serve", "--port", "0", "--data", os.path.join(folder.name, "data")]
for name, value in settings.items():
    command += ["--set", f"{name}={value}"]
server = subprocess.Popen(
    command, stdout=subprocess.PIPE, text=True, env=os.environ | {"FACEKIT_MAIL_PASSWORD": "secret word"}
)
address = re.match(r"(http://\S+)", server.stdout.readline()).group(1)


def ask(method, path, body=None, form=None):
    headers = {}
    if body is not None:
        headers, data = {"Content-Type": "application/json"}, json.dumps(body).encode()
    elif form is not None:
        headers, data = {"Content-Type": "application/x-www-form-urlencoded"}, urllib.parse.urlencode(form).encode()
    else:
        data = None
    request = urllib.request.Request(address + path, data, headers, method=method)
    opener = urllib.request.build_opener(NoRedirects)
    try:
        with opener.open(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def log_in(password):
    form = {"grant_type": "password", "username": "grace@example.org", "password": password}
    return ask("POST", "/admin/oauth/token", form=form)[0]


def mail(subject):
    """The newest mail, which came encrypted; returns the path its link leads to here."""
    deadline = time.time() + 10
    while not mails and time.time() < deadline:
        time.sleep(0.05)
    encrypted, recipients, content = mails.pop()
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert encrypted and recipients == ["grace@example.org"], (encrypted, recipients)
    assert message["Subject"] == subject and message["From"] == "face@example.org", message.items()
    link = re.search(r"https://face\.example\.org(\S+)", message.get_content()).group(1)
    return link


try:
    person = {"email": "ada@example.org", "password": "12345678", "firstName": "Ada", "lastName": "L"}
    assert ask("POST", "/admin/user/register", person) == (201, ""), "the owner needs no mail"
    person["email"] = "grace@example.org"
    assert ask("POST", "/admin/user/register", person) == (200, "")
    link = mail("CompreFace Registration")
    assert log_in("12345678") == 400, "not confirmed yet"
    assert ask("GET", link)[0] == 302
    assert log_in("12345678") == 200
    assert ask("POST", "/admin/user/forgot-password", {"email": "grace@example.org"}) == (200, "")
    link = mail("CompreFace Reset Password")
    token = link.split("token=")[1]
    assert ask("PUT", f"/admin/user/reset-password?token={token}", {"password": "87654321"}) == (200, "")
    assert log_in("12345678") == 400 and log_in("87654321") == 200
    controller.stop()
    status, text = ask("POST", "/admin/user/forgot-password", {"email": "grace@example.org"})
    assert status == 400 and json.loads(text)["code"] == 24, (status, text)
    print("ok")
finally:
    server.terminate()
    server.wait()
    folder.cleanup()
