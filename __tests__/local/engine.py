"""A real Docker engine for the tests: TEST_DOCKER_HOST, with TEST_BASE_IMAGE, which has python3 and a shell."""

import os
import subprocess
import uuid

HOST, BASE, CONFIG = (os.environ.get(f"TEST_{name}", "") for name in ("DOCKER_HOST", "BASE_IMAGE", "DOCKER_CONFIG"))
ABSENT = "no Docker engine: TEST_DOCKER_HOST and TEST_BASE_IMAGE are not set"
LABEL = "sagemaker-local"


class TestEngine:
    """The docker command with an engine and a configuration of the tests' own."""

    __test__ = False

    def __init__(self, folder):
        self.folder = folder
        self.environment = {"DOCKER_HOST": HOST, "DOCKER_CONFIG": str(folder)}
        self._images = []

    def ask(self, *arguments, text=None):
        """What ran, whatever came of it."""
        return subprocess.run(
            ["docker", *arguments],
            input=text,
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment},
            check=False,
        )

    def run(self, *arguments, text=None):
        ran = self.ask(*arguments, text=text)
        assert ran.returncode == 0, f"docker {arguments}: {ran.stderr}"
        return ran.stdout.strip()

    def image(self, *changes, name="", script="true", files=()):
        """The name of an image made of the base by a script in it, files (source, target) and Dockerfile lines."""
        container = self.run("create", "--entrypoint", "sh", BASE, "-c", script)
        for source, target in files:
            self.run("cp", str(source), f"{container}:{target}")
        self.run("start", "--attach", container)
        made = name or f"made-{uuid.uuid4().hex[:8]}:1"
        whole = ("ENTRYPOINT []", 'CMD ["false"]', *changes)
        self.run("commit", *(word for change in whole for word in ("--change", change)), container, made)
        self.run("rm", container)
        self._images.append(made)
        return made

    def login(self, server):
        """As users do it."""
        from registry_client import password

        (data,) = server.ecr.get_authorization_token()["authorizationData"]
        address = server.url.removeprefix("http://")
        self.run("login", "-u", "AWS", "--password-stdin", address, text=password(data["authorizationToken"]))

    def left(self, server):
        """Names of the containers and networks of a server."""
        mark = f"label={LABEL}={server.data}"
        containers = self.run("ps", "--all", "--format", "{{.Names}}", "--filter", mark)
        return (containers + "\n" + self.run("network", "ls", "--format", "{{.Name}}", "--filter", mark)).split()

    def close(self):
        if self._images:
            self.ask("rmi", "--force", *self._images)
