"""What the SageMaker Python SDK v2 answers for these images, as JSON: a URI, or null where it knows none.

Standard input: `[[FRAMEWORK, VERSION, PYTHON, INSTANCE TYPE, REGION]]`.
"""

import json
import logging
import sys

from sagemaker import image_uris


def image(framework: str, version: str, python: str, instance: str, region: str) -> str | None:
    """The SDK's URI."""
    # Of Hugging Face, the version that the action has is of both.
    own, _, base = version.partition("-") if framework == "huggingface" else (version, "", "")
    try:
        return str(
            image_uris.retrieve(
                "pytorch" if framework == "pytorch-neuron" else framework,
                region,
                version=own,
                py_version=python,
                instance_type=instance,
                image_scope="training",
                base_framework_version=base or None,
            )
        )
    except (ValueError, KeyError):
        return None


logging.disable(logging.WARNING)
answers = [image(*each) for each in json.load(sys.stdin)]
# The SDK prints too.
print("\n" + json.dumps(answers))
