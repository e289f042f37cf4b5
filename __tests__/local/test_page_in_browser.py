"""The page in a real browser, which `npm run test:full` fetches: what it does by itself, and for whom."""

import os
import subprocess
from pathlib import Path

import pytest
from conftest import BUCKET

HERE = Path(__file__).parent
NODE = HERE.parents[1] / "node_modules" / ".bin" / "node"
BROWSER = os.environ.get("PAGE_TEST_BROWSER", "")


@pytest.mark.full
@pytest.mark.skipif(not BROWSER, reason="no browser: npm run test:full fetches one")
def test_a_reader_follows_a_job(start):
    server = start("--time-scale", "0.01")
    server.put('quotes/"quoted" <b>.txt', "the bytes\n")
    script = """
    seq 100
    echo "<script>alert('here')</script>"
    sleep 6
    echo second
    sleep 3
    echo last
    """
    request = server.request(script, channels={"quotes": {"S3Uri": f"s3://{BUCKET}/quotes/"}})
    with subprocess.Popen(
        [NODE, HERE / "browser" / "page.mjs", BROWSER, server.url, request["TrainingJobName"]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as reader:
        ready = reader.stdout.readline()
        if ready == "ready\n":
            server.sagemaker.create_training_job(**request)
        _, told = reader.communicate(timeout=120)
    assert (ready, reader.returncode) == ("ready\n", 0), told
