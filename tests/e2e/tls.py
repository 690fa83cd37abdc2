# SPDX-License-Identifier: Apache-2.0
"""What the tests of TLS streams share: CAs made by openssl, servers and clients of
Python's, and waiting for a port."""

import contextlib
import select
import socket
import ssl
import subprocess
import threading
import time

# Python takes a connection that was cut for one that ended, unless told not to.
IGNORE_CUTS = ssl.OP_IGNORE_UNEXPECTED_EOF
NOT_NOW = (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError)
STDIO = '{kind = "stdin"}, {kind = "stdout"}, {kind = "stderr"}'


def openssl(*args, cwd):
    subprocess.run(["openssl", *map(str, args)], cwd=cwd, check=True, capture_output=True)


class Authority:
    """A CA in a folder of its own."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.name = name
        self.cert = folder / f"{name}.pem"
        openssl(*self.new_key(name), "-x509", "-days", "10", "-subj", f"/CN={name}", cwd=folder)

    def new_key(self, name):
        return (
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", f"{name}.key", "-out", f"{name}.pem"),
        )

    def issue(self, name, san, days=10, usage=None):
        """(certificate, key) for a subjectAltName like DNS:localhost."""
        extensions = f"subjectAltName={san}\n"
        if usage is not None:
            extensions += f"extendedKeyUsage={usage}\n"
        (self.folder / "extensions").write_text(extensions)
        openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}"),
            cwd=self.folder,
        )
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", self.cert, "-CAkey"),
            *(f"{self.name}.key", "-CAcreateserial", "-days", days, "-out", f"{name}.pem"),
            *("-extfile", "extensions"),
            cwd=self.folder,
        )
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


def client_context(ca=None, cert=None, version=ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = version
    context.options &= ~IGNORE_CUTS
    if ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(ca)
    if cert is not None:
        context.load_cert_chain(*cert)
    return context


def connect_plain(port, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=seconds)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def connect(port, context=None, name="localhost"):
    context = context or client_context()
    return context.wrap_socket(
        connect_plain(port), server_hostname=name, suppress_ragged_eofs=False
    )


def read_all(s):
    data = bytearray()
    while part := s.recv(65536):
        data += part
    return bytes(data)


def both_ways(s, data, seconds=60):
    """Sends it all and meanwhile reads as much. In one thread: an SSLSocket must not be read
    in one and written in another."""
    at, received = 0, bytearray()
    s.setblocking(False)
    while at < len(data) or len(received) < len(data):
        wants = [s] if at < len(data) else []
        readable, writable, _ = select.select([s], wants, [], seconds)
        assert readable or writable, f"neither way for {seconds} s"
        with contextlib.suppress(*NOT_NOW):
            if writable:
                at += s.send(data[at : at + 65536])
        with contextlib.suppress(*NOT_NOW):
            while len(received) < len(data):
                part = s.recv(65536)
                if not part:
                    raise ConnectionError("ended")
                received += part
    s.settimeout(seconds)
    return bytes(received)


class Server:
    """A TLS server for one connection, which `serve` gets."""

    def __init__(self, cert, serve, alpn=None, client_ca=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*cert)
        context.options &= ~IGNORE_CUTS
        if alpn:
            context.set_alpn_protocols(alpn)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        self.context = context
        self.serve = serve
        self.result = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            raw, _ = self.listener.accept()
            raw.settimeout(60)
            with self.context.wrap_socket(
                raw, server_side=True, suppress_ragged_eofs=False
            ) as s:
                self.result = self.serve(s)
        except (OSError, ssl.SSLError) as error:
            self.result = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()
