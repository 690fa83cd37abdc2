# SPDX-License-Identifier: Apache-2.0
"""enarx measure, key sgx, sign: checked against hashlib and openssl, which know
nothing of our code, and against the shim's file itself."""

import hashlib
import json
import re
import struct
import subprocess

import pytest

from conftest import ENARX

SHIM = ENARX.parent / "shim-sgx"
PAGE = 4096
PT_LOAD, PF_X, PF_W, PF_R, PF_TCS = 1, 1, 2, 4, 0x100000


# ---- the rules [SDM 3D 38.3: ECREATE, EADD, EEXTEND] ----


def record(name, *fields):
    return (name.encode().ljust(8, b"\0") + b"".join(fields)).ljust(64, b"\0")


def u64(n):
    return struct.pack("<Q", n)


def segments():
    """Offset in the enclave, SECINFO.FLAGS and bytes of each part of the shim."""
    elf = SHIM.read_bytes()
    assert elf[:5] == b"\x7fELF\2"
    (table,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for i in range(count):
        kind, flags, offset, address, _, in_file, in_memory, _ = struct.unpack_from(
            "<IIQQQQQQ", elf, table + i * size
        )
        if kind != PT_LOAD:
            continue
        pages = -(-in_memory // PAGE) * PAGE
        data = elf[offset : offset + in_file].ljust(pages, b"\0")
        rwx = (1 if flags & PF_R else 0) | (2 if flags & PF_W else 0) | (4 if flags & PF_X else 0)
        yield address, 0x100 if flags & PF_TCS else 0x200 | rwx, data


def mrenclave_of_file():
    h = hashlib.sha256(record("ECREATE", struct.pack("<I", 1), u64(1 << 36)))
    for offset, flags, data in segments():
        for at in range(0, len(data), PAGE):
            h.update(record("EADD", u64(offset + at), u64(flags)))
            for part in range(at, at + PAGE, 256):
                h.update(record("EEXTEND", u64(offset + part)))
                h.update(data[part : part + 256])
    return h.hexdigest()


@pytest.fixture(scope="module")
def measured(enarx):
    return json.loads(enarx("measure", "--json").ok().out)


def test_measurement_is_that_of_the_file(measured):
    assert measured["mrenclave"] == mrenclave_of_file()


def test_measurement_follows_from_what_is_explained(enarx, measured):
    """Each line is hashed as it stands; only the 256 bytes come from the file."""
    memory = {
        offset + at: data[at : at + 256]
        for offset, _, data in segments()
        for at in range(0, len(data), 256)
    }
    h = hashlib.sha256()
    kinds = []
    for line in enarx("measure", "--explain").ok().out.splitlines():
        kind, _, rest = line.partition(" ")
        if not kind.isupper():
            break
        fields = dict(word.split("=") for word in rest.split())
        kinds.append(kind)
        if kind == "ECREATE":
            pages = struct.pack("<I", int(fields["ssa_frame_size"], 0))
            h.update(record(kind, pages, u64(int(fields["size"], 0))))
        elif kind == "EADD":
            h.update(record(kind, u64(int(fields["offset"], 0)), u64(int(fields["flags"], 0))))
        else:
            assert kind == "EEXTEND"
            data = memory.pop(int(fields["offset"], 0))
            assert hashlib.sha256(data).hexdigest() == fields["sha256"]
            h.update(record(kind, u64(int(fields["offset"], 0))) + data)
    assert h.hexdigest() == measured["mrenclave"]
    assert kinds[0] == "ECREATE" and kinds.count("EEXTEND") == 16 * kinds.count("EADD") > 0
    assert not memory, "pages that nobody measures"


def test_explanation_in_json_says_the_same(enarx):
    text = enarx("measure", "--explain").ok().out.splitlines()
    records = json.loads(enarx("measure", "--explain", "--json").ok().out)["records"]
    lines = [line for line in text if line.split()[0].isupper()]
    assert len(records) == len(lines)
    for line, entry in zip(lines, records):
        fields = dict(word.split("=") for word in line.split()[1:])
        assert entry.pop("record") == line.split()[0]
        assert {k: v if k == "sha256" else int(v, 0) for k, v in fields.items()} == entry


def test_fields(measured):
    assert measured.keys() == {"backend", "mrenclave", "mrsigner", "exec_digest"}
    assert measured["backend"] == "sgx" and measured["mrsigner"] is None
    exec_digest = hashlib.sha256((ENARX.parent / "exec").read_bytes()).hexdigest()
    assert measured["exec_digest"] == exec_digest


def test_the_model_runs_the_same_enclave(enarx, measured):
    other = json.loads(enarx("measure", "--backend", "sgx-sim", "--json").ok().out)
    assert other == {**measured, "backend": "sgx-sim"}


def test_text(enarx, measured):
    out = enarx("measure").ok().out
    assert f"mrenclave: {measured['mrenclave']}\n" in out
    assert f"exec:      {measured['exec_digest']}\n" in out
    assert len(out.splitlines()) == 3


def test_no_debug_page_permissions(enarx):
    """W^X, from what is measured: no page is both writable and executable."""
    for entry in json.loads(enarx("measure", "--explain", "--json").ok().out)["records"]:
        if entry["record"] == "EADD":
            assert entry["flags"] & 6 != 6 and entry["flags"] >> 8 in (1, 2), entry


# ---- keys ----


@pytest.fixture(scope="module")
def key(enarx, tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "sgx.pem"
    enarx("key", "sgx", "create", "--out", path).ok("")
    return path


def openssl(*args, input=None):
    return subprocess.run(
        ["openssl", *map(str, args)], input=input, capture_output=True, check=True
    ).stdout


def modulus(key):
    """Big-endian."""
    text = openssl("rsa", "-in", key, "-noout", "-modulus").decode()
    return bytes.fromhex(text.strip().partition("=")[2])


def test_key_is_what_sgx_asks_for(key):
    text = openssl("rsa", "-in", key, "-noout", "-text", "-check").decode()
    assert "3072 bit" in text and "publicExponent: 3 (0x3)" in text and "key ok" in text
    assert key.read_text().startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert key.stat().st_mode & 0o777 == 0o600


def test_keys_differ(enarx, key):
    other = enarx("key", "sgx", "create").ok().out
    assert other.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert other != key.read_text()


def test_digest(enarx, key, tmp_path):
    expected = hashlib.sha256(modulus(key)[::-1]).hexdigest()
    enarx("key", "sgx", "digest", key).ok(expected)  # and no line end
    enarx("key", "sgx", "digest", key, "--out", tmp_path / "digest").ok("")
    assert (tmp_path / "digest").read_text() == expected
    assert json.loads(enarx("measure", "--json", "--key", key).ok().out)["mrsigner"] == expected
    assert f"mrsigner:  {expected}\n" in enarx("measure", "--key", key).ok().out


def test_digest_of_a_key_in_pkcs8(enarx, key, tmp_path):
    other = tmp_path / "pkcs8.pem"
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", other)
    assert other.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    enarx("key", "sgx", "digest", other).ok(enarx("key", "sgx", "digest", key).out)


def test_a_key_is_never_overwritten(enarx, key):
    before = key.read_bytes()
    enarx("key", "sgx", "create", "--out", key).refused("exists already")
    assert key.read_bytes() == before


def test_digest_is_refused(enarx, key, tmp_path):
    def refused(name, content, *said):
        path = tmp_path / name
        path.write_bytes(content)
        enarx("key", "sgx", "digest", path).refused(name, *said)

    enarx("key", "sgx", "digest", tmp_path / "none.pem").refused("none.pem", "no such file")
    enarx("key", "sgx", "digest", tmp_path).refused("directory")
    refused("empty.pem", b"", "private key")
    refused("cut.pem", key.read_bytes()[:1000], "private key")
    refused("large.pem", b"-" * 10000, "too large")
    refused("public.pem", openssl("rsa", "-in", key, "-pubout"), "private key")
    refused("small.pem", openssl("genrsa", "-3", "2048"), "3072")
    refused("f4.pem", openssl("genrsa", "-F4", "3072"), "exponent 3")
    refused("ec.pem", openssl("ecparam", "-genkey", "-name", "prime256v1"), "RSA")
    sealed = openssl("rsa", "-in", key, "-aes128", "-passout", "pass:x")
    refused("sealed.pem", sealed, "unencrypted")


# ---- signatures ----


@pytest.fixture(scope="module")
def signed(enarx, key, tmp_path_factory):
    path = tmp_path_factory.mktemp("signed") / "enarx.sig"
    enarx("sign", "--sgx-key", key, "--out", path).ok("")
    return path


@pytest.fixture(scope="module")
def sigstruct(signed):
    return bytes(json.loads(signed.read_text())["sgx"])


def number(data):
    return int.from_bytes(data, "little")


def test_file_of_signatures(enarx, signed):
    content = json.loads(signed.read_text())
    assert content.keys() == {"version", "sgx"}
    assert content["version"] == enarx("--version").out.split()[-1]
    assert len(content["sgx"]) == 1808


def test_sigstruct_says_what_the_enclave_may_be(sigstruct, measured):
    """SX16: [SDM 3D 35.14], by offsets of the table."""
    assert sigstruct[:16].hex() == "06000000e10000000000010000000000"
    assert sigstruct[24:40].hex() == "01010000600000006000000001000000"
    assert re.fullmatch(r"20\d\d[01]\d[0-3]\d", sigstruct[20:24][::-1].hex())
    miscselect, miscmask = struct.unpack_from("<II", sigstruct, 900)
    flags, xfrm, flags_mask, xfrm_mask = struct.unpack_from("<QQQQ", sigstruct, 928)
    assert miscselect == 1 and miscmask == 0xFFFFFFFF
    assert flags == 4, "MODE64BIT and nothing else: no DEBUG, PROVISIONKEY, EINITTOKENKEY, KSS"
    assert xfrm == 7
    assert flags_mask == xfrm_mask == 2**64 - 1, "else the host could add to it"
    assert sigstruct[960:992].hex() == measured["mrenclave"]
    assert struct.unpack_from("<HH", sigstruct, 1024) == (0, 1)
    reserved = [(16, 20), (40, 128), (908, 928), (992, 1024), (1028, 1040)]
    assert all(not any(sigstruct[a:b]) for a, b in reserved)


def test_sigstruct_is_signed(sigstruct, key, tmp_path):
    """By openssl, and the quotients by Python's integers."""
    (tmp_path / "message").write_bytes(sigstruct[:128] + sigstruct[900:1028])
    (tmp_path / "signature").write_bytes(sigstruct[516:900][::-1])
    public = tmp_path / "public.pem"
    openssl("rsa", "-in", key, "-pubout", "-out", public)
    said = openssl(
        *("dgst", "-sha256", "-verify", public, "-signature", tmp_path / "signature"),
        tmp_path / "message",
    )
    assert said == b"Verified OK\n"
    assert sigstruct[128:512] == modulus(key)[::-1]
    n, s = number(sigstruct[128:512]), number(sigstruct[516:900])
    assert number(sigstruct[512:516]) == 3
    assert number(sigstruct[1040:1424]) == s * s // n
    assert number(sigstruct[1424:1808]) == s * (s * s % n) // n


def test_signatures_name_their_signer(enarx, key, signed):
    out = enarx("measure", "--json", "--signatures", signed).ok().out
    assert json.loads(out)["mrsigner"] == enarx("key", "sgx", "digest", key).out


def test_sign_on_standard_output(enarx, key):
    assert len(json.loads(enarx("sign", "--sgx-key", key).ok().out)["sgx"]) == 1808


def test_sign_needs_a_key(enarx, tmp_path):
    enarx("sign").refused("--sgx-key", status=2)
    enarx("sign", "--sgx-key", tmp_path / "none.pem").refused("none.pem", "no such file")


@pytest.fixture
def refuses(enarx, signed, tmp_path):
    """With the file of signatures changed."""

    def check(change, *said):
        content = json.loads(signed.read_text())
        change(content)
        path = tmp_path / "changed.sig"
        path.write_text(json.dumps(content))
        enarx("measure", "--signatures", path).refused("changed.sig", *said)

    return check


def resigned(content, key, offset, value):
    """Bytes of the SIGSTRUCT changed, and signed again by openssl and Python."""
    s = bytearray(content["sgx"])
    s[offset : offset + len(value)] = value
    message = bytes(s[:128] + s[900:1028])
    signature = openssl("dgst", "-sha256", "-sign", key, input=message)
    n, x = number(s[128:512]), int.from_bytes(signature, "big")
    s[516:900] = x.to_bytes(384, "little")
    s[1040:1424] = (x * x // n).to_bytes(384, "little")
    s[1424:1808] = (x * (x * x % n) // n).to_bytes(384, "little")
    content["sgx"] = list(s)


def test_signing_again_changes_nothing(enarx, key, signed, tmp_path):
    """The helper of the tests below makes good signatures."""
    content = json.loads(signed.read_text())
    before = list(content["sgx"])
    resigned(content, key, 0, b"")
    assert content["sgx"] == before


@pytest.mark.parametrize(
    "offset, value, said",
    [
        (928, b"\6", "DEBUG"),
        (928, b"\x14", "PROVISIONKEY"),
        (928, b"\x24", "EINITTOKENKEY"),
        (944, b"\xfd", "to the host"),
        (952, b"\xf8", "to the host"),
        (904, b"\0", "to the host"),
        (900, b"\0", "MISCSELECT"),
        (936, b"\xe7", "XFRM"),
        (928, b"\x84", "attributes"),
        (960, bytes(32), "another build"),
        (0, b"\7", "not a SIGSTRUCT"),
    ],
)
def test_enclaves_that_no_keep_may_be(refuses, key, offset, value, said):
    refuses(lambda content: resigned(content, key, offset, value), said)


def test_wrong_signature(refuses):
    def change(content):
        content["sgx"][600] ^= 1

    refuses(change, "signature for SGX is wrong")


def test_wrong_quotient(refuses):
    def change(content):
        content["sgx"][1500] ^= 1

    refuses(change, "signature for SGX is wrong")


def test_signatures_of_another_version(refuses, enarx):
    ours = re.escape(enarx("--version").out.split()[-1])
    refuses(lambda content: content.update(version="9.9.9"), r"9\.9\.9", ours)


def test_files_that_are_no_signatures(enarx, refuses, tmp_path):
    refuses(lambda content: content.pop("version"), "version")
    refuses(lambda content: content.pop("sgx"), "sgx")
    refuses(lambda content: content["sgx"].pop(), "1808")
    refuses(lambda content: content["sgx"].__setitem__(0, 256), "byte")
    refuses(lambda content: content.update(other=1), "other|beside")
    path = tmp_path / "text.sig"
    path.write_text("hello")
    enarx("measure", "--signatures", path).refused("text.sig", "JSON")
    path.write_bytes(b"[" * 300_000)
    enarx("measure", "--signatures", path).refused("text.sig", "too large")
    enarx("measure", "--signatures", tmp_path / "none.sig").refused("none.sig", "no such file")


def test_the_part_for_sev_is_passed_over(enarx, signed, tmp_path):
    content = json.loads(signed.read_text())
    content["sev"] = {"id_block": [0] * 96, "id_auth": [0] * 4096}
    path = tmp_path / "both.sig"
    path.write_text(json.dumps(content))
    enarx("measure", "--signatures", path).ok()


@pytest.mark.parametrize(
    "args, said",
    [
        (["measure", "--key", "a", "--signatures", "b"], "exclude"),
        (["measure", "--backend", "nil"], "nil"),
        (["measure", "--dir", "x", "a.wasm"], "--dir"),
        (["run", "--signatures", "a", "--unsigned", "a.wasm"], "exclude"),
        (["key", "sgx", "digest"], "KEY"),
    ],
)
def test_misuse(enarx, args, said):
    enarx(*args).refused(said, status=2)


@pytest.mark.parametrize("command", [["key"], ["key", "sgx"]])
def test_groups_print_their_help(enarx, command):
    result = enarx(*command)
    assert result.status == 2 and "usage: enarx " + " ".join(command) in result.err


def test_measuring_starts_nothing(fresh, tool):
    """It leaves no file behind: no key is made for it."""
    fresh("measure", tool).ok()
    assert not (fresh.home / "state").exists()


def workload_of(enarx, *words):
    text = enarx("measure", *words).ok().out
    (digest,) = re.findall(r"^workload:  ([0-9a-f]{64})$", text, re.MULTILINE)
    told = json.loads(enarx("measure", "--json", *words).ok().out)
    assert told["workload_digest"] == digest
    return digest


def test_workload_is_that_of_a_run(enarx, tool, tmp_path):
    config = tmp_path / "Enarx.toml"
    config.write_text('args = ["exit", "0"]\n[env]\nA = "1"\n')
    (tmp_path / "in").mkdir()
    (tmp_path / "in/file").write_text("x")
    options = ["--config", config, "--env", "B=2", "--dir", f"{tmp_path}/in::/in:ro"]
    for words in ([*options, tool], [*options, tool, "exit", "0", "--json"], [tool, "exit", "0"]):
        run = json.loads(enarx("run", "--json", *words).err.splitlines()[-1])
        assert workload_of(enarx, *words) == run["workload_digest"]


def test_workload_has_names_of_secrets_alone(enarx, tool):
    plain = workload_of(enarx, tool)
    secret = workload_of(enarx, "--secret", "A=b", tool)
    assert secret == workload_of(enarx, "--secret", "A=c", tool) != plain


def test_workload_has_the_steward(enarx, tool, simulation, tmp_path):
    def digest(ca, url="https://steward.example"):
        config = tmp_path / "Enarx.toml"
        config.write_text(f'steward = "{url}"\nfiles = [{{kind = "listen", name = "web"}}]\n'
                          f'[certificate]\nca = "{ca}"\n')
        return workload_of(enarx, "--config", config, tool)

    one, other = tmp_path / "one.pem", tmp_path / "other.pem"
    one.write_bytes((simulation / "root.pem").read_bytes())
    other.write_bytes((simulation / "tcb_signing_chain.pem").read_bytes())
    digests = {digest("one.pem"), digest("other.pem"), digest("one.pem", "https://a.example")}
    assert len(digests) == 3
    assert digest(one) in digests  # wherever the file lies


def test_no_workload_without_a_program(enarx):
    assert "workload" not in enarx("measure").ok().out
    assert "workload_digest" not in json.loads(enarx("measure", "--json").ok().out)
    enarx("measure", "nowhere.wasm").refused("nowhere.wasm", "No such file|no such file")
