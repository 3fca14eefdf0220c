"""``sam build`` and ``sam deploy``, as for an account, onto the emulator: what AWS would run makes a video.

No overlay: the template and the five zips are those that ``sam build`` made, each function runs in a container of the
base image, and render in the image. Only where AWS ends and this machine begins a hand is lent, by calls that an
administrator could make: see ``deployed``.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from ministack.services import lambda_svc

from local import containers
from local.aws import REGION, Aws
from local.launch import emulator
from local.overlay import WEBHOOK_SECRET, load_template
from local.ports import claim
from local.receiver import Receiver
from local.sam import write
from tests.e2e.conftest import PATIENCE_SECONDS, QUICK, Client, wait_until
from tests.unit.test_build import IMPORT_RATIO, LIBRARIES

PROJECT = Path(__file__).parents[2]
BASE_IMAGE = os.environ.get("BASE_IMAGE") or "amazon/aws-lambda-python:3.13"
PREFIX = "localhost"
"""As if the images came from a registry of this name: so SAM has nothing to push, and the emulator nothing to pull."""

ZIPPED = ("Authorizer", "Submit", "Status", "Dispatcher", "Webhooks")
TOO_HEAVY = ("numpy", "PIL", "moviepy", "cv2", "av", "render", "fonts")


@dataclass(frozen=True)
class Deployed:
    api_url: str
    auth: tuple[str, str]
    receiver: Receiver

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        url = f"{self.api_url}{path}"
        return requests.request(method, url, timeout=PATIENCE_SECONDS, **{"auth": self.auth} | more)


def sam(*arguments: str, **environment: str) -> str:
    """What the SAM CLI prints, called as ``make build`` calls it, without this machine's AWS configuration."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    binaries = str(Path(sys.executable).parent)
    path = {"PATH": f"{binaries}:{inherited['PATH']}", "SAM_CLI_TELEMETRY": "0", "BASE_IMAGE": BASE_IMAGE}
    done = subprocess.run(
        [f"{binaries}/sam", *arguments],
        cwd=PROJECT,
        env=inherited | path | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what ``sam build`` made."""
    folder = tmp_path_factory.mktemp("build")
    sam("build", "--exclude", "RenderFunction", "--build-dir", str(folder))
    return folder


@pytest.fixture(scope="module")
def deployed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The stack that ``sam deploy`` made, with the password that it generated.

    Lent: the image that ``make image`` built is the one that the template names, as ``sam build`` would have it; the
    bucket's TLS-only policy goes, as the emulator enforces it and speaks plain HTTP; webhooks may reach this machine,
    and their key is set, as the emulator's CloudFormation does not leave punctuation out of what it generates.
    """
    template = load_template(built / "template.yaml")
    template["Resources"]["RenderFunction"]["Properties"]["ImageUri"] = f"{PREFIX}/{containers.IMAGE}:latest"
    (built / "template.json").write_text(json.dumps(template))
    for image in (containers.IMAGE, BASE_IMAGE):
        name = containers.IMAGE if image == containers.IMAGE else lambda_svc._RUNTIME_IMAGE_MAP["python3.13"]
        subprocess.run(["docker", "tag", image, f"{PREFIX}/{name}"], check=True)
    root = tmp_path_factory.mktemp("emulator")
    host = containers.host_address(containers.IMAGE)
    port = claim(None, "PORT", host)
    endpoint = f"http://{host}:{port}"
    settings = {
        "LAMBDA_EXECUTOR": "docker",
        "MINISTACK_IMAGE_PREFIX": PREFIX,
        # Where the emulator itself runs in a container it copies the zips into those that it starts.
        "LAMBDA_DOCKER_FLAGS": containers.FLAGS.replace("--read-only ", ""),
    }
    with emulator(root, host, port, settings):
        sam(
            *(
                "deploy",
                "--template-file",
                str(built / "template.json"),
                "--config-file",
                str(PROJECT / "samconfig.toml"),
            ),
            *("--no-confirm-changeset", "--parameter-overrides", f"Architecture={containers.ARCHITECTURE}"),
            AWS_ENDPOINT_URL=endpoint,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_DEFAULT_REGION=REGION,
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        )
        aws = Aws(endpoint)
        [stack] = aws.cloudformation.describe_stacks(StackName="reelqueue")["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        aws.s3.delete_bucket_policy(Bucket=outputs["BucketName"])
        for function in aws.functions.list_functions()["Functions"]:
            variables = function["Environment"]["Variables"]
            if "ALLOWED_PORTS" in variables:
                variables["ALLOW_PRIVATE_ADDRESSES"] = "true"
                aws.functions.update_function_configuration(
                    FunctionName=function["FunctionName"], Environment={"Variables": variables}
                )
        login = json.loads(aws.secrets.get_secret_value(SecretId=outputs["AuthSecretArn"])["SecretString"])
        key = json.dumps({"secret": WEBHOOK_SECRET.removeprefix("whsec_")})
        aws.secrets.put_secret_value(SecretId=outputs["WebhookSecretArn"], SecretString=key)
        api_id = re.findall(r"https://(\w+)\.execute-api\.", outputs["ApiUrl"])[0]
        with Receiver(claim(None, "RECEIVER_PORT", host), WEBHOOK_SECRET, host=host) as receiver:
            url = f"{endpoint}/_aws/execute-api/{api_id}/api"
            yield Deployed(url, (login["username"], login["password"]), receiver)


def test_the_zips_are_all_the_same_and_carry_nothing_heavy(built: Path) -> None:
    files = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (built / f"{name}Function" for name in ZIPPED)
    ]
    assert all(each == files[0] for each in files[1:])
    assert not {path.parts[0] for path in files[0]} & set(TOO_HEAVY)
    assert not [path for path in files[0] if path.suffix == ".ttf"]


@pytest.mark.parametrize("name", ZIPPED)
def test_a_zip_function_adds_little_to_the_import_of_its_libraries(name: str, built: Path) -> None:
    """By the Python of the runtime, where nothing can be written beside the code, as in Lambda: the fastest of some."""

    def imported(modules: str) -> float:
        program = f"import time; start = time.process_time(); import {modules}; print(time.process_time() - start)"
        command = ["docker", "run", "--rm", "--read-only", "--volume", f"{built}/{name}Function:/var/task:ro"]
        command += ["--env", "AWS_DEFAULT_REGION=us-east-1", "--entrypoint", "python3", BASE_IMAGE, "-c", program]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    libraries = function = math.inf
    for _ in range(4):
        libraries = min(libraries, imported(LIBRARIES))
        function = min(function, imported(f"{name.lower()}.app"))
        if function < IMPORT_RATIO * libraries:
            break
    assert function < IMPORT_RATIO * libraries


@pytest.mark.parametrize(("name", "status"), [("Status", 200), ("Submit", 202)])
def test_sam_local_invokes_a_zip_function_on_the_local_stack(
    name: str, status: int, built: Path, client: Client
) -> None:
    files = write(built, client.stack.file.parent)
    answer = sam(
        *("local", "invoke", f"{name}Function", "--event", f"events/{name.lower()}.json"),
        *("--template", f"{files}/template.json", "--env-vars", f"{files}/env.json"),
        *("--invoke-image", BASE_IMAGE, "--skip-pull-image"),
    )
    assert json.loads(answer)["statusCode"] == status


def test_what_sam_deployed_makes_a_video(deployed: Deployed) -> None:
    assert deployed.call("GET", "/queue-status", auth=("admin", "changeme")).status_code in (401, 403)
    body = {
        "webhookUrl": deployed.receiver.url,
        "theme": "winter",
        "output": QUICK,
        "scenes": [{"text": "Deployed", "duration": 1}],
    }
    accepted = deployed.call("POST", "/generate-video-async", json=body)
    assert accepted.status_code == 202, accepted.text
    job_id = accepted.json()["jobId"]

    def status() -> dict[str, Any]:
        return dict(deployed.call("GET", f"/job-status/{job_id}").json())

    wait_until(lambda: status()["status"] in ("completed", "failed"))
    assert status()["status"] == "completed", status()
    video = requests.get(status()["videoUrl"], timeout=30).content
    assert video[4:8] == b"ftyp"
    wait_until(lambda: len(deployed.receiver.received(job_id)) == 2)
    assert [event["type"] for event in deployed.receiver.received(job_id)] == ["job.processing", "job.completed"]
