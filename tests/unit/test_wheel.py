"""One package is installed, and it does its work beside a project's own packages called `harness` and `systems`."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import hatch_build
from tests.support.chaos import ROOT
from tests.support.inner import WITHOUT, surroundings
from tests.support.once import made_once

SCENARIO = """
name: NAME
load: {tickets: 1, arrival: all_at_once}
desk: {step_time: 1ms}
systems: SYSTEMS
expect: ["finished == 1"]
"""
SYNC = "{sync: {system: sync, processes: 1}}"
TEMPORAL = "{temporal: {system: temporal, processes: 1}}"
DEPENDENCIES = "dependencies.pth"
"""Where an environment is told of another one's packages."""
NAME_OF_A_MODULE = re.compile(r"((?:harness|systems)(?:\.\w+)+)\.?$")
PLUGIN_ALONE = ["-p", "no:cacheprovider", "-p", "chaos_harness.pytest_plugin"]
"""What a pytest of these tests loads; the plugins of the environment are switched off."""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def call(*argv: str | Path, cwd: Path, path: str = ".", **changes: str) -> Ran:
    """Run a command as somebody in the folder `cwd`, with a PYTHONPATH that puts that folder before everything."""
    env = {**surroundings(cwd), "PYTHONPATH": path, **changes}
    done = subprocess.run([*map(str, argv)], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300)
    return Ran(done.returncode, done.stdout, done.stderr)


def hatchling(target: str, source: Path, to: Path) -> Path:
    """Build the source distribution or the wheel of a folder, and return its file."""
    built = call(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", to, cwd=source)
    assert built.code == 0, built.err
    return next(path for path in to.iterdir() if path.suffix == {"sdist": ".gz", "wheel": ".whl"}[target])


@dataclass(frozen=True)
class Installed:
    """An environment of its own that has the wheel, and finds the dependencies where this one has them."""

    folder: Path

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    @property
    def packages(self) -> Path:
        [found] = (self.folder / "lib").glob("python*/site-packages")
        return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Return the environment that the wheel is installed in."""
    return Installed(made_once(tmp_path_factory, "wheel", install) / "venv")


def install(folder: Path) -> None:
    """Install the wheel that is built from the source distribution."""
    source = folder / "source"
    for part in hatch_build.PLACES:
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, source / part)
    with tarfile.open(hatchling("sdist", source, folder)) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    [unpacked] = (folder / "unpacked").iterdir()
    wheel = hatchling("wheel", unpacked, folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    environment = Installed(folder / "venv")
    dependencies = [path for path in sys.path if Path(path).name == "site-packages"]
    (environment.packages / DEPENDENCIES).write_text("\n".join(dependencies))
    pip = (sys.executable, "-m", "pip", "--python", environment.program("python"), "install")
    ran = call(*pip, "--quiet", "--no-index", "--no-deps", wheel, cwd=folder)
    assert ran.code == 0, ran.err


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's project: packages called `harness` and `systems`, tests, and scenarios."""
    for name in ("harness", "systems"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("OURS = True\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_ours.py").write_text(
        "import harness, systems\n\ndef test_ours():\n    assert harness.OURS and systems.OURS\n"
    )
    for name, systems in {"engine": TEMPORAL, "alone": SYNC}.items():
        (tmp_path / f"{name}.yaml").write_text(SCENARIO.replace("NAME", name).replace("SYSTEMS", systems))
    return tmp_path


def beside_ours() -> str:
    """Return a PATH that ends with this environment's programs, of which a run needs Temporal's."""
    return os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)])


# -- the wheel


def test_one_package_is_installed_with_its_systems_scenarios_and_each_way_to_call_the_program(
    installed: Installed, project: Path
) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    added = {path.name for path in installed.packages.iterdir()} - {DEPENDENCIES}
    assert added == {"chaos_harness", f"chaos_harness-{version}.dist-info"}
    found = {str(p.relative_to(installed.packages)) for p in (installed.packages / "chaos_harness").rglob("*")}
    wanted = {f"chaos_harness/{p.relative_to(ROOT)}" for top in ("harness", "systems") for p in (ROOT / top).rglob("*")}
    wanted |= {f"chaos_harness/bundled/{p.name}" for p in (ROOT / "scenarios").glob("*.yaml")}
    wanted |= {f"chaos_harness/{p.name}" for p in (ROOT / "chaos_harness").glob("*.py")}
    assert {name for name in wanted if "__pycache__" not in name} - found == set()
    for program, *arguments in (["chaos"], ["chaos-harness"], ["python", "-m", "chaos_harness"]):
        ran = call(installed.program(program), *arguments, "list", cwd=project)
        assert (ran.code, ran.err) == (0, ""), program
        assert "worker-kill" in ran.out


