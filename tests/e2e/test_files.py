# SPDX-License-Identifier: Apache-2.0
"""--dir and --dir-out: what goes into a keep, what comes back, and nothing else."""

import os
import socket
import subprocess

import pytest


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    (root / "sub/deeper").mkdir(parents=True)
    (root / "greeting").write_text("hello\n")
    (root / "sub/number").write_text("42\n")
    (root / "empty").touch()
    return root


def test_reading(enarx, tool, tree):
    enarx.run("--dir", f"{tree}::/data", tool, "show", "/data/greeting", "/data/sub/number").ok(
        "hello\n42\n"
    )


def test_listing(enarx, tool, tree):
    out = enarx.run("--dir", f"{tree}::/data", tool, "list", "/data").ok().out
    assert sorted(set(out.split()) - {".", ".."}) == ["empty", "greeting", "sub"]


def test_root_directory(enarx, tool, tree):
    enarx.run("--dir", f"{tree}::/", tool, "show", "/greeting", "greeting").ok("hello\nhello\n")


def test_several_directories(enarx, tool, tree, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/word").write_text("other\n")
    dirs = ["--dir", f"{tree}::/a", "--dir", f"{tmp_path}/other::/b"]
    enarx.run(*dirs, tool, "show", "/a/greeting", "/b/word").ok("hello\nother\n")
    enarx.run(*dirs, tool, "fds").ok(
        "0 open\n1 open\n2 open\n3 directory\n4 directory\n5 closed\n6 closed\n7 closed\n"
    )


def test_relative_host_path(enarx, tool, tree):
    enarx.run("--dir", "tree::/d", tool, "show", "/d/greeting", cwd=tree.parent).ok("hello\n")


def test_nothing_outside(enarx, tool, tree):
    (tree.parent / "secret").write_text("secret")
    for path in ("/data/../secret", "/data/sub/../../secret", "../secret", "/etc/passwd"):
        result = enarx.run("--dir", f"{tree}::/data", tool, "show", path)
        assert result.status == 1 and "secret\n" not in result.out and "root:" not in result.out


def test_contents_are_a_copy(enarx, tool, tree):
    result = enarx.run("--dir", f"{tree}::/data", tool, "write", "/data/greeting", "changed")
    assert result.status == 0 and (tree / "greeting").read_text() == "hello\n"


@pytest.mark.parametrize(
    "change",
    [
        ["write", "/data/greeting", "changed"],
        ["write", "/data/new", "new"],
        ["mkdir", "/data/new"],
        ["remove", "/data/greeting"],
        ["rename", "/data/greeting", "/data/other"],
        ["symlink", "greeting", "/data/link"],
    ],
)
def test_changes_that_would_be_lost_are_told(enarx, tool, tree, change):
    result = enarx.run("--dir", f"{tree}::/data", tool, *change)
    assert result.status == 0 and len(result.lines) == 1, repr(result)
    assert "--dir-out" in result.err and "/data" in result.err, repr(result)


def test_unchanged_directory_says_nothing(enarx, tool, tree):
    enarx.run("--dir", f"{tree}::/data", tool, "show", "/data/greeting").ok("hello\n")


@pytest.mark.parametrize("change", [["write", "/data/new", "x"], ["remove", "/data/greeting"]])
def test_read_only(enarx, tool, tree, change):
    result = enarx.run("--dir", f"{tree}::/data:ro", tool, *change)
    assert result.status == 1 and result.err == "", repr(result)
    enarx.run("--dir", f"{tree}::/data:ro", tool, "show", "/data/greeting").ok("hello\n")


# ---- --dir-out ----


def contents(root):
    return {
        str(p.relative_to(root)): p.read_bytes() if p.is_file() else None
        for p in sorted(root.rglob("*"))
    }


def test_output_directory(enarx, tool, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    enarx.run("--dir-out", f"/out::{out}", tool, "write", "/out/result", "done").ok("")
    assert contents(out) == {"result": b"done"}


def test_input_and_output_are_the_same(enarx, tool, tree):
    both = ["--dir", f"{tree}::/data", "--dir-out", f"/data::{tree}"]
    enarx.run(*both, tool, "write", "/data/sub/number", "43\n").ok("")
    assert (tree / "sub/number").read_text() == "43\n"
    assert (tree / "greeting").read_text() == "hello\n"
    assert (tree / "empty").read_bytes() == b"" and (tree / "sub/deeper").is_dir()


def test_input_goes_elsewhere(enarx, tool, tree, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    dirs = ["--dir", f"{tree}::/data", "--dir-out", f"/data::{out}"]
    enarx.run(*dirs, tool, "write", "/data/new", "new").ok("")
    assert (out / "new").read_text() == "new" and not (tree / "new").exists()


def test_output_survives_a_failing_program(enarx, wasm, tool, tmp_path):
    """The program ends by itself, though not well: what it made is still wanted."""
    out = tmp_path / "out"
    out.mkdir()
    enarx.run("--dir-out", f"/out::{out}", tool, "fill", "/out/big", 3_000_000).ok("")
    assert (out / "big").stat().st_size >= 3_000_000


def test_large_output(enarx, tool, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    enarx.run("--dir-out", f"/out::{out}", tool, "fill", "/out/big", 64 << 20).ok("")
    assert (out / "big").stat().st_size == 64 << 20


def test_symlink_on_the_way_out_is_not_followed(enarx, tool, tmp_path):
    """The host's directory may hold links: none of them leads a write elsewhere."""
    out, victim = tmp_path / "out", tmp_path / "victim"
    out.mkdir()
    victim.write_text("precious")
    (out / "result").symlink_to(victim)
    result = enarx.run("--dir-out", f"/out::{out}", tool, "write", "/out/result", "evil")
    assert victim.read_text() == "precious", repr(result)


def test_linked_directory_on_the_way_out_is_not_followed(enarx, wasm, tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "sub").symlink_to(elsewhere)
    result = enarx.run("--dir-out", f"/out::{out}", wasm("maker"))
    assert list(elsewhere.iterdir()) == [], repr(result)


def test_symlinks_of_the_program(enarx, tool, tmp_path):
    """A link that a program makes must not be a way for its next write."""
    out = tmp_path / "out"
    out.mkdir()
    enarx.run("--dir-out", f"/out::{out}", tool, "symlink", "../../etc/passwd", "/out/link")
    link = out / "link"
    if link.is_symlink():
        assert not os.path.isabs(os.readlink(link))
    result = enarx.run("--dir-out", f"/out::{out}", tool, "write", "/out/link", "evil")
    assert not (tmp_path.parent / "etc").exists() and result.status in (0, 1)


HOSTILE = ["new\nline", "esc\x1b[31m", "ä€😀", " space ", "-rf", "a" * 255, "$(touch x)", "*"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_just_names(enarx, tool, tmp_path, name):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    (source / name).write_text("x")
    dirs = ["--dir", f"{source}::/d", "--dir-out", f"/d::{out}"]
    result = enarx.run(*dirs, tool, "show", f"/d/{name}").ok("x")
    assert [p.name for p in out.iterdir()] == [name] and "\x1b" not in result.err
    assert not (tmp_path / "x").exists()


def test_name_that_is_not_utf8(enarx, tool, tmp_path):
    """WASI has only UTF-8: refused by name, escaped, not mangled."""
    source = tmp_path / "in"
    source.mkdir()
    with open(os.fsencode(source) + b"/caf\xe9", "wb"):
        pass
    enarx.run("--dir", f"{source}::/d", tool, "args").refused("caf", "UTF-8")


# ---- what is refused ----


def test_symlinks_inside_the_tree(enarx, tool, tree):
    (tree / "link").symlink_to("sub/number")
    (tree / "sub/up").symlink_to("../greeting")
    enarx.run("--dir", f"{tree}::/data", tool, "show", "/data/link", "/data/sub/up").ok(
        "42\nhello\n"
    )


@pytest.mark.parametrize("target", ["../outside", "/etc/passwd", "sub/../../outside"])
def test_symlink_that_leaves_the_tree(enarx, tool, tree, target):
    (tree / "link").symlink_to(target)
    enarx.run("--dir", f"{tree}::/data", tool, "args").refused("link")


def test_loop_of_symlinks(enarx, tool, tree):
    (tree / "one").symlink_to("two")
    (tree / "two").symlink_to("one")
    result = enarx.run("--dir", f"{tree}::/data", tool, "show", "/data/one")
    assert result.status == 1 and result.err.count("\n") <= 1, repr(result)


def test_fifo(enarx, tool, tree):
    os.mkfifo(tree / "pipe")
    enarx.run("--dir", f"{tree}::/data", tool, "args", timeout=20).refused("pipe")


def test_socket(enarx, tool, tree):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tree / "socket"))
        enarx.run("--dir", f"{tree}::/data", tool, "args").refused("socket")


def test_device(enarx, tool, tree):
    if subprocess.run(["mknod", str(tree / "zero"), "c", "1", "5"], capture_output=True).returncode:
        pytest.skip("needs root to make a device")
    enarx.run("--dir", f"{tree}::/data", tool, "args").refused("zero", "device")


@pytest.mark.parametrize("guest", ["", "relative", "/a/../b", "/a//b"])
def test_guest_path(enarx, tool, tree, guest):
    result = enarx.run("--dir", f"{tree}::{guest}", tool, "args")
    assert result.status in (0, 2), repr(result)
    if result.status == 2:
        assert len(result.lines) == 1 and "--dir" in result.err, repr(result)


def test_same_guest_path_twice(enarx, tool, tree):
    result = enarx.run("--dir", f"{tree}::/a", "--dir", f"{tree}::/a", tool, "args")
    assert result.status == 2 and len(result.lines) == 1 and "/a" in result.err, repr(result)


def test_large_tree(enarx, tool, tmp_path):
    for i in range(50):
        (tmp_path / f"many/{i}").mkdir(parents=True)
        for j in range(40):
            (tmp_path / f"many/{i}/{j}").write_text(f"{i}.{j}")
    enarx.run("--dir", f"{tmp_path}/many::/m", tool, "show", "/m/7/9", "/m/49/39").ok("7.949.39")
