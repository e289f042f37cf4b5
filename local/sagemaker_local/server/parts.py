"""The parts of a server, each with what it needs of the others: the one place that knows all services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.cloudwatch_logs.agent import Agent
from sagemaker_local.cloudwatch_logs.api import LogsApi
from sagemaker_local.cloudwatch_logs.store import LogStore
from sagemaker_local.containers.choice import Containers
from sagemaker_local.containers.engine import Engine
from sagemaker_local.ecr.service import Ecr
from sagemaker_local.events.bus import EventBus
from sagemaker_local.faults.pace import Pace
from sagemaker_local.faults.register import Faults
from sagemaker_local.iam.judge import Judge
from sagemaker_local.iam.principals import PolicyTimes
from sagemaker_local.iam.simulator import simulate_principal_policy
from sagemaker_local.instances.job_images import JobImages
from sagemaker_local.isolation.choice import Isolation
from sagemaker_local.page.site import Page
from sagemaker_local.pricing.api import PricingApi
from sagemaker_local.quotas.api import QuotasApi
from sagemaker_local.s3 import bucket_policies
from sagemaker_local.s3.endpoint import S3Server
from sagemaker_local.s3.moto_gaps import make_etags_opaque
from sagemaker_local.sagemaker.api import SageMakerApi
from sagemaker_local.sagemaker.store import JobStore
from sagemaker_local.server.front import Front, Operation
from sagemaker_local.server.request_log import RequestLog
from sagemaker_local.server.settings import Settings
from sagemaker_local.server.side import SideUrl
from sagemaker_local.sts.oidc_tokens import TokenIssuer
from sagemaker_local.sts.role_sessions import RoleSessions
from sagemaker_local.sts.sessions import is_service_session
from sagemaker_local.sts.web_identity import assume_role_with_web_identity
from sagemaker_local.tagging.api import TaggingApi
from sagemaker_local.tls.client_settings import ClientSettings
from sagemaker_local.training.job_run import Training
from sagemaker_local.training.surroundings import Surroundings


@dataclass(frozen=True)
class Parts:
    """`front` answers requests, `training` runs jobs, `s3` holds the objects where the settings name a server."""

    front: Front
    training: Training
    s3: S3Server | None
    shared: Surroundings
    issuer: TokenIssuer

    def listen_at(self, url: str) -> None:
        """The server has this URL."""
        self.shared.url = self.issuer.url = url

    def lead_by(self, tls: ClientSettings) -> None:
        """AWS's own host names lead to the server."""
        self.shared.tls = tls


def put_together(
    settings: Settings, folders: Mapping[str, Path], isolation: Isolation, containers: Containers
) -> Parts:
    """The parts of a server that keeps its state in `folders`: `jobs`, `logs` and `registry`."""
    pace, faults = Pace(settings.time_scale, settings.log_delay), Faults(settings.faults)
    jobs, logs, issuer = JobStore(), LogStore(folders["logs"]), TokenIssuer()
    judge = Judge(
        PolicyTimes(lambda role: faults.delay_of_role("policy-not-seen", role)),
        everybody=settings.enforce_iam,
        is_job=is_service_session,
        tags_of=jobs.tags_of,
        has_tls=settings.tls_port is not None,
    )
    make_etags_opaque()
    ecr = Ecr(
        folders["registry"],
        settings.region,
        lambda: shared.host,
        judge,
        faults,
        [each.uri for each in settings.images],
        Engine().image_id,
    )
    engine, own_images = containers.engine, ecr.training_images
    shared = Surroundings(
        isolation,
        containers,
        JobImages(engine, own_images.owns, own_images.login) if engine else None,
        str(settings.data),
        Agent(logs, pace),
        RoleSessions(),
        pace,
        faults,
        judge,
        dict(settings.file_systems),
    )
    training = Training(folders["jobs"], shared)
    own: dict[str, Mapping[str, Operation]] = {
        "sagemaker": SageMakerApi(
            jobs, training, faults, own_images.check, EventBus(faults, pace).announce
        ).operations(),
        "logs": LogsApi(logs).operations(),
        "tagging": TaggingApi(jobs.all).operations(),
        "ecr": ecr.operations(),
        "servicequotas": QuotasApi(faults).operations(),
        "pricing": PricingApi(faults).operations(),
        "sts": {
            "AssumeRoleWithWebIdentity": lambda call: assume_role_with_web_identity(
                issuer, faults.session_seconds, call
            )
        },
        "s3": bucket_policies.operations(),
        "iam": {"SimulatePrincipalPolicy": lambda call: simulate_principal_policy(judge, call)},
    }
    log = RequestLog(settings.data / "requests.jsonl")
    side = SideUrl(settings.region, log, shared, issuer, Page(jobs.all, logs, lambda: shared.url))
    s3 = S3Server(settings.s3_endpoint) if settings.s3_endpoint else None
    front = Front(settings.region, side, log, own, faults, judge, s3, ecr.registry)
    return Parts(front, training, s3, shared, issuer)
