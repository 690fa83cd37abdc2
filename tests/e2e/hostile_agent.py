# SPDX-License-Identifier: Apache-2.0
"""A host that lies: speaks docs/agent.md to `enarx deploy`, with a real agent and its
keeps behind it, and does to answers and channels what a test tells it."""

import base64
import http.server
import json
import socket
import ssl
import subprocess
import threading
import time

from agent import PROTOCOL
from conftest import ROOT
from relay import relay

IMPOSTOR = ROOT / "build/tests/deploy/impostor"


def make_identity(folder):
    """A key and a certificate that nobody vouches for, in one file."""
    path = folder / "identity.pem"
    if not path.exists():
        words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        words += f" -subj /CN=localhost -keyout {folder}/key.pem -out {folder}/cert.pem"
        subprocess.run(words.split(), check=True, capture_output=True)
        path.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return path


def server_context(folder, alpn=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_identity(folder))
    if alpn:
        context.set_alpn_protocols([alpn])
    return context


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    rbufsize = 0  # not a byte of a channel is read ahead

    def log_message(self, *args):
        pass

    def setup(self):
        """In this connection's thread: a slow client holds nobody up."""
        self.request.settimeout(60)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle_any(self):
        host = self.server.host
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        host.see(f"{self.requestline}\n{self.headers}".encode() + body)
        host.requests.append((self.command, self.path))
        if self.path.endswith("/channel"):
            self.upgrade()
        else:
            host.answer(self, *host.ask(self.command, self.path, body or None))

    do_GET = do_POST = do_DELETE = handle_any

    def upgrade(self):
        name = self.path.split("/")[-2]
        self.server.host.upgrade(self, name)
        self.close_connection = True

    def accept_upgrade(self):
        """From here on the client's bytes are the channel's."""
        self.send_response(101)
        self.send_header("Upgrade", PROTOCOL)
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        self.wfile.flush()
        return self.request

    def reply(self, status, body, content_type="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up on a liar is right."""


class HostileAgent:
    """What it is not told otherwise it does as the real agent."""

    def __init__(self, agent, folder):
        self.agent = agent
        self.requests = []
        self.seen = bytearray()  # all that passes through it in the clear
        self.lock = threading.Lock()
        self.stopping = False
        self.passed_at = time.monotonic()  # when something last passed
        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.server.host = self
        self.server.context = server_context(folder)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping = True
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def see(self, data):
        with self.lock:
            self.seen += data
        self.passed_at = time.monotonic()
        return data

    # ---- what a test replaces ----

    def ask(self, method, path, body):
        return self.agent.request(method, path, body)

    def channel(self, name):
        channel = self.agent.channel({"id": name})
        assert channel.status == 101
        return channel.tls

    def answer(self, handler, status, body):
        """To what is no channel: the real agent's status and body."""
        handler.reply(status, body)

    def upgrade(self, handler, name):
        """A request for the channel of the keep `name`."""
        self.carry(handler.accept_upgrade(), self.channel(name))

    def carry(self, client, keep, up=bytes, down=bytes):
        relay(client, keep, lambda d: up(self.see(d)), lambda d: down(self.see(d)),
              stop=self.gives_up)

    def gives_up(self):
        """Whether it hangs up now."""
        return self.stopping


# ---- without any keep ----

COLLATERAL = (
    *("tcb_info.json", "qe_identity.json", "tcb_signing_chain.pem"),
    *("pck_crl.der", "root_ca_crl.der", "pck_crl_issuer_chain.pem", "root.pem"),
)


def collateral(folder):
    """As an agent gives it: of a folder that `enarx attest evidence` has made."""
    return {n: base64.b64encode((folder / n).read_bytes()).decode() for n in COLLATERAL}


class Impostor(HostileAgent):
    """Has no keep but tests/deploy/impostor.c, which is run with `words`. `evidence` is
    a folder with collateral of the simulation whose keys are those of `env`."""

    def __init__(self, folder, evidence, env, *words):
        super().__init__(None, folder)
        self.env, self.words, self.evidence = env, words, evidence
        self.process = None
        self.changes = {}  # of the keep that it tells of

    def ask(self, method, path, body):
        if (method, path) == ("GET", "/v1/platform"):
            return 200, {"version": "0.1.0", "backends": []}
        keep = {
            "id": "k0123456789abcdef", "backend": json.loads(body)["backend"] if body else "sgx-sim",
            "confidential": False, "measurement": "00" * 32, "state": "ready",
            "created": "2026-11-26T01:30:00Z", "uptime_seconds": 1, "sessions": 0,
            "received_bytes": 0, "sent_bytes": 0, "ended": None, "failure": None, "log": [],
            **self.changes,
        }
        if method == "POST":
            return 201, {**keep, "collateral": collateral(self.evidence)}
        return 200, keep

    def upgrade(self, handler, name):
        ours, its = socket.socketpair()
        self.process = subprocess.Popen(
            [IMPOSTOR, "--fd", str(its.fileno()), *map(str, self.words)],
            pass_fds=[its.fileno()], env=self.env, stdout=subprocess.PIPE,
        )
        its.close()
        self.carry(handler.accept_upgrade(), ours)

    def heard(self):
        """What the impostor printed, to its end."""
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, out
        return out.decode().splitlines()
