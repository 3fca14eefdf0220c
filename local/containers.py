"""Render as the container that AWS would run: where its containers find this machine, what they may do, and their end.

The emulator starts them, through the Docker engine. They are no children of its process, so killing that one leaves
them: the supervisor ends them by the label that the emulator gave them.
"""

from __future__ import annotations

import ipaddress
import json
import platform
import subprocess

IMAGE = "reelqueue-render"
"""What ``make image`` builds."""

ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
"""Of this machine, as Lambda names it: an image is built for the machine that builds it."""

FLAGS = "--memory 3008m --read-only --tmpfs /tmp:exec,mode=1777 --tmpfs /dev/shm:ro"
"""What a container has, as in Lambda: the default memory, nothing to write to but ``/tmp``, and no shared memory."""


class NoContainers(Exception):
    """Render cannot run as a container here; the message says why, and what to do."""


def host_address(image: str) -> str:
    """The address of this machine at which containers of ``image`` reach it.

    Raises:
        NoContainers: no Docker engine answers, or it has no such image.
    """
    networks = _docker("network", "inspect", "bridge")
    if networks is None:
        raise NoContainers("RENDER=image needs a Docker engine: none answers (docker info)")
    if _docker("image", "inspect", image) is None:
        raise NoContainers(f"The Docker engine has no image {image}: run make image first")
    [config] = json.loads(networks)[0]["IPAM"]["Config"][:1]
    # Older engines name the gateway only if it was chosen by hand; it is the first address otherwise.
    return str(config.get("Gateway") or ipaddress.ip_network(config["Subnet"])[1])


def remove(host: str, port: int) -> None:
    """Remove all containers that the emulator at this address started."""
    started = _docker("ps", "--all", "--quiet", "--filter", f"label=ministack.instance={host}:{port}")
    if started:
        _docker("rm", "--force", "--volumes", *started.split())


def _docker(*arguments: str) -> str | None:
    """What the command says; None when there is no engine, or it refuses."""
    try:
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
