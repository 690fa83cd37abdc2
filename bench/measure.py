# SPDX-License-Identifier: Apache-2.0
"""Runs one command and says how long it took or how much memory it had.

Times are from before the spawn to after the wait, by the monotonic clock.
Memory is the proportional set size summed over the process and its descendants,
read from /proc without pause while they run. Trusts the commands it is given."""

import os
import subprocess
import time
from dataclasses import dataclass, field


class Failed(Exception):
    pass


@dataclass
class Command:
    argv: list
    env: dict = field(default_factory=dict)

    def words(self):
        return [str(word) for word in self.argv]

    def environ(self):
        return {**os.environ, **self.env}


def check(command, status, out):
    if status:
        name = os.path.basename(command.words()[0])
        raise Failed(f"{name} ended with status {status}: {out.strip()[-200:]}")


def timed(command):
    """Nanoseconds from spawn to exit, and what it wrote to standard output."""
    null = os.open(os.devnull, os.O_RDONLY)
    read_end, write_end = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, write_end, 1)]
    words, environ = command.words(), command.environ()
    start = time.perf_counter_ns()
    pid = os.posix_spawnp(words[0], words, environ, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    elapsed = time.perf_counter_ns() - start
    os.close(write_end)
    os.close(null)
    with os.fdopen(read_end) as pipe:
        out = pipe.read()
    check(command, os.waitstatus_to_exitcode(status), out)
    return elapsed, out


def pss(pid):
    """Bytes, 0 for a process that is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def parent(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def descendants(root):
    """The process tree of root, root first."""
    parents = {int(name): parent(name) for name in os.listdir("/proc") if name.isdigit()}
    tree = [root]
    for pid in tree:
        tree += [child for child, its_parent in parents.items() if its_parent == pid]
    return tree


def peak_memory(command, hold=False):
    """Peak bytes of the tree and the samples taken. A program started with `hold`
    keeps its input open after its first output until it has been looked at."""
    peak, samples, seen = 0, 0, 0
    process = subprocess.Popen(command.words(), env=command.environ(), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    os.set_blocking(process.stdout.fileno(), False)
    if not hold:
        process.stdin.close()
    out = b""
    while process.poll() is None:
        if samples % 8 == 0:
            tree = descendants(process.pid)
        peak = max(peak, sum(pss(pid) for pid in tree))
        samples += 1
        out += process.stdout.read() or b""
        seen += bool(out)
        if hold and seen == 24:
            process.stdin.close()
    out += process.stdout.read() or b""
    process.stdout.close()
    check(command, process.returncode, out.decode(errors="replace"))
    return peak, samples


def pipeline(command, size, path=None):
    """Bytes per second of a program that copies its input: from a file to
    /dev/null when path is given, else through a pipe on either side."""
    if path:
        with open(path, "rb") as source:
            start = time.perf_counter_ns()
            done = subprocess.run(command.words(), env=command.environ(), stdin=source,
                                  stdout=subprocess.DEVNULL)
            elapsed = time.perf_counter_ns() - start
        check(command, done.returncode, "")
        return size * 1e9 / elapsed
    start = time.perf_counter_ns()
    source = subprocess.Popen(["head", "-c", str(size), "/dev/zero"], stdout=subprocess.PIPE)
    copy = subprocess.Popen(command.words(), env=command.environ(), stdin=source.stdout,
                            stdout=subprocess.PIPE)
    sink = subprocess.Popen(["wc", "-c"], stdin=copy.stdout, stdout=subprocess.PIPE)
    source.stdout.close()
    copy.stdout.close()
    arrived = int(sink.communicate()[0])
    check(command, copy.wait(), "")
    elapsed = time.perf_counter_ns() - start
    source.wait()
    if arrived != size:
        raise Failed(f"{arrived} of {size} bytes arrived")
    return size * 1e9 / elapsed
