# SPDX-License-Identifier: Apache-2.0
"""TLS streams: a keep that ends TLS itself, beside the same program in the clear behind
nginx or stunnel. Every server answers the same client, in turn."""

import contextlib
import os
import shutil
import socket
import subprocess
import time

import build
import measure
from groups import Case
from measure import Command
from sides import Enarx

EXAMPLES = build.ROOT / "examples/c"
STDIO = '{ kind = "stdin" }, { kind = "stdout" }, { kind = "stderr" }'
MODES = {  # name: (program, mode of load_tls, connections, column, unit, less is better)
    "handshakes, a request each": ("web", "handshake", 16, 0, "requests/s", False),
    "requests, 16 connections": ("web", "http", 16, 0, "requests/s", False),
    "requests, 99th percentile": ("web", "http", 16, 1, "s", True),
    "bulk, one connection": ("pour", "bulk", 1, 0, "GiB/s", False),
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def source(name):
    return EXAMPLES / "web.c" if name == "web" else build.HERE / "guest" / f"{name}.c"


def module(name):
    return build.compile_wasm(name, [source(name)], [], [source(name)])


def certificate():
    """For those who need one in a file: of the same kind as a keep's."""
    key, cert = build.OUT / "tls.key", build.OUT / "tls.pem"
    if not cert.exists():
        build.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert,
                   "-days", "1000", "-subj", "/CN=bench"])
    return key, cert


def wait_for(port, process):
    for _ in range(3000):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            if process.poll() is not None:
                break
            time.sleep(0.01)
    raise measure.Failed("the server does not listen")


@contextlib.contextmanager
def running(words, port, **options):
    process = subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, **options)
    try:
        wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def keep(side, name, port, prot):
    config = build.OUT / f"{side.backend}-{prot}.toml"
    config.write_text(f'files = [{STDIO}, {{ kind = "listen", name = "web", prot = "{prot}", '
                      f'addr = "127.0.0.1", port = {port} }}]\n')
    command = side.cached(module(name), config=config)
    with running(command.words(), port, env=command.environ()):
        yield


@contextlib.contextmanager
def native(name, port):
    binary = build.native(f"{name}-native", source(name))
    with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        fd = listener.fileno()
        with running(["sh", "-c", f'exec "$0" 3<&{fd}', binary], port, pass_fds=[fd]):
            yield


@contextlib.contextmanager
def behind(proxy, port, inner):
    key, cert = certificate()
    config = build.OUT / f"{proxy}.conf"
    config.write_text({
        "nginx": f"""daemon off; worker_processes 1; error_log /dev/null; pid {build.OUT}/nginx.pid;
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            events {{ }}
            stream {{ server {{ listen 127.0.0.1:{port} ssl; proxy_pass 127.0.0.1:{inner};
                ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.3;
                ssl_session_tickets off; tcp_nodelay on; }} }}""",
        "stunnel": f"""foreground = yes\npid =\n[web]\naccept = 127.0.0.1:{port}
            connect = 127.0.0.1:{inner}\ncert = {cert}\nkey = {key}\nsslVersion = TLSv1.3
            socket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n""",
    }[proxy])
    words = {"nginx": ["nginx", "-c", config, "-p", build.OUT], "stunnel": ["stunnel", config]}
    with running(words[proxy], port, stderr=subprocess.DEVNULL):
        yield


@contextlib.contextmanager
def keep_tls(side, name):
    port = free_port()
    with keep(side, name, port, "tls"):
        yield port


@contextlib.contextmanager
def proxied(proxy, plain, name):
    port, inner = free_port(), free_port()
    with plain(name, inner), behind(proxy, port, inner):
        yield port


def ways(sides):
    """label -> a context manager of a server of the program, as which port it has."""
    by_backend = {side.backend: side for side in sides}
    nil = by_backend["nil"]

    def plain_keep(name, port):
        return keep(nil, name, port, "tcp")

    found = {side.name: (lambda name, s=side: keep_tls(s, name)) for side in sides}
    for proxy in ("nginx", "stunnel"):
        if shutil.which(proxy):
            found[f"enarx, TCP, behind {proxy}"] = lambda name, p=proxy: proxied(p, plain_keep, name)
            found[f"native behind {proxy}"] = lambda name, p=proxy: proxied(p, native, name)
    return found


def way(server, name, load, mode, count, span, column):
    def run():
        with server(name) as port:
            words = [load, port, mode, count, span]
            if mode != "bulk":  # the first answer waits until the program is compiled
                measure.timed(Command([load, port, "http", 1, "0"]))
            number = float(measure.timed(Command(words))[1].split()[column])
            return number / 2**30 if mode == "bulk" else number
    return run


def tls(_, quick):
    """TLS of the keep, beside other people's in front of the same program."""
    enarx = os.environ.get("ENARX") or build.ROOT / "build/enarx"
    keeps = [Enarx("enarx", enarx), Enarx("sgx-sim", enarx, "sgx-sim")]
    load = build.native("load_tls", libraries=["-lssl", "-lcrypto"])
    span, runs = ("0.5", 2) if quick else ("3", 10)
    for side in keeps:
        for name in ("web", "pour"):
            side.warm(module(name))
    for label, (name, mode, count, column, unit, less) in MODES.items():
        yield Case("tls", label, unit, less, runs,
                   {w: way(server, name, load, mode, count, span, column)
                    for w, server in ways(keeps).items()})
