# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""The engines that are compared.

Each is made for a network, its input and a number of threads; `outputs` are the first run's in the order of the file,
and `time(runs)` gives the milliseconds of that many runs in a row.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np


class CannotRun(Exception):
    """Why an engine does not run a network."""


class FaceKit:
    title = "FaceKit"

    def __init__(self, network, values, threads, work, level=None):
        inputs, outputs = work / "input.f32", work / f"facekit-{level}-{threads}.f32"
        values.astype("<f4").tofile(inputs)
        command = self.command(network, threads, level) + ["--serve", "--input", str(inputs), "--output", str(outputs)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        if not line:
            raise CannotRun(self.process.communicate()[1].strip().splitlines()[0])
        self.loading = json.loads(line)
        flat, start = np.fromfile(outputs, "<f4"), 0
        self.outputs = []
        for shape in self.loading["outputShapes"]:
            count = int(np.prod(shape))
            self.outputs.append(flat[start:start + count].reshape(shape))
            start += count

    @staticmethod
    def command(network, threads, level):
        binary = os.environ.get("FACEKIT") or str(pathlib.Path(__file__).parents[2] / ".build/release/facekit")
        command = [binary, "bench", "model", str(network.path), "--threads", str(threads)]
        command += ["--shape", "x".join(map(str, network.shape))]
        return command + (["--level", level] if level else [])

    @classmethod
    def profile(cls, network, threads, level):
        """The shares of the kinds of operators, by falling share."""
        return cls.measured(network, threads, level)["operators"]

    @classmethod
    def measured(cls, network, threads, level):
        answer = subprocess.run(cls.command(network, threads, level) + ["--json"], check=True, capture_output=True)
        return json.loads(answer.stdout)

    def time(self, runs):
        self.process.stdin.write(f"{runs}\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.communicate()


class Peer:
    """An engine in this process."""

    def time(self, runs):
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            self.run()
            times.append((time.perf_counter() - start) * 1000)
        return times

    def close(self):
        pass


class ONNXRuntime(Peer):
    title = "ONNX Runtime"

    def __init__(self, network, values, threads, work):
        self.session = self.make_session(network, threads)
        self.outputs = self.session.run(None, {network.input_name: values})
        # Bound inputs and outputs spare the conversions of the Python interface.
        self.binding = self.session.io_binding()
        self.binding.bind_cpu_input(network.input_name, values)
        for output in self.session.get_outputs():
            self.binding.bind_output(output.name, "cpu")

    def run(self):
        self.session.run_with_iobinding(self.binding)

    @staticmethod
    def make_session(network, threads):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        for name, extent in network.open_extents.items():
            options.add_free_dimension_override_by_name(name, extent)
        return onnxruntime.InferenceSession(str(network.path), options, providers=["CPUExecutionProvider"])


class OpenVINO(Peer):
    title = "OpenVINO"

    def __init__(self, network, values, threads, work):
        import openvino

        core = openvino.Core()
        try:
            model = core.read_model(str(network.path))
            model.reshape({network.input_name: list(network.shape)})
            compiled = core.compile_model(model, "CPU", {
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": 1,
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": "f32",
            })
        except RuntimeError as error:
            raise CannotRun("is not read: " + str(error).strip().splitlines()[-1][:80]) from error
        self.request = compiled.create_infer_request()
        self.request.set_input_tensor(openvino.Tensor(values))
        self.run()
        self.outputs = [self.request.get_tensor(port).data.copy() for port in compiled.outputs]

    def run(self):
        self.request.infer()


class NCNN(Peer):
    title = "ncnn"

    def __init__(self, network, values, threads, work):
        prefix = self.convert(network, work)
        probe = [sys.executable, __file__, str(prefix), "x".join(map(str, network.shape))]
        try:
            # A network that was converted wrongly may take the process with it.
            tried = subprocess.run(probe, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired as error:
            raise CannotRun("does not end on the converted network") from error
        if tried.returncode != 0:
            raise CannotRun("fails on the converted network")
        self.load(prefix, values, threads)

    def load(self, prefix, values, threads):
        import ncnn

        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        self.net.opt.use_vulkan_compute = False
        if self.net.load_param(f"{prefix}.ncnn.param") != 0 or self.net.load_model(f"{prefix}.ncnn.bin") != 0:
            raise CannotRun("does not load the converted network")
        self.input = ncnn.Mat(values[0]).clone()
        self.names = sorted(self.net.output_names(), key=lambda name: int(name.removeprefix("out")))
        self.outputs = [np.array(mat) for mat in self.run()]

    def run(self):
        with self.net.create_extractor() as extractor:
            extractor.input("in0", self.input)
            found = [extractor.extract(name) for name in self.names]
        if any(code != 0 for code, _ in found):
            raise CannotRun("cannot run the converted network")
        return [mat for _, mat in found]

    @staticmethod
    def convert(network, work):
        """Converts with pnnx, which writes its files beside the model."""
        import importlib.util

        model = work / f"{network.name}.onnx"
        prefix = work / network.name
        if not pathlib.Path(f"{prefix}.ncnn.bin").exists():
            package = importlib.util.find_spec("pnnx")
            if package is None:
                raise CannotRun("pnnx, which converts, is not installed")
            shutil.copyfile(network.path, model)
            shape = "inputshape=[" + ",".join(map(str, network.shape)) + "]f32"
            converter = str(pathlib.Path(package.origin).parent / "pnnx")
            try:
                subprocess.run([converter, str(model), shape, "fp16=0"], cwd=work, capture_output=True, timeout=300)
            except subprocess.TimeoutExpired as error:
                raise CannotRun("pnnx does not end") from error
            if not pathlib.Path(f"{prefix}.ncnn.bin").exists():
                raise CannotRun("pnnx does not convert it")
        return prefix


PEERS = {"onnxruntime": ONNXRuntime, "ncnn": NCNN, "openvino": OpenVINO}


if __name__ == "__main__":
    probed = NCNN.__new__(NCNN)
    probed.load(sys.argv[1], np.zeros([int(extent) for extent in sys.argv[2].split("x")], np.float32), 1)
