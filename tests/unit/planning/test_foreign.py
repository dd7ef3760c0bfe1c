"""Files of other programs: one message says what they are and how to say the same here."""

import json
from pathlib import Path

import pytest

from harness.errors import ScenarioInvalid
from harness.planning.reading import nodes, read
from harness.planning.reading.thresholds import rewritten

K8S = "apiVersion: {}\nkind: Thing\nmetadata: {{name: x}}\nspec: {{}}\n"
FILES = {
    "a Litmus manifest": "---\n" + K8S.format("litmuschaos.io/v1alpha1"),
    "a Chaos Mesh manifest": K8S.format("chaos-mesh.org/v1alpha1"),
    "an Argo manifest": K8S.format("argoproj.io/v1alpha1"),
    "a Kubernetes manifest": K8S.format("apps/v1") + "---\n" + K8S.format("v1"),
    "a Kubernetes manifest in": json.dumps({"apiVersion": "v1", "kind": "Pod"}),
    "a Chaos Toolkit experiment": "version: 1.0.0\ntitle: What if\nmethod: []\n",
    "options of k6": "vus: 10\nthresholds: {http_req_failed: ['rate<0.01']}\n",
    "a script of k6": "import http from 'k6/http';\nexport const options = {vus: 1};\n",
    "a script of Artillery": "config: {target: http://x, phases: []}\nscenarios: []\n",
    "a compose file of Docker": "version: '3'\nservices: {web: {image: x}}\n",
    "a workflow of GitHub Actions": "name: CI\non: [push]\njobs: {test: {runs-on: ubuntu-latest}}\n",
    "a pipeline of GitLab": "image: python\nstages: [test]\nunit: {script: [pytest]}\n",
    "an attack of Gremlin": json.dumps({"command": {"type": "shutdown"}, "target": {"type": "Random"}}),
    "a configuration of Toxiproxy": json.dumps([{"name": "db", "listen": ":1", "upstream": "db:5432"}]),
    "a playbook of Ansible": "- hosts: all\n  tasks: []\n",
    "a configuration of pytest": "[pytest]\naddopts = -q\n",
    "a configuration in TOML or INI": "[project]\nname = 'x'\n",
    "a program in Python": "from locust import HttpUser\n\nclass One(HttpUser):\n    pass\n",
    "XML or HTML": "<?xml version='1.0'?>\n<jmeterTestPlan/>\n",
    "a feature of Gherkin": "Feature: chaos\n  Scenario: kill\n    Then nothing is lost\n",
    "a result of this harness": json.dumps({"schema": 1, "run_id": "x", "verdict": "pass"}),
}


def mistakes(folder: Path, text: str) -> list[str]:
    path = folder / "scenario.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioInvalid) as caught:
        read(str(path))
    return [one.message for one in caught.value.mistakes]


@pytest.mark.parametrize(("what", "text"), FILES.items(), ids=FILES)
def test_it_is_named_as_what_it_is_in_one_message(tmp_path: Path, what: str, text: str) -> None:
    (told,) = mistakes(tmp_path, text)
    assert f"found {what.removesuffix(' in')}: " in told
    assert "chaos list" in told


@pytest.mark.parametrize(
    "text", ["name: x\nsteps: 3\nlaod: {}\nsystems: [sync]\n", "name: x\nthresholds: []\nload: {}\n"]
)
def test_a_scenario_with_a_key_of_theirs_is_still_a_scenario(tmp_path: Path, text: str) -> None:
    assert all(told.startswith("unknown key") for told in mistakes(tmp_path, text))


@pytest.mark.parametrize(
    ("theirs", "here"),
    [
        ("p(95)<500", "latency_p95 < 500ms"),
        ("p(99.9) <= 2s", "latency_p99 <= 2s"),
        ("med<200", "latency_p50 < 200ms"),
        ("rate<0.01", "failed < submitted * 0.01"),
        ("failed rate < 1%", "failed < submitted * 0.01"),
        ("count>=100", "finished >= 100"),
        ("sync.lost / sync.submitted < 0.01", "sync.lost < sync.submitted * 0.01"),
        ("errors / requests < 5%", "failed < submitted * 0.05"),
        ("http_req_duration p(95)<500", "latency_p95 < 500ms"),
    ],
)
def test_a_threshold_of_theirs_is_written_as_it_is_here(theirs: str, here: str) -> None:
    assert rewritten(theirs) == f'; write "{here}"'


def test_what_is_told_to_be_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    lines = ["latency_p95 < 500ms", "failed < submitted * 0.01", "sync.lost < sync.submitted * 0.01", "finished >= 100"]
    path.write_text(f"name: x\nsystems: [sync]\nexpect: {json.dumps(lines)}\n")
    assert [one.text for one in read(str(path))[0].expect] == lines


def test_thresholds_in_a_mapping_and_without_a_unit_have_a_hint(tmp_path: Path) -> None:
    head = "name: x\nsystems: [sync]\nexpect:\n  - "
    assert mistakes(tmp_path, head + "{http_req_duration: ['p(95)<500']}\n")[0].endswith(
        '; write "latency_p95 < 500ms"'
    )
    assert mistakes(tmp_path, head + '"latency_p95<500"\n')[0].endswith("; write 500ms")
    assert mistakes(tmp_path, head + '"latency_p95<5"\n')[0].endswith("; write 5s")


# -- JSON is YAML


@pytest.mark.parametrize("loader", [nodes.CoreLoader, nodes.PairLoader], ids=["libyaml", "python"])
def test_what_json_writes_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loader: type) -> None:
    monkeypatch.setattr(nodes, "CoreLoader", loader)
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"name": "x", "description": "hält 😀 \\ud83d", "systems": ["sync"]}))
    assert read(str(path))[0].description == "hält 😀 \\ud83d"


def test_half_a_sign_is_refused_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('{"name": "x",\n "description": "\\ud83d", "seed": "\\ude00"}')
    with pytest.raises(ScenarioInvalid) as caught:
        read(str(path))
    told = [f"{one.line}:{one.column}: {one.message}" for one in caught.value.mistakes]
    assert any(one.startswith("2:17: expected text, found half a sign") for one in told)


def test_a_place_after_a_pair_is_the_files_own(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('{"name": "x", "description": "\\ud83d\\ude00", "nmae": 1}')
    with pytest.raises(ScenarioInvalid) as caught:
        read(str(path))
    assert [one.column for one in caught.value.mistakes] == [46]
