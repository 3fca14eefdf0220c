"""What ``sam build`` makes of a zip function, without SAM: functions/Makefile, as SAM calls it, on whatever this is."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.overlay import load_template

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
ZIPPED = ("authorizer", "dispatcher", "status", "submit", "webhooks")
HEAVY = {"PIL", "av", "cv2", "fonts", "icu4py", "moviepy", "numpy", "render", "uharfbuzz"}
UNPACKED_MB = 30
LIBRARIES = "boto3, requests, pydantic.main, aws_lambda_powertools.event_handler"
IMPORT_RATIO = 1.6
"""How long a function may take to import, of what these libraries take, all of which submit needs (it takes 1.3)."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy, artifacts = tmp_path_factory.mktemp("copy") / "functions", tmp_path_factory.mktemp("artifacts")
    shutil.copytree(FUNCTIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ARTIFACTS_DIR": str(artifacts),
        # No engine: what Docker does here, compiling, is optional.
        "DOCKER_HOST": f"unix://{copy}/none",
    }
    done = subprocess.run(
        ["make", "build-SubmitFunction"], cwd=copy, env=environment, capture_output=True, text=True, check=True
    )
    assert "Not compiled" in done.stdout
    return artifacts


def test_the_zip_has_the_handlers_and_the_domain_and_nothing_heavy(built: Path) -> None:
    names = {path.name for path in built.iterdir()}
    assert {*ZIPPED, "reelqueue", "pydantic", "boto3"} <= names
    assert not names & HEAVY
    assert not list(built.rglob("*.ttf"))
    assert sum(path.stat().st_size for path in built.rglob("*") if path.is_file()) < UNPACKED_MB * 1_000_000


def test_the_zip_runs_on_both_processors_of_the_runtime(built: Path) -> None:
    compiled = {path.name for path in (built / "pydantic_core").glob("*.so")}
    assert compiled == {f"_pydantic_core.cpython-313-{arch}-linux-gnu.so" for arch in ("aarch64", "x86_64")}


def test_the_sdk_knows_the_services_that_are_called_and_no_others(built: Path) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in FUNCTIONS.rglob("*.py"))
    # The secrets are read by Powertools.
    called = {*re.findall(r"""boto3\.client\(\s*["'](\w+)["']""", code), "secretsmanager"}
    known = {path.name for path in (built / "botocore" / "data").iterdir() if path.is_dir()}
    assert known == called, "SERVICES in functions/slim.py"


@pytest.mark.parametrize("name", ZIPPED)
def test_a_zip_function_is_imported_without_what_is_heavy_and_adds_little_to_its_libraries(name: str) -> None:
    """In CPU time, of the fastest of some runs in turn, as other work on this machine slows even that; compiled, as
    ``make build`` leaves it."""
    libraries: tuple[float, list[str]] = (math.inf, [])
    function = libraries
    for _ in range(8):
        libraries, function = min(libraries, imported(LIBRARIES)), min(function, imported(f"{name}.app"))
        if function[0] < IMPORT_RATIO * libraries[0]:
            break
    assert not {module.partition(".")[0] for module in function[1]} & HEAVY
    assert function[0] < IMPORT_RATIO * libraries[0]


def imported(modules: str) -> tuple[float, list[str]]:
    """The CPU seconds that it takes to import modules, and the names of all that are loaded then."""
    program = (
        f"import sys, time; start = time.process_time(); import {modules}; "
        "print(time.process_time() - start, *sys.modules)"
    )
    environment = {"PYTHONPATH": str(FUNCTIONS), "AWS_DEFAULT_REGION": "us-east-1", "PATH": os.environ["PATH"]}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    taken, *loaded = run.stdout.split()
    return float(taken), loaded


def test_every_zip_function_is_built_by_that_makefile() -> None:
    resources = load_template(ROOT / "template.yaml")["Resources"]
    metadata = {name: resource.get("Metadata") for name, resource in resources.items() if name.endswith("Function")}
    assert [name for name, value in metadata.items() if value == {"BuildMethod": "makefile"}] == [
        f"{name.title()}Function" for name in ("authorizer", "submit", "status", "dispatcher", "webhooks")
    ]


@pytest.mark.parametrize("part", ["functions", "functions/render"])
def test_the_lock_of_what_is_deployed_holds_the_versions_that_were_tested(part: str) -> None:
    pin = r"^[\w.-]+==[\w.+-]+"
    deployed = set(re.findall(pin, (ROOT / part / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    tested = set(re.findall(pin, (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    wanted = set(re.findall(pin, (ROOT / part / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))
    assert wanted <= deployed <= tested


def test_one_base_image_everywhere() -> None:
    files = ["functions/render/Dockerfile", "functions/Makefile", "tools/test-image", "tests/e2e/test_11_deploy.py"]
    named = {
        name for file in files for name in re.findall(r"amazon/aws-lambda-python:[\w.-]+", (ROOT / file).read_text())
    }
    assert named == {"amazon/aws-lambda-python:3.13"}
