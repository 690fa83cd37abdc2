# SPDX-License-Identifier: Apache-2.0
"""A hostile owner on a channel: a script of tests/deploy/owner.c."""

import socket
import subprocess

from conftest import ROOT
from relay import in_background, relay

OWNER = ROOT / "build/tests/deploy/owner"


class Owner:
    def __init__(self, channel, *words):
        ours, its = socket.socketpair()
        self.relay = in_background(relay, ours, channel.tls)
        command = [OWNER, "--fd", str(its.fileno()), *map(str, words)]
        self.process = subprocess.Popen(
            command, pass_fds=[its.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        its.close()

    def lines(self, timeout=60):
        """What it printed, to its end."""
        out, _ = self.process.communicate(timeout=timeout)
        assert self.process.returncode == 0, out
        self.relay.join(timeout)
        return out.decode().splitlines()

    def do(self, *steps):
        """Where the script ends in "-"."""
        self.process.stdin.write("".join(f"{s}\n" for s in steps).encode())
        self.process.stdin.flush()

    def until(self, word):
        """What it printed up to a line that begins so."""
        lines = []
        while not lines or not lines[-1].startswith(word):
            line = self.process.stdout.readline().decode()
            assert line, lines
            lines.append(line.rstrip("\n"))
        return lines

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.relay.join(30)
