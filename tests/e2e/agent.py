# SPDX-License-Identifier: Apache-2.0
"""A host agent for tests, clients that know nothing of our code, and fixtures: a module that
imports them has them."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from conftest import Enarx, ROOT, children
from tls import openssl

# `enarx host` whose keeps do what their visitor says: tests/agent/rogue.c; or one without a
# check, for tests/agent/without.
ROGUE = Path(os.environ.get("ENARX_ROGUE", ROOT / "build/tests/agent/enarx"))
needs_rogue = pytest.mark.skipif(not ROGUE.exists(), reason=f"{ROGUE} is not built: make tests")
MIB = 1 << 20
PROTOCOL = "enarx-keep/1"


def until(question, seconds=10, every=0.02):
    """Asks again until the answer is true, and returns it."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(every)
    return answer


def resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


class Channel:
    """The upgraded connection: plain bytes to and from a keep, over TLS of our own."""

    def __init__(self, agent, keep, token=None, early=b"", context=None):
        self.tcp = socket.create_connection((agent.host, agent.port), timeout=30)
        self.tls = (context or agent.context()).wrap_socket(
            self.tcp, server_hostname="localhost", suppress_ragged_eofs=True
        )
        head = [
            f"GET /v1/keeps/{keep}/channel HTTP/1.1",
            f"Host: localhost:{agent.port}",
            "Connection: Upgrade",
            f"Upgrade: {PROTOCOL}",
        ]
        head += [f"Authorization: Bearer {token}"] if token else []
        self.tls.sendall("\r\n".join([*head, "", ""]).encode() + early)
        answer = b""
        while b"\r\n\r\n" not in answer:
            byte = self.tls.recv(1)
            if not byte:
                break
            answer += byte
        self.status = int(answer.split()[1]) if answer else 0

    def send(self, data):
        self.tls.sendall(data.encode() if isinstance(data, str) else data)

    def receive(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.tls.recv(min(size - len(data), 1 << 20))
            if not part:
                break
            data += part
        return bytes(data)

    def rest(self):
        data = bytearray()
        while part := self.tls.recv(1 << 20):
            data += part
        return bytes(data)

    def close(self):
        self.tls.close()

    def reset(self):
        """Ends without a word, as a machine that is switched off and on again."""
        linger = b"\1\0\0\0\0\0\0\0"
        self.tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.tls.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Agent:
    """`enarx host` with a state of its own. What it says is in a file.

    with Agent(enarx) as agent: it is there, and then no more.
    """

    def __init__(self, enarx, *args, dev=True, program=None, prefix=(), **options):
        listen = () if "--listen" in args else ("--listen", "127.0.0.1:0")
        self.state = enarx.home / "agent"
        self.err_path = enarx.home / f"agent-{time.monotonic_ns()}.err"
        command = [*prefix, program or enarx.path, "host", "--state-dir", self.state]
        command += ["--dev"] if dev else []
        with open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                [*map(str, command), *listen, *map(str, args)],
                env=enarx.env,
                stdin=subprocess.DEVNULL,
                stderr=err,
                **options,
            )
        self.host, self.port, self.source = "127.0.0.1", None, None

    @property
    def err(self):
        return self.err_path.read_text(errors="backslashreplace")

    @property
    def pid(self):
        return self.process.pid

    def ready(self):
        line = until(
            lambda: re.search(r"^enarx: listening on https://(.*):(\d+)$", self.err, re.M)
            or self.process.poll() is not None,
            60,
        )
        assert line is not True, self.err
        self.port = int(line[2])
        return self

    def __enter__(self):
        return self.ready()

    def __exit__(self, *_):
        self.stop()

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def context(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def request(self, method, path, body=None, token=None, headers=(), context=None, timeout=30):
        connection = http.client.HTTPSConnection(
            self.host,
            self.port,
            context=context or self.context(),
            timeout=timeout,
            source_address=self.source,
        )
        headers = {"Host": f"localhost:{self.port}", **dict(headers)}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.headers = answer.headers
        if answer.headers.get_content_type() == "application/json" and content:
            content = json.loads(content)
        return answer.status, content

    def get(self, path, **options):
        status, content = self.request("GET", path, **options)
        assert status == 200, content
        return content

    def create(self, backend="nil", **options):
        status, keep = self.request("POST", "/v1/keeps", json.dumps({"backend": backend}), **options)
        assert status == 201, keep
        return keep

    def list(self, **options):
        return self.get("/v1/keeps", **options)["keeps"]

    def end(self, keep, **options):
        return self.request("DELETE", f"/v1/keeps/{keep['id']}", **options)

    def show(self, keep, **options):
        return self.get(f"/v1/keeps/{keep['id']}", **options)

    def ended(self, keep, seconds=10, **options):
        """The keep once it has ended."""
        return until(
            lambda: (shown := self.show(keep, **options))["state"] == "ended" and shown, seconds
        )

    def channel(self, keep, **options):
        return Channel(self, keep["id"], **options)

    def ask(self, keep, line, **options):
        """A new channel whose keep was told that line."""
        channel = self.channel(keep, **options)
        assert channel.status == 101
        channel.send(line + "\n")
        return channel

    def keeps(self):
        """The processes of its keeps."""
        return children(self.pid)

    def descendants(self):
        """Those, and what they may have started."""
        found = rest = self.keeps()
        while rest := set().union(*(children(pid) for pid in rest)) - found:
            found = found | rest
        return found

    def keep_pid(self, keep):
        (pid,) = (
            pid
            for pid in self.keeps()
            if keep["id"].encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        return pid

    def metrics(self, **options):
        text = self.get("/metrics", **options).decode()
        return dict(
            line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")
        )

    def alive(self):
        """It answers, and quickly."""
        began = time.monotonic()
        assert self.get("/healthz") == {"alive": True}
        assert time.monotonic() - began < 5
        assert self.process.poll() is None

    def stop(self, how=signal.SIGTERM):
        """Ends it at once and waits. Two signals that wait to be taken are one."""
        for _ in range(100):
            if self.process.poll() is not None:
                break
            self.process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.2)
        return self.process.wait(timeout=1)


# ---- fixtures ----


@pytest.fixture
def home(tmp_path):
    home = Enarx(ROGUE, tmp_path / "home")
    home.env["ENARX_LOG"] = "error"  # nothing of keys that are made once
    return home


@pytest.fixture
def start(home):
    """start("--idle", "1s") is an agent with those options."""
    agents = []

    def begin(*args, **options):
        agents.append(Agent(home, *args, **options))
        return agents[-1].ready()

    yield begin
    for agent in agents:
        agent.stop()
        assert agent.process.returncode in (0, -signal.SIGKILL), agent.err


@pytest.fixture
def agent(start):
    return start()


def make_ca(folder, name):
    openssl(*"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(),
            "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}", cwd=folder)


def make_cert(folder, name, ca, key=None):
    """A certificate of that name by that authority, of a new key or of another's."""
    if key is None:
        key = name
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{key}.key",
                cwd=folder)
    openssl("req", "-new", "-key", f"{key}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}",
            cwd=folder)
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-out", f"{name}.crt", cwd=folder)


@pytest.fixture
def pki(tmp_path):
    folder = tmp_path / "pki"
    folder.mkdir()
    make_ca(folder, "server")
    make_ca(folder, "people")
    make_ca(folder, "strangers")
    for path in folder.iterdir():
        path.chmod(0o600)
    return folder


def identity(pki):
    return ["--cert", pki / "server.crt", "--key", pki / "server.key"]


def write_tokens(path, **tokens):
    path.write_text("# who may\n\n" + "".join(f"{n} {digest(t)}\n" for n, t in tokens.items()))
    path.chmod(0o600)
    return path


@pytest.fixture
def tokens(tmp_path):
    return write_tokens(tmp_path / "tokens", alice="secret-of-alice", bob="secret-of-bob")


@pytest.fixture
def guarded(start, pki, tokens):
    return start(*identity(pki), "--tokens", tokens, dev=False)


def begun(agent, **options):
    """A keep behind its sandbox, and its process."""
    keep = agent.create(**options)
    until(lambda: agent.show(keep, **{k: v for k, v in options.items() if k == "token"})["state"]
          == "ready")
    return keep, agent.keep_pid(keep)
