# SPDX-License-Identifier: Apache-2.0
"""Enarx.toml: everything it can say, and every way to say it wrong."""

import re
import socket
import threading

import pytest


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "Enarx.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


STDIO = '{kind = "stdin"}, {kind = "stdout"}, {kind = "stderr"}'


def test_arguments(enarx, tool, config):
    path = config('args = ["args", "one", "two words", ""]\n')
    enarx.run("--config", path, tool).ok("0=main.wasm\n1=args\n2=one\n3=two words\n4=\n")


def test_arguments_of_the_command_line_replace_them(enarx, tool, config):
    path = config('args = ["args", "one"]\n')
    out = enarx.run("--config", path, tool, "args", "two").ok().out
    assert out == "0=main.wasm\n1=args\n2=two\n"


def test_environment(enarx, tool, config):
    path = config('[env]\nA = "1"\n"with space" = "x=y"\nEMPTY = ""\n')
    lines = enarx.run("--config", path, tool, "env").ok().out.splitlines()
    assert {"A=1", "with space=x=y", "EMPTY="} <= set(lines)


def test_command_line_wins(enarx, tool, config):
    path = config('[env]\nA = "toml"\n')
    lines = enarx.run("--config", path, "--env", "A=line", tool, "env").ok().out.splitlines()
    assert [line for line in lines if line.startswith("A=")] == ["A=line"]


def test_both_names_of_the_option(enarx, tool, config):
    path = config('[env]\nA = "1"\n')
    for option in ("--config", "--wasmcfgfile"):
        assert "A=1\n" in enarx.run(option, path, tool, "env").ok().out
    assert "A=1\n" in enarx.run(tool, "env", env={"ENARX_WASMCFGFILE": str(path)}).ok().out


def test_no_config_is_looked_for(enarx, tool, config):
    path = config("this is no toml")
    assert "1=args" in enarx.run(tool, "args", cwd=path.parent).ok().out


@pytest.mark.parametrize("text", ["", "# nothing\n", "args = []\n[env]\n"])
def test_no_files_means_the_standard_streams(enarx, tool, config, text):
    path = config(text)
    enarx.run("--config", path, tool, "cat", input="through").ok("through")
    out = enarx.run("--config", path, tool, "env").ok().out
    assert "FD_COUNT=3\n" in out and "FD_NAMES=stdin:stdout:stderr\n" in out


def test_empty_files_means_none(enarx, tool, config):
    result = enarx.run("--config", config("files = []\n"), tool, "args")
    assert result.out == "" and "panic" not in result.err, repr(result)


def test_names(enarx, tool, config, port):
    path = config(f"""
files = [
    {{kind = "stdin"}},
    {{kind = "stdout", name = "results"}},
    {{kind = "null"}},
    {{kind = "listen", prot = "tcp", name = "web", addr = "127.0.0.1", port = {port}}},
]
""")
    out = enarx.run("--config", path, tool, "env").ok().out
    assert "FD_COUNT=4\n" in out and "FD_NAMES=stdin:results:null:web\n" in out


def test_arrays_of_tables(enarx, tool, config):
    path = config('[[files]]\nkind = "null"\n[[files]]\nkind = "stdout"\n')
    assert "FD_NAMES=null:stdout\n" in enarx.run("--config", path, tool, "env").ok().out


def test_order_decides_descriptors(enarx, tool, config):
    """Descriptor 2 is standard output here, and 1 is nothing."""
    path = config('files = [{kind = "stdin"}, {kind = "null"}, {kind = "stdout"}]\n')
    result = enarx.run("--config", path, tool, "no such command")
    assert (result.status, result.out, result.err) == (99, "tool: no such command\n", "")


def test_null_stream(enarx, tool, config):
    path = config(f'files = [{STDIO}, {{kind = "null"}}]\n')
    enarx.run("--config", path, tool, "null", 3).ok("read 0 write 4\n")


def test_null_standard_input(enarx, tool, config):
    path = config('files = [{kind = "null"}, {kind = "stdout"}]\n')
    enarx.run("--config", path, tool, "cat", input="ignored").ok("")


def test_same_stream_twice(enarx, tool, config):
    path = config(
        'files = [{kind = "stdin"}, {kind = "stdout"}, {kind = "stdout", name = "stderr"}]'
    )
    result = enarx.run("--config", path, tool, "no such command")
    assert result.out == "tool: no such command\n" and result.err == ""