def test_a_run_starts_its_own_workers(installed: Installed, project: Path) -> None:
    argv = ("run", "engine.yaml", "alone.yaml", "--jobs", "2", "--report", "html")
    ran = call(installed.program("chaos"), *argv, cwd=project, PATH=beside_ours())
    assert ran.code == 0, ran.out + ran.err
    assert "2 of 2 scenarios pass" in ran.out
    assert len(list(project.glob("reports/*/report.html"))) == 3  # one of them by the link to the latest


@pytest.mark.soak
def test_a_tour_has_its_scenarios_and_its_page(installed: Installed, project: Path) -> None:
    ran = call(installed.program("chaos"), "tour", "--act", "races", cwd=project, PATH=beside_ours())
    assert ran.code == 0, ran.out + ran.err
    assert "verdict pass: 1 of 1 act passes" in ran.out
    assert len(list(project.glob("reports/*-tour-*.html"))) == 1


@pytest.mark.soak
def test_a_project_tests_its_own_packages_and_its_scenarios(installed: Installed, project: Path) -> None:
    argv = ("-m", "pytest", "-q", *WITHOUT, "tests")
    own = call(installed.program("python"), *argv, cwd=project)
    assert own.code == 0, own.out + own.err
    ran = call(installed.program("python"), *argv, "--chaos", "alone.yaml", cwd=project, PATH=beside_ours())
    assert ran.code == 0, ran.out + ran.err
    assert "3 passed" in ran.out


# -- the checkout


def before_the_checkout(project: Path) -> str:
    return os.pathsep.join([str(project), str(ROOT)])


def test_a_checkout_runs_its_own_code_from_a_project(project: Path) -> None:
    argv = ("-m", "chaos_harness", "run", "alone.yaml", "--report", "none")
    ran = call(sys.executable, *argv, cwd=project, path=before_the_checkout(project))
    assert ran.code == 0, ran.out + ran.err


def test_a_checkout_lets_a_project_test_its_own_packages(project: Path) -> None:
    path = before_the_checkout(project)
    ran = call(
        *(sys.executable, "-m", "pytest", *PLUGIN_ALONE, "tests"),
        cwd=project,
        path=path,
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
    )
    assert ran.code == 0, ran.out + ran.err


def test_a_checkout_whose_packages_are_hidden_says_so_where_scenarios_are_asked_for(project: Path) -> None:
    path = before_the_checkout(project)
    ran = call(
        *(sys.executable, "-m", "pytest", *PLUGIN_ALONE, "--chaos", "alone.yaml"),
        cwd=project,
        path=path,
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
    )
    assert (ran.code, ran.out) == (int(pytest.ExitCode.USAGE_ERROR), "")
    assert ran.err.strip() == (
        f"ERROR: --chaos: expected the package `harness` of {ROOT}, found {project}/harness/__init__.py; "
        f"beside a package of that name install the wheel: pip install {ROOT}"
    )


# -- the names


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from harness import package\n", "from chaos_harness.harness import package\n"),
        ("from harness.cli.main import chaos\n", "from chaos_harness.harness.cli.main import chaos\n"),
        (
            "def f():\n    from  systems.desk import model\n",
            "def f():\n    from  chaos_harness.systems.desk import model\n",
        ),
        ("é = 1; from systems import desk\n", "é = 1; from chaos_harness.systems import desk\n"),
        ("from systems import (\n    a,\n)\n", "from chaos_harness.systems import (\n    a,\n)\n"),
        (
            "from harness import a; from systems import b",
            "from chaos_harness.harness import a; from chaos_harness.systems import b",
        ),
        ("from harnessed import a\nfrom .harness import b\nimport harnesses\n", None),
        ('"from harness import a"\n"""\nfrom systems import b\n"""\n', None),
    ],
)
def test_an_import_of_what_moves_gets_its_longer_name_and_nothing_else_changes(
    source: str, expected: str | None
) -> None:
    assert hatch_build.moved(source.encode(), "a.py").decode() == (expected or source)


@pytest.mark.parametrize("line", ["import harness", "import systems.desk", "import os, harness.execution.run as run"])
def test_an_import_that_binds_the_shorter_name_is_refused_with_its_place(line: str) -> None:
    with pytest.raises(ValueError, match=rf"^a\.py:2: expected `from harness import …`, found `{line}`$"):
        hatch_build.moved(f"# first\n{line}\n".encode(), "a.py")


def names_in_strings(source: Path) -> Iterator[str]:
    """Yield the strings of a module, or their beginnings, that name another one by where it is in the checkout."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = NAME_OF_A_MODULE.match(node.value)
            place = ROOT.joinpath(*named[1].split(".")) if named else ROOT / "none"
            if place.with_suffix(".py").is_file() or (place / "__init__.py").is_file():
                yield f"{source.relative_to(ROOT)}:{node.lineno}: {node.value}"


def test_what_is_started_or_looked_up_by_name_computes_the_name() -> None:
    modules = [path for top in hatch_build.MOVED for path in (ROOT / top).rglob("*.py")]
    assert [found for module in modules for found in names_in_strings(module)] == []
