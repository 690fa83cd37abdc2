# SPDX-License-Identifier: Apache-2.0
"""The command with filters of system calls of which one rule ends the process that makes use of
it (tests/sandbox/one_rule.c): which rules are there, and is each needed?"""

import pytest

from conftest import ROOT

ONE_RULE = ROOT / "build/tests/sandbox/enarx"
needs_one_rule = pytest.mark.skipif(
    not ONE_RULE.exists(), reason=f"{ONE_RULE} is not built: make tests"
)


def rules_of(home, play):
    """The names of the rules in the filters of a play that works."""
    names = home / "rules"
    names.write_text("")
    play()
    rules = names.read_text().split()
    names.unlink()
    assert rules
    return rules


def is_missed(home, rule, play, was_ended):
    """A process without the rule was ended for it, and the play does not work."""
    (home / "rule").write_text(rule)
    try:
        play()
    except (Exception, pytest.fail.Exception) as failure:
        assert was_ended(), f"{rule}: {play.__name__} failed for another reason: {failure}"
        return True
    finally:
        (home / "rule").unlink()
    return False


def check_each(home, plays, excepted, was_ended):
    """`home` is the command's HOME, excepted {rule: reason}; was_ended() tells whether the play
    that has failed did so by the filter."""
    filters = [(play, rules_of(home, play)) for play in plays]
    found = {rule: None for _, rules in filters for rule in rules}
    for rule in found:
        those = (play for play, rules in filters if rule in rules)
        missed = (play.__name__ for play in those if is_missed(home, rule, play, was_ended))
        found[rule] = next(missed, None) or rule in excepted and f"excepted: {excepted[rule]}"
        print(f"{rule}: {found[rule]}")
    assert [rule for rule, why in found.items() if not why] == [], "nobody needs these"
    assert set(excepted) <= set(found), "excepted, but not allowed"
