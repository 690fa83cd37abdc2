# SPDX-License-Identifier: Apache-2.0
"""What README.md and docs/ tell a user to type. Blocks marked ```sh must work;
in blocks marked ```console the lines after `$ command` are what it prints, where
"..." stands for anything, and the remark that a keep is not confidential may be
left out. The blocks of a file run in their order, in a folder
that looks like the root of the repository."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ENARX, NOTICE, ROOT, Result

# Tested elsewhere, or by whoever runs this: the set-up itself, the network, root.
NOT_HERE = re.compile(
    r"\b(make (demo|check|bench|fuzz|install|uninstall)|git clone|sudo|apt-get|rustup|dotnet)\b"
    r"|^make$|^cd enarx$"
)


def blocks(path):
    """(first line, language, text) of every fenced block."""
    found, language, start, lines = [], None, 0, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = re.match(r"^\s*```(\w*)\s*$", line)
        if fence and language is None:
            language, start, lines = fence[1], number, []
        elif fence:
            found.append((start, language, "\n".join(lines)))
            language = None
        else:
            lines.append(line)
    return found


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"]
CASES = [
    pytest.param(path, text, language, id=f"{path.relative_to(ROOT)}:{line}")
    for path in DOCUMENTS
    if path.exists()
    for line, language, text in blocks(path)
    if language in ("sh", "console")
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """For each document a folder with links to everything in the repository."""
    made = {}

    def folder(document):
        if document not in made:
            where = made[document] = tmp_path_factory.mktemp("docs")
            for entry in ROOT.iterdir():
                if entry.name == "examples":
                    shutil.copytree(entry, where / "examples")
                elif entry.name != ".git":
                    (where / entry.name).symlink_to(entry)
        return made[document]

    return folder


def shell(enarx, script, folder):
    path = f"{folder}/build:{enarx.env['PATH']}"
    environment = {**os.environ, **enarx.env, "PATH": path, "HOME": os.environ["HOME"]}
    command = ["bash", "-euo", "pipefail", "-c", script]
    return Result(
        subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=600,
            stdin=subprocess.DEVNULL,
        )
    )


def wanted(line):
    return not NOT_HERE.search(line.strip())


def conversation(text):
    """(command, expected output) pairs of a console block."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert parts[0].strip() == "", "output before the first command"
    for part in parts[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = command[:-1] + more.strip()
        yield command, output.strip()


def matches(expected, actual):
    pattern = "[^\n]*".join(re.escape(part) for part in expected.split("..."))
    pattern = re.sub(r"(^|\n)\[\^\n\]\*(?=\\?\n|$)", r"\1(?:.|\n)*", pattern)
    return re.fullmatch(pattern, actual.strip())


@pytest.mark.parametrize("document, text, language", CASES)
def test_block(enarx, folders, document, text, language):
    folder = folders(document)
    if language == "sh":
        script = "\n".join(line for line in text.splitlines() if wanted(line))
        result = shell(enarx, script, folder)
        assert result.status == 0, f"{script}\n{result!r}"
        return
    for command, expected in conversation(text):
        if wanted(command):
            result = shell(enarx, f"{{ {command}\n}} 2>&1 || true", folder)
            shown = [line for line in result.out.splitlines() if NOTICE not in line]
            same = matches(expected, result.out) or matches(expected, "\n".join(shown))
            assert same, f"$ {command}\n{result!r}\nexpected: {expected}"


def test_documents_are_there():
    for name in ("README.md", "CONTRIBUTING.md", "CHANGES.md", "LICENSE"):
        assert (ROOT / name).exists() or (ROOT / name.removesuffix(".md")).exists(), name


def anchors(path):
    """What headings can be linked to by, as GitHub does it."""
    text = re.sub(r"^\s*```.*?^\s*```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.exists()], ids=lambda p: p.name)
def test_anchors_are_headings(path):
    for target, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", path.read_text()):
        if "://" not in target:
            page = path.parent / target if target else path
            assert anchor in anchors(page), f"{path.name}: {target}#{anchor}"


def test_every_page_is_in_the_index():
    index = (ROOT / "docs/README.md").read_text()
    pages = {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")}
    listed = set(re.findall(r"\]\(([^)#:]+\.md)\)", index))
    assert pages - {"README.md"} <= listed


def test_messages_explained_are_said():
    """What stands in the first column of troubleshooting, and "..." for anything."""
    binary = ENARX.read_bytes()
    text = (ROOT / "docs/troubleshooting.md").read_text()
    quoted = [
        part.strip().encode()
        for cell in re.findall(r"^\| (.*?) \| ", text, re.MULTILINE)
        for message in re.findall(r"`([^`]+)`", cell)
        for part in message.split("...")
    ]
    said = [part for part in quoted if len(part) > 8]
    assert len(said) > 20
    assert [part for part in said if part not in binary] == []


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.exists()], ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (Path(path).parent / target).exists(), f"{path.name}: {target}"
