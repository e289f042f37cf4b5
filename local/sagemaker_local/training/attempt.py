"""One start of a job's instances: folders, inputs, checkpoints, the instances themselves, and what they leave.

A spot job that is interrupted has several, each with fresh instances, all checkpoints and log streams of its own.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path

from sagemaker_local.cloudwatch_logs.metrics import MetricFinder
from sagemaker_local.instances.as_processes import as_processes
from sagemaker_local.instances.group import InstanceGroup
from sagemaker_local.instances.host import Host, host_addresses, hosts_text
from sagemaker_local.instances.in_containers import in_containers
from sagemaker_local.instances.outcome import failure_of
from sagemaker_local.instances.place import Place
from sagemaker_local.s3.client import S3Client
from sagemaker_local.s3.location import S3Location, parse
from sagemaker_local.sagemaker import rules
from sagemaker_local.sagemaker.host_groups import hosts_of_channel
from sagemaker_local.sagemaker.record import DOWNLOADING_IMAGE, LOG_GROUP, TrainingJob
from sagemaker_local.training.archives import upload_archive, upload_files
from sagemaker_local.training.channels import read_channel
from sagemaker_local.training.checkpoints import Checkpoints
from sagemaker_local.training.config_files import write_config
from sagemaker_local.training.file_systems import copy_file_system
from sagemaker_local.training.inputs import download
from sagemaker_local.training.pipes import Pipes
from sagemaker_local.training.role_check import check_before_start, check_before_upload, uploading
from sagemaker_local.training.surroundings import Surroundings

INTERRUPTED = "Interrupted"
_SYNC_SECONDS = 5.0
_POLL_SECONDS = 0.1


class StoppedEarly(Exception):  # noqa: N818 - no error
    """A job was stopped before its instances ran."""


class Attempt:
    """One start; `network` numbers the job's addresses, `epoch` its log streams, `max_seconds` limits its run."""

    def __init__(
        self,
        job: TrainingJob,
        shared: Surroundings,
        folder: Path,
        *,
        network: int,
        epoch: int,
        max_seconds: tuple[float, str],
    ) -> None:
        self._job = job
        self._shared = shared
        self._folder = folder
        self._epoch = epoch
        self._max_seconds = max_seconds
        self._stop_asked = threading.Event()
        self._group = InstanceGroup(lambda: shared.pace.time_scale)
        self._hosts = [Host(name, folder / name) for name in job.hosts]
        self._addresses = host_addresses(job.hosts, network, networks=shared.isolation.networks)
        self._names = hosts_text(self._addresses)

    def stop(self, cause: str) -> None:
        """Have it end within the grace period. From any thread, at any time."""
        self._stop_asked.set()
        self._group.stop(cause)

    def kill(self) -> None:
        """End it at once. From any thread, at any time."""
        self._stop_asked.set()
        self._group.kill()

    def run(self, client: S3Client) -> tuple[str, str]:
        """The final secondary status, or Interrupted, and the failure reason.

        Raises StoppedEarly, RoleLacks, Unrunnable, botocore's ClientError and BotoCoreError, ValueError for a bad
        manifest.
        """
        job = self._job
        check_before_start(job, self._shared.judge)
        for host in self._hosts:
            host.make(self._names)
        self._go_on("Downloading")
        pipes = Pipes(client, lambda: self._group.stop("failed"))
        self._provide_inputs(client, pipes)
        checkpoints = self._restored_checkpoints(client)
        job.note(DOWNLOADING_IMAGE)
        try:
            with self._place() as place:
                self._go_on("Training")
                reason = self._train(place, checkpoints)
        finally:
            pipes.close()
        pipes.check()
        cause = self._group.cause
        if cause == "killed":
            raise StoppedEarly
        if cause == INTERRUPTED:
            if checkpoints:
                checkpoints.finish()
            return INTERRUPTED, ""
        job.enter("Uploading")
        if checkpoints:
            checkpoints.finish()
        check_before_upload(job, self._shared.judge)
        with uploading("Artifact"):
            self._upload(client)
        if cause in ("Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"):
            return cause, ""
        return ("Failed", reason) if reason else ("Completed", "")

    def _provide_inputs(self, client: S3Client, pipes: Pipes) -> None:
        """Give each channel to the hosts that get it."""
        job = self._job
        for given in job.request.get("InputDataConfig", []):
            names = hosts_of_channel(job.groups, given)
            hosts = [host for host in self._hosts if host.name in names]
            if "FileSystemDataSource" in given["DataSource"]:
                copy_file_system(given, self._shared.file_systems, hosts)
                continue
            channel = read_channel(client, given, rules.input_mode(job.request, given))
            if channel.mode == "Pipe":
                pipes.add(channel, hosts)
            else:
                download(client, channel, hosts, self._check_stop)

    def _place(self) -> AbstractContextManager[Place]:
        """Containers where the engine has or gets the job's image, else this machine. Raises Unrunnable."""
        job, shared = self._job, self._shared
        image = job.request["AlgorithmSpecification"].get("TrainingImage")
        engine = shared.containers.engine
        if engine and shared.images and image:
            role = job.request["RoleArn"]
            try:
                found = shared.images.has(
                    image, job.groups[0].instance_type, role, job.region, self._folder, self._stop_asked
                )
            finally:
                self._check_stop()
            if found:
                job.ran = "in containers"
                return in_containers(job, engine, self._folder, mark=shared.mark, url=shared.url, tls=shared.tls)
        job.ran = "as processes"
        return as_processes(
            job,
            shared.isolation,
            self._addresses,
            self._folder,
            sessions=shared.sessions,
            url=shared.url,
            tls=shared.tls,
        )

    def _train(self, place: Place, checkpoints: Checkpoints | None) -> str:
        """Run the instances to their end; why they failed, empty if they did not."""
        job, shared = self._job, self._shared
        specs = []
        for host in self._hosts:
            spec = place.specify(host)
            write_config(host, job, spec.checkpoint_path, place.interface)
            specs.append(spec.instance)
        definitions = job.request["AlgorithmSpecification"].get("MetricDefinitions", [])
        finder = MetricFinder(definitions, job.measure)
        outlets = [
            shared.agent.outlet(job.region, LOG_GROUP, f"{job.name}/{host.name}-{self._epoch}", finder.look)
            for host in self._hosts
        ]
        if checkpoints:
            checkpoints.keep_synchronised(max(0.2, _SYNC_SECONDS * shared.pace.time_scale))
        ended = threading.Event()
        if job.spot:
            watch = threading.Thread(target=self._watch_for_interruption, args=(ended,), daemon=True)
            watch.start()
        try:
            exits = self._group.run(specs, outlets, *self._max_seconds)
        finally:
            ended.set()
        return failure_of(exits, self._hosts)

    def _watch_for_interruption(self, ended: threading.Event) -> None:
        since = time.time()
        while not ended.wait(_POLL_SECONDS):
            if self._shared.faults.interrupts(self._job.name, since):
                self._group.stop(INTERRUPTED)
                return

    def _restored_checkpoints(self, client: S3Client) -> Checkpoints | None:
        config = self._job.request.get("CheckpointConfig")
        if not config:
            return None
        location = parse(config["S3Uri"]).folder()
        checkpoints = Checkpoints(client, location, self._hosts, _encryption(self._job))
        restored = checkpoints.restore()
        text = "\n".join([str(location), *(f"s3://{location.bucket}/{key}" for key in restored)]) + "\n"
        for host in self._hosts:
            (host.base / "input" / "data" / "checkpoints-manifest").write_text(text)
        return checkpoints

    def _upload(self, client: S3Client) -> None:
        target = parse(self._job.output_prefix)
        for name, left in (
            ("model", [host.left("model") for host in self._hosts]),
            ("output", [self._hosts[0].left("output", "data")]),
        ):
            folders, encryption = filter(None, left), _encryption(self._job)
            if self._job.uncompressed:
                upload_files(client, folders, S3Location(target.bucket, f"{target.prefix}/{name}/"), encryption)
                continue
            archive = S3Location(target.bucket, f"{target.prefix}/{name}.tar.gz")
            upload_archive(client, folders, self._folder / f"{name}.tar.gz", archive, encryption)

    def close(self) -> None:
        """Remove its folders."""
        try:
            shutil.rmtree(self._folder)
        except FileNotFoundError:
            return  # it ended before it had any
        except OSError as error:
            sys.stderr.write(f"{self._job.name}: its folder could not be removed: {error}\n")

    def _go_on(self, secondary: str) -> None:
        self._check_stop()
        self._job.enter(secondary)

    def _check_stop(self) -> None:
        if self._stop_asked.is_set():
            raise StoppedEarly


def _encryption(job: TrainingJob) -> dict[str, str]:
    """With which SageMaker writes to S3 (SageMaker API reference, "OutputDataConfig")."""
    key = job.request["OutputDataConfig"].get("KmsKeyId")
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
