"""Files of other programs that people hand over as scenarios: named as what they are, and how to say the same here.

Pure: from text, or the keys at the top, to one message.
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

SEE = "see `chaos list` for examples and `chaos schema` for the keys"
TELLING = frozenset({"load", "desk", "systems", "faults", "settle", "expect"})
"""Keys at the top of a scenario of which no other program's file has several."""


class Kind(NamedTuple):
    """A kind of file: what it is, how to say the same in a scenario, and the keys of which it has at least `least`.

    `is_list`: it is a list of mappings with these keys.
    """

    what: str
    counterpart: str
    keys: frozenset[str]
    least: int = 1
    is_list: bool = False


class Recognised(NamedTuple):
    """What a mapping is, and the key that says so."""

    key: str
    message: str


class Text(NamedTuple):
    """What a text is, and where it says so; lines and columns count from 1."""

    line: int
    column: int
    message: str


def _keys(*names: str) -> frozenset[str]:
    return frozenset(names)


KILL = "a pod that is deleted is `kind: worker_kill` with `when: {after: 5s}`"
KINDS = (
    Kind(
        "a Chaos Toolkit experiment",
        "its method is `faults`, its steady state hypothesis is `expect`",
        _keys("method", "steady-state-hypothesis", "rollbacks", "title"),
    ),
    Kind(
        "a script of Artillery",
        "its phases are `load.arrival: {rate: 20/s}`, its `ensure` is `expect`",
        _keys("config", "scenarios"),
        2,
    ),
    Kind("a compose file of Docker", "what is run here stands in `systems`", _keys("services", "volumes", "networks")),
    Kind(
        "a workflow of GitHub Actions",
        "a job runs scenarios with `chaos run --all --ci`",
        _keys("jobs", "on", "runs-on", "steps"),
    ),
    Kind(
        "a pipeline of GitLab",
        "a job runs scenarios with `chaos run --all --ci`",
        _keys("stages", "before_script", "script", "image"),
        2,
    ),
    Kind(
        "options of k6",
        "its vus or rate are `load.arrival: {concurrency: 8}` or `{rate: 20/s}`, its thresholds are `expect`",
        _keys("thresholds", "stages", "vus", "iterations", "scenarios", "executor"),
    ),
    Kind(
        "an attack of Gremlin",
        "its command is `faults`, such as `kind: worker_kill`, its length is a fault's `duration`",
        _keys("command", "target", "impact_definition", "targetDefinition", "impactDefinition"),
        2,
    ),
    Kind(
        "a configuration of Toxiproxy",
        "a toxic is a fault, such as `kind: receiver_outage` with `mode: slow` and a `delay`",
        _keys("listen", "upstream", "toxics", "proxies"),
        2,
    ),
    Kind(
        "a configuration of Toxiproxy",
        "a toxic is a fault, such as `kind: receiver_outage` with `mode: slow` and a `delay`",
        _keys("listen", "upstream"),
        2,
        is_list=True,
    ),
    Kind("a playbook of Ansible", "what breaks stands in `faults`", _keys("hosts", "tasks", "roles"), 2, is_list=True),
    Kind(
        "a result of this harness",
        "the scenario that made it is scenario.yaml in the same folder",
        _keys("run_id", "verdict", "schema"),
        2,
    ),
    Kind(
        "a JSON Schema",
        "`chaos schema` prints that of a scenario; a scenario is what it describes",
        _keys("$schema", "$defs"),
        2,
    ),
)
"""In the order in which they are looked for."""

KUBERNETES = {
    "litmuschaos": ("a Litmus manifest", f"its experiments are `faults`: {KILL}"),
    "chaos-mesh": ("a Chaos Mesh manifest", f"its action is a fault's `kind`: {KILL}"),
    "argoproj": ("an Argo manifest", "its steps have no place here; what breaks stands in `faults`"),
    "k6.io": ("a k6 manifest", "its thresholds are `expect`"),
    "": ("a Kubernetes manifest", f"what is run here stands in `systems`, what breaks in `faults`: {KILL}"),
}
"""What an `apiVersion` has in it, and what the manifest is."""

TEXTS = (
    (
        r"^[\ufeff\s]*\[(?:tool:)?pytest\]",
        "a configuration of pytest",
        "scenarios are tests with `pytest scenarios/ --chaos`",
    ),
    (r"^[\ufeff\s]*\[(?:tool|project|build-system|tox|flake8)[.\]\w-]*", "a configuration in TOML or INI", ""),
    (r"^\s*import\b.*\bfrom\s+['\"]k6", "a script of k6", "its thresholds are `expect`, its options are `load`"),
    (r"^\s*export\s+(?:const|default|let)\b", "a script in JavaScript", "if it is k6's, its thresholds are `expect`"),
    (r"^\s*(?:from\s+\w[\w.]*\s+import|def \w+\(.*\):|class \w+(?:\(.*\))?:\s*$)", "a program in Python", ""),
    (r"^[\ufeff\s]*<(?:\?xml|jmeterTestPlan|!DOCTYPE|html)", "XML or HTML", "a plan of JMeter is `load` here"),
    (r"^\s*Feature:.*\n(?:.*\n)*?\s*Scenario(?: Outline)?:", "a feature of Gherkin", "its Then lines are `expect`"),
    (r"^\s*#!", "a script", ""),
)
"""What a text that is no mapping begins with, or has at the beginning of a line."""
_API_VERSION = re.compile(r"^apiVersion:[ \t]*[\"']?(?P<group>[\w./-]+)", re.MULTILINE)
_KIND = re.compile(r"^kind:[ \t]*[\"']?\w+", re.MULTILINE)
_A_KEY_OF_OURS = re.compile(rf"^(?:{'|'.join(sorted(TELLING))}|name):", re.MULTILINE)


def of_text(text: str) -> Text | None:
    """Say what a text is that is no scenario, whether YAML can read it or not; None where it may be one."""
    api = _API_VERSION.search(text)
    if api is not None and _KIND.search(text):
        return _at(text, api.start(), _manifest(api["group"]))
    if text.lstrip("\ufeff \t\r\n")[:1] == "{" or _A_KEY_OF_OURS.search(text):
        return None
    for pattern, what, counterpart in TEXTS:
        if match := re.search(pattern, text, re.MULTILINE):
            return _at(text, match.start() + len(match[0]) - len(match[0].lstrip()), _message(what, counterpart))
    return None


def of_keys(keys: Collection[str], values: Mapping[str, str], *, is_list: bool) -> Recognised | None:
    """Say what a mapping with these keys is (a list: of mappings with them); None where it may be a scenario."""
    if "apiVersion" in keys and "kind" in keys:
        return Recognised("apiVersion", _manifest(values.get("apiVersion", "")))
    ours = TELLING.intersection(keys)
    for kind in KINDS:
        theirs = [key for key in keys if key in kind.keys]
        # More of theirs than of ours: a scenario with one stray key of another program is a scenario with a mistake.
        if kind.is_list == is_list and len(theirs) >= kind.least and len(theirs) > len(ours):
            return Recognised(theirs[0], _message(kind.what, kind.counterpart))
    return None


def _manifest(group: str) -> str:
    name = next(name for name in KUBERNETES if name in group)
    return _message(*KUBERNETES[name])


def _message(what: str, counterpart: str) -> str:
    how = f"{counterpart}; {SEE}" if counterpart else SEE
    return f"expected a scenario of this harness, with load, systems and faults; found {what}: {how}"


def _at(text: str, offset: int, message: str) -> Text:
    line = text.count("\n", 0, offset) + 1
    return Text(line, offset - (text.rfind("\n", 0, offset) + 1) + 1, message)
