"""Jobs of an image, for the tests of containers."""

from engine import BASE


def create(server, script="true", *, image=BASE, entry_point=..., arguments=None, **options):
    """The name of a job in an image; `entry_point` None leaves it to the image."""
    request = server.request(script, **options)
    algorithm = request["AlgorithmSpecification"]
    algorithm["TrainingImage"] = image
    if entry_point is None:
        del algorithm["ContainerEntrypoint"]
    elif entry_point is not ...:
        algorithm["ContainerEntrypoint"] = entry_point
    if arguments is not None:
        algorithm["ContainerArguments"] = arguments
    server.sagemaker.create_training_job(**request)
    return request["TrainingJobName"]


def run(server, script="true", **options):
    name = create(server, script, **options)
    return server.ended(name, 60)


def lines_of(server, job, host="algo-1"):
    return server.lines(job["TrainingJobName"], host)


def python(*lines):
    """A shell command that runs Python."""
    text = "\n".join(lines)
    return f"exec python3 - <<'PYTHON'\n{text}\nPYTHON"
