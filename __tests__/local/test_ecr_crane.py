"""crane, which speaks to registries without an engine: https://github.com/google/go-containerregistry."""

import io
import json
import os
import subprocess
import tarfile
import uuid

import pytest
from registry_client import RegistryClient, password

CRANE = os.environ.get("CRANE")
pytestmark = pytest.mark.skipif(not CRANE, reason="CRANE is not set: npm test builds it where there is go")


@pytest.fixture
def crane(server, tmp_path):
    """Runs it, logged in; its words for a registry's host are `HOST`."""
    host = server.url.removeprefix("http://")
    environment = {**os.environ, "DOCKER_CONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)}

    def run(*words, text=None, check=True):
        command = [CRANE, *(word.replace("HOST", host) for word in words)]
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, input=text, capture_output=True, text=True, check=False, timeout=60
        )
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout.strip() if check else ran.stderr

    run("auth", "login", "HOST", "-u", "AWS", "--password-stdin", text=password(RegistryClient(server).token))
    return run


def layer(path, name, content):
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))


def test_push_copy_pull_list_and_delete(server, crane, tmp_path):
    names = [f"crane/{uuid.uuid4().hex[:8]}" for _ in range(2)]
    for name in names:
        server.ecr.create_repository(repositoryName=name)
    one, two = (f"HOST/{name}" for name in names)
    layer(tmp_path / "layer.tar", "file", os.urandom(3 << 20))
    crane("append", "-f", "layer.tar", "-t", "image:1", "-o", "image.tar")
    crane("push", "image.tar", f"{one}:1")
    (pushed,) = server.ecr.describe_images(repositoryName=names[0])["imageDetails"]
    assert crane("digest", f"{one}:1") == pushed["imageDigest"]
    crane("tag", f"{one}:1", "2")
    server.local("requests", "DELETE")
    crane("copy", f"{one}:1", f"{two}:copied")
    operations = [each["operation"] for each in server.local("requests")]
    assert "UploadLayerPart" not in operations  # the layer is mounted
    assert crane("digest", f"{two}:copied") == pushed["imageDigest"]
    crane("pull", f"{two}:copied", "pulled.tar")
    crane("validate", "--remote", f"{two}:copied")
    with tarfile.open(tmp_path / "pulled.tar") as tar:
        (manifest,) = json.load(tar.extractfile("manifest.json"))
        assert len(manifest["Layers"]) == 1
    crane("index", "append", "-m", f"{one}:1", "-m", f"{one}:2", "-t", f"{one}:all")
    assert crane("ls", one).split() == ["1", "2", "all"]
    crane("delete", f"{one}:1")
    assert crane("ls", one).split() == ["2", "all"]
    index = crane("digest", f"{one}:all")
    assert "DENIED" in crane("delete", f"{one}@{pushed['imageDigest']}", check=False)
    crane("delete", f"{one}@{index}")
    crane("delete", f"{one}@{pushed['imageDigest']}")
    assert crane("ls", one) == ""
    assert server.ecr.list_images(repositoryName=names[0])["imageIds"] == []
    assert "MANIFEST_UNKNOWN" in crane("manifest", f"{one}:2", check=False)
