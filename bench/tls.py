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
MANY = 10000
MODES = {  # name, unit: (program, mode of load_tls, connections), and the name of how long it took
    ("handshakes, a request each", "requests/s"): ("web", "handshake", 16, None),
    ("echo, 16 connections", "requests/s"): ("echo", "echo", 16, "echo, 99th percentile"),
    ("requests, 16 connections", "requests/s"): ("web", "http", 16, "requests, 99th percentile"),
    ("bulk, one connection", "GiB/s"): ("pour", "bulk", 1, None),
}
CROWD = {
    ("requests, 100 at once of 10,000", "requests/s"):
        ("crowd", "crowd", MANY, "the same, 99th percentile"),
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def source(name):
    """"crowd" is "web" for many."""
    return EXAMPLES / "web.c" if name in ("web", "crowd") else build.HERE / "guest" / f"{name}.c"


def flags(name):
    return [f"-DCONNECTIONS_MAX={MANY + 1024}"] if name == "crowd" else []


def module(name):
    room = ["-Wl,-z,stack-size=4194304"] if name == "crowd" else []  # libc polls on the stack
    return build.compile_wasm(name, [source(name)], [*flags(name), *room], [source(name)])


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
    binary = build.native(f"{name}-native", source(name), flags(name))
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener:
        fd = listener.fileno()
        words = ["sh", "-c", f'ulimit -n $(ulimit -Hn) && exec "$0" 3<&{fd}', binary]
        with running(words, port, pass_fds=[fd]):
            yield


@contextlib.contextmanager
def behind(proxy, port, inner, workers):
    key, cert = certificate()
    config = build.OUT / f"{proxy}.conf"
    config.write_text({
        "nginx": f"""daemon off; worker_processes {workers}; error_log /dev/null; pid {build.OUT}/nginx.pid;
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            worker_rlimit_nofile {4 * MANY}; events {{ worker_connections {3 * MANY}; }}
            stream {{ server {{ listen 127.0.0.1:{port} ssl backlog=1024; proxy_pass 127.0.0.1:{inner};
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
    workers = 2 if name == "crowd" else 1  # each has two descriptors for a connection
    with plain(name, inner), behind(proxy, port, inner, workers):
        yield port


def ways(sides, proxies):
    """label -> a context manager of a server of the program, as which port it has."""
    nil = sides[0]

    def plain_keep(name, port):
        return keep(nil, name, port, "tcp")

    found = {side.name: (lambda name, s=side: keep_tls(s, name)) for side in sides}
    for label, proxy, plain in (("enarx, TCP, behind nginx", "nginx", plain_keep),
                                ("native behind nginx", "nginx", native),
                                ("native behind stunnel", "stunnel", native)):
        if proxy in proxies and shutil.which(proxy):
            found[label] = lambda name, x=proxy, p=plain: proxied(x, p, name)
    return found


def way(server, load, mode, span, times):
    """How much a second; `times` gets how long it took."""
    program, what, count, _ = mode

    def run():
        with server(program) as port:
            if what != "bulk":  # the first answer waits until the program is compiled
                first = "echo" if what == "echo" else "http"
                measure.timed(Command([load, port, first, 1, "0"]))
            rate, time = map(float, measure.timed(Command([load, port, what, count, span]))[1].split())
            times.append(time)
            return rate / 2**30 if what == "bulk" else rate
    return run


def taken(times):
    def run():
        if not times:
            raise measure.Failed("it was not measured")
        return times.pop(0)
    return run


def cases(group, modes, servers, span, runs):
    load = build.native("load_tls", libraries=["-lssl", "-lcrypto"])
    for (label, unit), mode in modes.items():
        times = {name: [] for name in servers}
        yield Case(group, label, unit, False, runs,
                   {name: way(server, load, mode, span, times[name])
                    for name, server in servers.items()})
        if mode[-1]:
            yield Case(group, mode[-1], "s", True, runs,
                       {name: taken(times[name]) for name in servers})


def binary():
    return os.environ.get("ENARX") or build.ROOT / "build/enarx"


def tls(_, quick):
    """TLS of the keep, beside other people's in front of the same program."""
    sides = [Enarx("enarx", binary()), Enarx("sgx-sim", binary(), "sgx-sim")]
    for side in sides:
        for name in ("web", "echo", "pour"):
            side.warm(module(name))
    servers = ways(sides, ("nginx", "stunnel"))
    yield from cases("tls", MODES, servers, *(("0.5", 2) if quick else ("1", 10)))


def crowd(_, quick):
    """Many connections: for those who poll them all, gathering them takes minutes."""
    sides = [Enarx("enarx", binary()), Enarx("sgx-sim", binary(), "sgx-sim")]
    for side in sides:
        side.warm(module("crowd"))
    servers = ways(sides, ("nginx",))
    servers.pop("enarx, TCP, behind nginx", None)
    yield from cases("crowd", CROWD, servers, *(("0.5", 1) if quick else ("3", 3)))
