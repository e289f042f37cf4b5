"""Runs training jobs, a thread each: Starting, Downloading, Training, Uploading, and how it ended."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from sagemaker_local.accounts import assume
from sagemaker_local.clients import S3Client, s3_client
from sagemaker_local.isolation.choice import Isolation
from sagemaker_local.logs.store import LogStore
from sagemaker_local.sagemaker import rules
from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.tls.client_settings import ClientSettings
from sagemaker_local.training.archives import upload_archive
from sagemaker_local.training.channels import Channel, read_channel
from sagemaker_local.training.checkpoints import Checkpoints
from sagemaker_local.training.config_files import write_config
from sagemaker_local.training.host import Host, hosts_text
from sagemaker_local.training.inputs import download
from sagemaker_local.training.instances import specification
from sagemaker_local.training.outcome import failure_of
from sagemaker_local.training.pipes import Pipes
from sagemaker_local.training.processes import Processes
from sagemaker_local.training.role_sessions import RoleSessions
from sagemaker_local.training.s3_folder import S3Location, parse

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_DEFAULT_MAX_RUNTIME = 86_400
_SYNC_SECONDS = 5.0
_CLOSE_SECONDS = 20.0


class StoppedEarly(Exception):  # noqa: N818 - no error
    """A job was stopped before its instances ran."""


class Training:
    """All jobs of the server; `url` is the server's own, `tls` what is told to clients of AWS's own host names."""

    def __init__(
        self, folder: Path, isolation: Isolation, logs: LogStore, sessions: RoleSessions, time_scale: float
    ) -> None:
        self.folder = folder
        self.isolation = isolation
        self.logs = logs
        self.sessions = sessions
        self.time_scale = time_scale
        self.url = ""
        self.tls: ClientSettings | None = None
        self._networks = itertools.cycle(range(256))
        self._runs: dict[str, JobRun] = {}

    def check_inputs(self, request: Mapping[str, Any], region: str) -> None:
        """Raise ServiceError if a channel has no objects, as SageMaker does when a job is created."""
        channels = request.get("InputDataConfig", [])
        client = self.client(request["RoleArn"], region) if channels else None
        for given in channels:
            try:
                found = read_channel(client, given, "File").objects
            except (ClientError, ValueError):
                found = ()  # no such bucket, no permission: the text names both
            if not found:
                raise rules.no_objects(given["DataSource"]["S3DataSource"]["S3Uri"], region, request["RoleArn"])

    def start(self, job: TrainingJob) -> None:
        """Run a job in a thread of its own."""
        run = self._runs[job.arn] = JobRun(self, job, next(self._networks))
        run.start()

    def stop(self, job: TrainingJob) -> None:
        """Have a running job end within its grace period."""
        self._runs[job.arn].stop()

    def close(self) -> None:
        """Kill all jobs and wait until nothing of them is left."""
        for run in self._runs.values():
            run.kill()
        deadline = time.monotonic() + _CLOSE_SECONDS
        for run in self._runs.values():
            run.join(max(0.0, deadline - time.monotonic()))

    def client(self, role: str, region: str) -> S3Client:
        """S3 as the execution role."""
        return s3_client(self.url, region, assume(role, "SageMaker", region))


class JobRun(threading.Thread):
    """The run of one job."""

    def __init__(self, training: Training, job: TrainingJob, network: int) -> None:
        super().__init__(name=job.name, daemon=True)
        self._training = training
        self._job = job
        self._network = network
        self._folder = training.folder / job.arn.rpartition("/")[2]
        self._processes = Processes(training.time_scale)
        self._stop_asked = threading.Event()
        self._killed = False

    def stop(self) -> None:
        """StopTrainingJob."""
        self._stop_asked.set()
        self._processes.stop("Stopped")

    def kill(self) -> None:
        """The server ends."""
        self._killed = True
        self._stop_asked.set()
        self._processes.kill()

    def run(self) -> None:
        """From Starting to the end, whatever happens."""
        try:
            status, reason = self._run()
        except StoppedEarly:
            status, reason = "Stopped", ""
        except (ClientError, BotoCoreError, ValueError) as error:
            status, reason = "Failed", f"ClientError: {error}"
        except Exception as error:  # noqa: BLE001 - a fault of ours ends the job, and its clients must see it end
            if not self._killed:
                traceback.print_exc(file=sys.stderr)
            status, reason = "Failed", f"InternalServerError: {error!r}"
        try:
            shutil.rmtree(self._folder)
        except OSError as error:
            sys.stderr.write(f"{self._job.name}: its folder could not be removed: {error}\n")
        self._job.enter(status, reason)

    def _run(self) -> tuple[str, str]:
        """The final secondary status and the failure reason."""
        job, request = self._job, self._job.request
        client = self._training.client(request["RoleArn"], job.region)
        hosts = [Host(number, name, self._folder / name) for number, name in enumerate(job.hosts)]
        for host in hosts:
            host.make(hosts_text(job.hosts, self._network))
        self._go_on("Downloading")
        channels = [
            read_channel(client, given, rules.input_mode(request, given))
            for given in request.get("InputDataConfig", [])
        ]
        pipes = Pipes(client)
        for channel in channels:
            if channel.mode == "Pipe":
                pipes.add(channel, hosts)
            else:
                download(client, channel, hosts, self._check_stop)
        checkpoints = self._restored_checkpoints(client, hosts)
        try:
            self._go_on("Training")
            reason = self._train(hosts, channels, checkpoints)
        finally:
            pipes.close()
        if self._killed:
            raise StoppedEarly
        if job.status != "Stopping":
            job.enter("Uploading")
        if checkpoints:
            checkpoints.finish()
        self._upload(client, hosts)
        cause = self._processes.cause
        if cause in ("Stopped", "MaxRuntimeExceeded"):
            return cause, ""
        return ("Failed", reason) if reason else ("Completed", "")

    def _train(self, hosts: list[Host], channels: list[Channel], checkpoints: Checkpoints | None) -> str:
        """Run the instances to their end; why they failed, empty if they did not."""
        job, training = self._job, self._training
        token = training.sessions.open(job.request["RoleArn"], job.region)
        specs = []
        for host in hosts:
            spec = specification(
                job, host, training.isolation, url=training.url, credentials=token, server=os.environ, tls=training.tls
            )
            write_config(host, job, channels, spec.checkpoint_path)
            specs.append(spec.instance)
        names = [f"{job.name}/{host.name}-{int(time.time())}" for host in hosts]
        streams = [training.logs.open_stream(job.region, LOG_GROUP, name) for name in names]
        if checkpoints:
            checkpoints.keep_synchronised(max(0.2, _SYNC_SECONDS * training.time_scale))
        limit = job.request["StoppingCondition"].get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME)
        try:
            exits = self._processes.run(specs, streams, limit)
        finally:
            training.sessions.close(token)
        return failure_of(exits, hosts)

    def _restored_checkpoints(self, client: S3Client, hosts: list[Host]) -> Checkpoints | None:
        config = self._job.request.get("CheckpointConfig")
        if not config:
            return None
        location = parse(config["S3Uri"]).folder()
        checkpoints = Checkpoints(client, location, hosts)
        restored = checkpoints.restore()
        text = "\n".join([str(location), *(f"s3://{location.bucket}/{key}" for key in restored)]) + "\n"
        for host in hosts:
            (host.base / "input" / "data" / "checkpoints-manifest").write_text(text)
        return checkpoints

    def _upload(self, client: S3Client, hosts: list[Host]) -> None:
        target = parse(self._job.output_prefix)
        for name, folders in (
            ("model.tar.gz", [host.base / "model" for host in hosts]),
            ("output.tar.gz", [hosts[0].base / "output" / "data"]),
        ):
            upload_archive(client, folders, self._folder / name, S3Location(target.bucket, f"{target.prefix}/{name}"))

    def _go_on(self, secondary: str) -> None:
        self._check_stop()
        self._job.enter(secondary)

    def _check_stop(self) -> None:
        if self._stop_asked.is_set():
            raise StoppedEarly
