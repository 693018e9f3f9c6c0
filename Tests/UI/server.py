# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.

"""Starts and stops `facekit serve` on an empty data folder."""

import os
import re
import shutil
import subprocess
import tempfile
import threading


class Server:
    """A server with a folder of its own; only the main listener is open."""

    def __init__(self, executable, settings=()):
        self.data = tempfile.mkdtemp(prefix="facekit-ui-")
        command = [executable, "serve", "--data", self.data, "--port", "0"]
        for name in ("fusion", "flask", "mtcnn", "insightface"):
            command += ["--set", f"ports.{name}=-1"]
        for setting in settings:
            command += ["--set", setting]
        self.log = open(os.path.join(self.data, "server.log"), "wb")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.address = self._address()
        # What the server says later must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def _address(self):
        for line in self.process.stdout:
            found = re.match(r"(https?://\S+)", line)
            if found:
                return found.group(1)
        raise RuntimeError(f"the server did not start: {self.log_text()}")

    def log_text(self):
        with open(os.path.join(self.data, "server.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.data, ignore_errors=True)
