# SPDX-License-Identifier: Apache-2.0
"""The local code cache: the second run compiles nothing, and nothing that was
not made here is ever run."""

import resource

import pytest

from backends import amount


def entries(command):
    folder = command.home / "cache"
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size > 4096)


@pytest.fixture
def cached(fresh, tool):
    fresh.run(tool, "exit", 0).ok("")
    assert len(entries(fresh)) == 1
    return fresh


def compiled(command, *args):
    """Whether a run compiled: then it has put a new file into the cache."""
    before = {p: p.stat().st_ino for p in entries(command)}
    result = command.run(*args)
    assert result.status == 0 and result.err == "", repr(result)
    return {p: p.stat().st_ino for p in entries(command)} != before


def test_second_run_compiles_nothing(fresh, tool):
    assert compiled(fresh, tool, "exit", 0)
    before = [p.read_bytes() for p in entries(fresh)]
    assert not compiled(fresh, tool, "exit", 0)
    assert [p.read_bytes() for p in entries(fresh)] == before


def test_other_module_is_another_entry(cached, tool, wasm):
    cached.run(wasm("listener"), "x")
    assert len(entries(cached)) == 2


def test_other_compiler_is_another_entry(cached, tool):
    """One of the two has an entry already."""
    both = ("winch", "cranelift")
    assert [compiled(cached, "--compiler", c, tool, "exit", 0) for c in both].count(True) == 1
    assert len(entries(cached)) == 2
    assert not any(compiled(cached, "--compiler", c, tool, "exit", 0) for c in both)


def damage(path, how):
    content = bytearray(path.read_bytes())
    if how == "bit":
        content[len(content) // 2] ^= 1
    elif how == "first":
        content[0] ^= 0xFF
    elif how == "last":
        content[-1] ^= 1
    elif how == "short":
        del content[len(content) // 2 :]
    elif how == "long":
        content += b"more"
    elif how == "empty":
        content.clear()
    elif how == "zero":
        content[:] = bytes(len(content))
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["bit", "first", "last", "short", "long", "empty", "zero"])
def test_damaged_entry_is_ignored(cached, tool, how):
    (entry,) = entries(cached)
    damage(entry, how)
    assert compiled(cached, tool, "exit", 0)
    assert not compiled(cached, tool, "exit", 0)


def test_entry_of_another_machine_is_ignored(cached, tool, tmp_path):
    """A cache that was copied here, without the key that made it."""
    for key in (cached.home / "state").rglob("*"):
        if key.is_file():
            key.unlink()
    assert compiled(cached, tool, "exit", 0)


def test_entry_of_another_module_is_ignored(cached, tool, wasm):
    """An authentic entry under another's name is still the wrong one."""
    (first,) = entries(cached)
    cached.run(wasm("trap"), "none")
    (second,) = [e for e in entries(cached) if e != first]
    first.write_bytes(second.read_bytes())
    assert compiled(cached, tool, "exit", 0)
    cached.run(tool, "args").ok("0=main.wasm\n1=args\n")


def test_key_is_private(cached):
    keys = [p for p in (cached.home / "state").rglob("*") if p.is_file()]
    assert keys and all(p.stat().st_mode & 0o077 == 0 for p in keys)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 4096], ids=["empty", "short", "long"])
def test_damaged_key(cached, tool, content):
    """Replaced by a new one, or the cache left alone: never a failure."""
    keys = [p for p in (cached.home / "state").rglob("*") if p.is_file()]
    assert keys
    for key in keys:
        key.write_bytes(content)
    assert "1=args" in cached.run(tool, "args").ok().out


def test_show_and_clear(cached, tool):
    out = cached("cache").ok().out
    assert "1 entr" in out and str(cached.home / "cache") in out
    cached("cache", "--clear").ok()
    assert entries(cached) == [] and "0 entr" in cached("cache").ok().out
    assert compiled(cached, tool, "exit", 0)


@pytest.mark.once
def test_clearing_an_absent_cache(fresh):
    fresh("cache", "--clear").ok()
    assert "0 entr" in fresh("cache").ok().out


def test_where_no_file_can_grow_nothing_is_kept(fresh, tool):
    """As on a disk that is full: neither the key nor the code is there afterwards."""

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    for _ in range(2):
        fresh.run(tool, "exit", 0, preexec_fn=full).ok("")
    assert entries(fresh) == []
    assert [p for p in fresh.home.rglob("*") if p.is_file()] == []
    assert compiled(fresh, tool, "exit", 0)


def test_clear_leaves_other_files_alone(cached):
    other = cached.home / "cache/other-program"
    other.mkdir()
    (other / "file").write_bytes(bytes(8192))
    cached("cache", "--clear").ok()
    assert (other / "file").exists()


def test_runs_at_the_same_time(fresh, tool):
    """All of them write the entry, none of them reads half of one."""
    words = ("run", "--quiet", tool, "exit", "0")
    running = [fresh.popen(*words) for _ in range(amount("commands at once"))]
    assert [p.communicate(timeout=120) and p.returncode for p in running] == [0] * len(running)
    assert len(entries(fresh)) == 1 and not compiled(fresh, tool, "exit", 0)


def test_no_unfinished_files(cached):
    assert [p for p in (cached.home / "cache").rglob("*") if "tmp" in p.name] == []