def answer_once(server):
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"pong for " + connection.recv(100))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_connect(enarx, tool, config, host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=answer_once, args=(server,))
        answering.start()
        port = server.getsockname()[1]
        entry = f'{{kind = "connect", prot = "tcp", host = "{host}", port = {port}}}'
        path = config(f"files = [{STDIO}, {entry}]\n")
        enarx.run("--config", path, tool, "ask", 3).ok("answer pong for ping\n")
        answering.join()


def test_connect_is_named_after_its_host(enarx, tool, config):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        entry = f'{{kind = "connect", prot = "tcp", host = "127.0.0.1", port = {port}}}'
        out = enarx.run("--config", config(f"files = [{STDIO}, {entry}]"), tool, "env").ok().out
        assert "FD_NAMES=stdin:stdout:stderr:127.0.0.1\n" in out


def test_listen_on_every_address(enarx, wasm, config, port):
    path = config(
        f'files = [{STDIO}, {{kind = "listen", prot = "tcp", name = "l", port = {port}}}]'
    )
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        process = enarx.popen("run", "--quiet", "--config", path, wasm("busy_server"), "1")
        with connect(address, port) as s:
            s.sendall(b"hello")
            assert s.recv(5) == b"hello"
        assert process.communicate(timeout=20) == (b"served 1\n", b"")


def connect(address, port, attempts=400):
    import time

    while True:
        try:
            return socket.create_connection((address, port), timeout=20)
        except ConnectionRefusedError:
            attempts -= 1
            if attempts == 0:
                raise
            time.sleep(0.01)


# ---- every way to say it wrong: (text, line, column, what the message says) ----

L = 'kind = "listen", prot = "tcp"'
T = 'kind = "listen", name = "x"'
C = 'kind = "connect", host = "h"'
WRONG = {
    "unknown key": ('arg = ["x"]\n', 1, 1, "arg"),
    "unknown key further down": ('args = []\n\n  colour = "blue"\n', 3, 3, "colour"),
    "unknown table": ("[environment]\n", 1, None, "environment"),
    "unknown key in a file": ('files = [{kind = "null", size = 1}]', 1, 26, "size"),
    "key of another kind": ('files = [{kind = "stdin", port = 1}]', 1, 27, "port"),
    "args is text": ('args = "x"\n', 1, 8, "args.*array"),
    "argument is a number": ('args = ["x", 7]\n', 1, 14, "text"),
    "env is an array": ("env = []\n", 1, 7, "env.*table"),
    "value is a number": ("[env]\nA = 1\n", 2, 5, "text"),
    "name of a variable": ('[env]\n"a=b" = "1"\n', 2, 1, "="),
    "empty name of a variable": ('[env]\n"" = "1"\n', 2, 1, "empty"),
    "files is a table": ("[files]\n", 1, None, "files.*array"),
    "file is text": ('files = ["stdin"]\n', 1, 10, "table"),
    "no kind": ('files = [{name = "x"}]\n', 1, None, "kind"),
    "unknown kind": ('files = [{kind = "pipe"}]\n', 1, 18, "pipe"),
    "unknown prot": ('files = [{kind = "listen", prot = "udp", name = "x"}]', 1, 35, "udp"),
    "listen without a name": (f"files = [{{{L}}}]", 1, None, "name"),
    "connect without a host": ('files = [{kind = "connect", prot = "tcp"}]', 1, None, "host"),
    "port too large": (f'files = [{{{L}, name = "x", port = 65536}}]', 1, None, "65535|port"),
    "port zero or less": (f'files = [{{{L}, name = "x", port = -1}}]', 1, None, "port"),
    "port is text": (f'files = [{{{L}, name = "x", port = "80"}}]', 1, None, "integer"),
    "name with a colon": ('files = [{kind = "null", name = "a:b"}]', 1, 33, ":"),
    "empty name": ('files = [{kind = "null", name = ""}]', 1, 33, "empty"),
    "name used twice": ('files = [{kind = "null"}, {kind = "null"}]', 1, None, "null"),
    "key given twice": ("args = []\nargs = []\n", 2, 1, "args"),
    "table given twice": ("[env]\n[env]\n", 2, None, "env"),
    "open string": ('args = ["x\n', 1, None, "string|newline|line"),
    "open array": ('args = ["x"\n', 2, None, ""),
    "no value": ("args =\n", 1, None, "value"),
    "no equals sign": ("args\n", 1, None, "="),
    "two on a line": ("args = [] env = {}\n", 1, None, ""),
    "bad escape": ('args = ["\\q"]\n', 1, None, "escape"),
    "not UTF-8": (b'args = ["\xff\xfe"]\n', 1, None, "UTF-8"),
    "control character": (b'args = ["\x01"]\n', 1, None, "control|character"),
    "NUL in an argument": ('args = ["a\\u0000b"]\n', 1, 9, "NUL|zero|null"),
    "column counts characters": ('args = ["äö€😀", 7]\n', 1, 17, "text"),
    "verify without clients": (f'files = [{{{T}, verify = "ca"}}]', 1, 49, "clients"),
    "clients without a CA": (f'files = [{{{T}, clients = "required"}}]', 1, 50, "add ca"),
    "clients of no kind": (f'files = [{{{T}, clients = "everybody"}}]', 1, 50, "optional, required"),
    "CA that is not there": (f'files = [{{{C}, ca = "no.pem"}}]', 1, 46, "no.pem: no such file"),
    "CA file without any": (f'files = [{{{C}, ca = "Enarx.toml"}}]', 1, 46, "no certificate"),
    "attested without a policy": (f'files = [{{{C}, verify = "attested"}}]', 1, 50, "policy"),
    "policy without attested": (f'files = [{{{C}, policy = "p.toml"}}]', 1, 50, "attested"),
    "policy that is not there": (
        f'files = [{{{C}, verify = "attested", policy = "p.toml"}}]',
        1,
        None,
        "p.toml: no such file",
    ),
    "TLS key of a plain stream": (f'files = [{{{L}, name = "x", alpn = ["h2"]}}]', 1, None, "tls"),
    "plain stream's key of TLS": (f'files = [{{{C}, insecure = true}}]', 1, 52, "tcp"),
    "host name of a certificate": ("[certificate]\nnames = ['*.a']\n", 2, 10, "wildcard"),
    "steward without a CA": ('steward = "https://example.com"\n', 1, 11, r"add ca.*\[certificate\]"),
    "steward's CA without a steward": (
        f'files = [{{{T}}}]\n[certificate]\nca = "ca.pem"\n', 3, 6, "add steward",
    ),
    "steward's CA that is not there": (
        f'steward = "https://a"\nfiles = [{{{T}}}]\n[certificate]\nca = "no.pem"\n',
        4, 6, "no.pem: no such file",
    ),
    "steward's CA file without any": (
        f'steward = "https://a"\nfiles = [{{{T}}}]\n[certificate]\nca = "Enarx.toml"\n',
        4, 6, "no certificate",
    ),
    "steward without TLS": (
        f'steward = "https://a"\nfiles = [{{{L}, name = "x"}}]\n[certificate]\nca = "ca.pem"\n',
        1, 11, "none; add one",
    ),
    "steward of no URL": ('steward = "example.com"\n', 1, 11, "URL"),
    "steward with a query": ('steward = "https://example.com/?a"\n', 1, 11, "query"),
}


