"""What moto keeps in its Secrets Manager and Parameter Store, as policies name it: ARNs, and the KMS keys that encrypt.

Sources: service authorization reference of both; Secrets Manager API reference, GetSecretValue (a name, an ARN, a part
of one); Systems Manager API reference, GetParameter (a name or an ARN).
"""

from __future__ import annotations

from typing import Any

from sagemaker_local.protocol.accounts import ACCOUNT, PARTITION
from sagemaker_local.protocol.call import Call

# AWS's keys, which everybody in the account may use by way of the service (KMS developer guide, "AWS managed keys").
_OF_AWS = ("alias/aws/secretsmanager", "alias/aws/ssm")


def secret_arn(call: Call) -> str:
    """Of the secret that a call names, whether it exists or not; `*` where a call names none."""
    name = str(call.parameters.get("SecretId") or call.parameters.get("Name") or "*")
    found = _secret(call)
    if found:
        return str(found.arn)
    return name if name.startswith("arn:") or name == "*" else _arn(f"secretsmanager:{call.region}", f"secret:{name}")


def parameter_arn(call: Call) -> str:
    """Of the parameter that a call names, without its version; several are judged by the first."""
    names = call.parameters.get("Names") or ["*"]
    name = str(call.parameters.get("Name") or call.parameters.get("Path") or names[0])
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6])
    return _arn(f"ssm:{call.region}", f"parameter/{name.split(':')[0].removeprefix('/')}")


def key_of_value(call: Call) -> str | None:
    """The customer's KMS key, as it was named, by which the value is encrypted that a call reads."""
    key = None
    if call.service == "secretsmanager" and call.operation == "GetSecretValue":
        key = getattr(_secret(call), "kms_key_id", None)
    elif call.service == "ssm" and call.operation == "GetParameter" and call.parameters.get("WithDecryption"):
        key = _parameter_key(call)
    return None if key in (None, *_OF_AWS) else str(key)


def _arn(place: str, resource: str) -> str:
    return f"arn:{PARTITION}:{place}:{ACCOUNT}:{resource}"


def _secret(call: Call) -> Any | None:
    # Its import takes long, and few jobs have secrets.
    from moto.secretsmanager.models import secretsmanager_backends

    name = call.parameters.get("SecretId")
    return secretsmanager_backends[ACCOUNT][call.region].secrets.get(name) if name else None


def _parameter_key(call: Call) -> str | None:
    from moto.ssm.models import ssm_backends

    found = ssm_backends[ACCOUNT][call.region].get_parameter(str(call.parameters.get("Name")))
    return found.keyid if found and found.parameter_type == "SecureString" else None
