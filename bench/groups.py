# SPDX-License-Identifier: Apache-2.0
"""What is measured. A group is a function that yields cases; a case is a name, a
unit and one function per engine. The runs of a case alternate between engines."""

import os
import socket
import subprocess
import time
from dataclasses import dataclass

import build
import measure
from measure import Command

MIB = 1 << 20


@dataclass
class Case:
    group: str
    name: str
    unit: str
    less_is_better: bool
    runs: int
    ways: dict  # label -> function without arguments, returns a number
    checked: bool = False  # every way must also return the same second value

    def measure(self):
        """The numbers of each label; why it failed for a label that did."""
        numbers, failed, sums = {label: [] for label in self.ways}, {}, {}
        for turn in range(self.runs):
            labels = list(self.ways)
            for label in labels[turn % len(labels):] + labels[:turn % len(labels)]:
                if label in failed:
                    continue
                try:
                    value = self.ways[label]()
                except (measure.Failed, OSError) as error:
                    failed[label] = str(error)
                    numbers.pop(label)
                    continue
                if self.checked:
                    value, sums[label] = value
                numbers[label].append(value)
        if len(set(sums.values())) > 1:
            raise SystemExit(f"bench: {self.name}: results differ: {sums}")
        return numbers, failed


def seconds(command, before=None):
    def way():
        if before:
            before()
        return measure.timed(command)[0] / 1e9
    return way


def start(sides, quick):
    """The whole life of a program that prints one line."""
    module, runs = build.guest("hello"), 3 if quick else 40
    yield Case("start", "hello, cold", "s", True, runs,
               {side.name: seconds(side.cold(module), side.forget) for side in sides})
    ways = {}
    for side in sides:
        side.warm(module)
        ways[side.name] = seconds(side.cached(module))
        if side.name == "wasmtime":
            measure.timed(side.own_cache(module))
            ways["wasmtime, own cache"] = seconds(side.own_cache(module))
    yield Case("start", "hello, cached", "s", True, runs, ways)


def engines(sides):
    return [side for side in sides if side.name != "native"]


def compile_time(sides, quick):
    """A large module from nothing to its first instructions, where it exits."""
    runs = 1 if quick else 10
    large = [("SQLite, 1.4 MB", build.program("sqlite"), "0")]
    if not quick:
        large.append(("CPython, 26 MB", build.python(), "--version"))
    for name, module, arg in large:
        for compiler in ("cranelift", "winch"):
            able = [side for side in engines(sides) if compiler == "cranelift" or
                    side.name != "node"]
            yield Case("compile", f"{name}, {compiler}", "s", True, runs,
                       {side.name: seconds(side.cold(module, arg, compiler=compiler), side.forget)
                        for side in able})


def peak(command, hold=False, before=None):
    def way():
        if before:
            before()
        return measure.peak_memory(command, hold)[0] / MIB
    return way


def memory(sides, quick):
    """Peak proportional set size over the process tree."""
    runs, module = 2 if quick else 10, build.guest("hello")
    yield Case("memory", "hello, cold", "MiB", True, runs,
               {side.name: peak(side.cold(module, "hold"), True, side.forget) for side in sides})
    for side in sides:
        side.warm(module)
    yield Case("memory", "hello, cached", "MiB", True, runs,
               {side.name: peak(side.cached(module, "hold"), True) for side in sides})
    module = build.program("sqlite")
    yield Case("memory", "compile SQLite", "MiB", True, runs,
               {side.name: peak(side.cold(module, "0"), False, side.forget)
                for side in engines(sides)})
    for side in engines(sides):
        side.warm(module)
    yield Case("memory", "run SQLite, cached", "MiB", True, runs,
               {side.name: peak(side.cached(module, "1")) for side in engines(sides)})