@pytest.mark.once
@pytest.mark.parametrize("case", WRONG)
def test_wrong(enarx, tool, config, case):
    text, line, column, said = WRONG[case]
    path = config(text)
    for command in (["run", "--quiet", "--config", path, tool, "args"], ["config", "check", path]):
        result = enarx(*command).refused(said)
        place = re.search(r"Enarx\.toml:(\d+):(\d+): ", result.err)
        assert place, repr(result)
        assert int(place[1]) == line, repr(result)
        assert column is None or int(place[2]) == column, repr(result)


@pytest.mark.once
def test_check_accepts(enarx, config):
    result = enarx("config", "check", config('args = ["a"]\n'))
    assert result.status == 0 and result.err == "", repr(result)


@pytest.mark.once
def test_check_missing(enarx, tmp_path):
    enarx("config", "check", tmp_path / "Enarx.toml").refused("Enarx.toml", "no such file")


def test_init_makes_a_file_that_checks(enarx, tool, tmp_path):
    assert enarx("config", "init", cwd=tmp_path).status == 0
    path = tmp_path / "Enarx.toml"
    assert enarx("config", "check", path).status == 0
    assert "FD_NAMES=stdin:stdout:stderr\n" in enarx.run("--config", path, tool, "env").ok().out


@pytest.mark.once
def test_init_never_overwrites(enarx, config):
    path = config("mine")
    enarx("config", "init", cwd=path.parent).refused("Enarx.toml", "exist")
    assert path.read_text() == "mine"


@pytest.mark.once
def test_template_says_what_is_possible(enarx, tmp_path):
    enarx("config", "init", cwd=tmp_path)
    text = (tmp_path / "Enarx.toml").read_text()
    for word in ("args", "env", "files", "stdin", "null", "listen", "connect", "prot", "port"):
        assert word in text