def io(sides, quick):
    """Standard input to standard output, 64 KiB a call, start included."""
    module, runs = build.guest("cat"), 2 if quick else 10
    size = (64 if quick else 2048) * MIB
    path = build.OUT / "input"
    with open(path, "wb") as file:
        for _ in range(size // MIB):
            file.write(os.urandom(4096) * 256)
    commands = {}
    for side in sides:
        side.warm(module)
        commands[side.name] = side.cached(module)

    def rate(command, source=None):
        return lambda: measure.pipeline(command, size, source) / 2**30

    yield Case("io", "pipe to pipe", "GiB/s", False, runs,
               {label: rate(command) for label, command in commands.items()})
    yield Case("io", "file to /dev/null", "GiB/s", False, runs,
               {label: rate(command, path) for label, command in commands.items()})
    path.unlink()


CONFIG = """\
files = [ {{ kind = "stdin" }}, {{ kind = "stdout" }}, {{ kind = "stderr" }},
          {{ kind = "listen", prot = "tcp", name = "echo", addr = "127.0.0.1", port = {port} }} ]
"""


def echo_server(side, module, json=False, stderr=None):
    """Starts the server at a free port; the process and the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listener.getsockname()[1]
    if side.name == "native":
        binary, fd = side.cached(module).words()[0], listener.fileno()
        server = subprocess.Popen(["sh", "-c", f'exec "$0" 3<&{fd}', binary], pass_fds=[fd])
        listener.close()
        return server, port
    listener.close()
    config = build.OUT / "Enarx.toml"
    config.write_text(CONFIG.format(port=port))
    command = side.cached(module, config=config, json=json)
    return subprocess.Popen(command.words(), env=command.environ(), stdin=subprocess.DEVNULL,
                            stderr=stderr), port


def dial(port):
    """A connection, once the server listens."""
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5)
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise measure.Failed("the echo server does not listen")


def end(process):
    """Waits for a process that should be ending; kills it if it is not."""
    try:
        process.wait(10)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.wait()
        raise measure.Failed("it does not end when its connections do") from error


def answers(side, module, load):
    """Requests per second of a server that polls its listener and connections."""
    def way():
        server, port = echo_server(side, module)
        try:
            with dial(port) as first:
                rate = float(measure.timed(Command([load[0], port, *load[1:]]))[1])
                first.sendall(b"quit")
        except measure.Failed:
            server.kill()
            raise
        finally:
            end(server)
        return rate
    return way


def answers_stdio(command, load):
    """Requests per second of a copier whose input and output are the connection."""
    def way():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(5)
            words = [str(load[0]), str(listener.getsockname()[1]), *map(str, load[1:])]
            client = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
            connection = listener.accept()[0]
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            copier = subprocess.Popen(command.words(), env=command.environ(),
                                      stdin=connection, stdout=connection)
        rate = client.communicate()[0]
        end(copier)
        measure.check(command, client.returncode, rate)
        return float(rate)
    return way


def echo(sides, quick):
    """TCP echo of 64 bytes."""
    cat, module, load = build.guest("cat"), build.guest("echo"), build.native("load")
    span, runs = ("0.2", 1) if quick else ("2", 10)
    for side in sides:
        side.warm(cat)
        side.warm(module)
    yield Case("echo", "as stdin and stdout", "requests/s", False, runs,
               {side.name: answers_stdio(side.cached(cat), [load, 1, span]) for side in sides})
    able = [side for side in sides if side.name in ("enarx", "native")]
    for name, words in (("listener, 1 client", [1, span]), ("listener, 16 clients", [16, span]),
                        ("listener, reconnecting", [4, span, "reconnect"])):
        if able:
            yield Case("echo", name, "requests/s", False, runs,
                       {side.name: answers(side, module, [load, *words]) for side in able})


def kernel(command):
    def way():
        elapsed, total = measure.timed(command)[1].split()
        return int(elapsed) / 1e9, total
    return way


def compute(sides, quick, names=None):
    """Kernels that time themselves, from code that is already compiled; all, or those named."""
    for row in build.TABLE["kernel"]:
        if names and row["name"] not in names:
            continue
        module = build.program(row.get("program", row["name"]))
        args = ["1" if quick else str(row["reps"]), row.get("mode", "")]
        for side in engines(sides):
            side.warm(module)
        yield Case("compute", row["name"], "s", True, 1 if quick else 10,
                   {side.name: kernel(side.cached(module, *args)) for side in engines(sides)},
                   checked=True)


GROUPS = {"start": start, "compile": compile_time, "memory": memory, "io": io, "echo": echo,
          "compute": compute}
