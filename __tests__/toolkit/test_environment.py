"""The variables that a script finds, beside those that AWS's sagemaker-training 5.1.4 gives for the same files.

The expected values were had from that package's Environment().to_env_vars() on these files, in another folder.
"""

import json

from conftest import Run
from instance import Instance

SHOW = "import json, os\nprint(json.dumps({k: v for k, v in os.environ.items()}))\n"
GROUP = {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1", "algo-2"]}
MODE = {"RecordWrapperType": "None", "TrainingInputMode": "File"}
HYPERPARAMETERS = {
    "lr": 0.1,
    "name": "é",
    "flag": True,
    "none": None,
    "list": [1, 2],
    "b": "x",
    "map": {"y": 2, "x": 1},
}
SAGEMAKERS = {
    "sagemaker_program": "other.py",
    "sagemaker_mystery": "m",
    "sagemaker_container_log_level": 10,
    "_tuning_objective_metric": "o",
}
# Compared as JSON: a shell leaves the order as it is in SageMaker's files.
JSON = {
    "SM_CHANNELS": ["my-Data.1", "train"],
    "SM_INPUT_DATA_CONFIG": {"my-Data.1": MODE, "train": MODE},
    "SM_HOSTS": ["algo-1", "algo-2"],
    "SM_INSTANCE_GROUPS": ["homogeneousCluster"],
    "SM_INSTANCE_GROUPS_DICT": {"homogeneousCluster": GROUP},
    "SM_CURRENT_INSTANCE_GROUP_HOSTS": ["algo-1", "algo-2"],
    "SM_DISTRIBUTION_INSTANCE_GROUPS": [],
    "SM_IS_HETERO": False,
    "SM_RESOURCE_CONFIG": {
        "current_host": "algo-2",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1", "algo-2"],
        "instance_groups": [GROUP],
        "network_interface_name": "eth0",
    },
    # Not of sagemaker-training.
    "TF_CONFIG": {
        "cluster": {"worker": ["algo-1:2222", "algo-2:2222"]},
        "environment": "cloud",
        "task": {"type": "worker", "index": 1},
    },
}


def texts(base: str, state: str) -> dict[str, str]:
    """The other variables, for Python and shell alike."""
    return {
        "SM_CHANNEL_TRAIN": f"{base}/input/data/train",
        "SM_MODEL_DIR": f"{base}/model",
        "SM_OUTPUT_DIR": f"{base}/output",
        "SM_OUTPUT_DATA_DIR": f"{base}/output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{base}/output/intermediate",
        "SM_INPUT_DIR": f"{base}/input",
        "SM_INPUT_CONFIG_DIR": f"{base}/input/config",
        "SM_MODULE_DIR": f"{base}/code",
        "SM_CURRENT_HOST": "algo-2",
        "SM_CURRENT_INSTANCE_TYPE": "ml.m5.large",
        "SM_CURRENT_INSTANCE_GROUP": "homogeneousCluster",
        "SM_NETWORK_INTERFACE_NAME": "eth0",
        "SM_FRAMEWORK_MODULE": "module:main",
        "CURRENT_HOST": "algo-2",
        "SAGEMAKER_JOB_NAME": "job-1",
        "SAGEMAKER_REGION": "eu-west-1",
        # Not of sagemaker-training.
        "SSM_STATE": state,
        "SSM_INSTANCE_STATE": f"{state}/algo-2",
        "SSM_JOB_NAME": "job-1",
        "SSM_NUM_NODES": "2",
        "SSM_HOST_RANK": "1",
        "SSM_TENSORBOARD_DIR": f"{base}/output/tensorboard",
        "MASTER_ADDR": "algo-1",
        "MASTER_PORT": "7777",
        "NCCL_SOCKET_IFNAME": "eth0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": f"{base}/code",
    }


def prepare(instance: Instance) -> None:
    for name in ("train", "my-Data.1"):
        (instance.base / "input" / "data" / name).mkdir(parents=True)
    instance.host, instance.hosts = "algo-2", ["algo-1", "algo-2"]
    instance.resources = {
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "instance_groups": [GROUP],
        "network_interface_name": "eth0",
    }
    instance.environment.update(AWS_REGION="eu-west-1", SAGEMAKER_TRAINING_MODULE="module:main")


def variables(instance: Instance, run: Run, **given: object) -> dict[str, str]:
    return dict(json.loads(run(instance, {"sub/train.py": SHOW}, **given).printed[0]))


def test_script_mode(python: Instance, run: Run) -> None:
    prepare(python)
    found = variables(python, run, hyperparameters={**HYPERPARAMETERS, **SAGEMAKERS}, arguments=("x y",))
    base = str(python.base)
    expected = {
        **texts(base, str(python.state)),
        "SM_HPS": '{"b":"x","flag":true,"list":[1,2],"lr":0.1,"map":{"x":1,"y":2},"name":"\\u00e9","none":null}',
        "SM_HP_B": "x",
        "SM_HP_LR": "0.1",
        "SM_HP_NAME": "é",
        "SM_HP_FLAG": "true",
        "SM_HP_NONE": "",
        "SM_HP_LIST": "[1,2]",
        "SM_HP_MAP": '{"x":1,"y":2}',
        "SM_USER_ARGS": '["-b","x","--flag","True","--list","[1, 2]","--lr","0.1","--map","x=1,y=2",'
        '"--name","\\u00e9","--none","","x y"]',
        "SM_CHANNELS": '["my-Data.1","train"]',
        "SM_CHANNEL_MY-DATA.1": f"{base}/input/data/my-Data.1",
        "SM_MODULE_NAME": "sub/train",
        "SM_USER_ENTRY_POINT": "sub/train.py",
        "SM_HOSTS": '["algo-1","algo-2"]',
        "SM_LOG_LEVEL": "10",
        "SM_FRAMEWORK_PARAMS": '{"sagemaker_mystery":"m"}',
        "SM_NUM_GPUS": "0",
        "SM_NUM_NEURONS": "0",
    }
    assert {key: found.get(key) for key in expected} == expected
    assert {key: json.loads(found[key]) for key in JSON} == JSON
    assert int(found["SM_NUM_CPUS"]) >= 1
    # There are no others: the code's channel is not among them, and SM_TOPOLOGY is for machines that have one.
    names = {*expected, *JSON, "SM_NUM_CPUS", "SM_TRAINING_ENV"}
    own = {name for name in found if name.startswith("SM_")} - python.environment.keys() - {"SM_STUDIO_LOCAL_MODE"}
    assert own == {name for name in names if name.startswith("SM_")}


def test_a_topology_is_shown(python: Instance, run: Run) -> None:
    """Only where the job has one: sagemaker-training 5.1, Environment.to_env_vars."""
    python.resources["topology"] = [{"hostName": "algo-1", "capacityUnitId": "u-1"}]
    found = variables(python, run)
    assert json.loads(found["SM_TOPOLOGY"]) == python.resources["topology"]
    assert json.loads(found["SM_TRAINING_ENV"])["topology"] == python.resources["topology"]


def test_the_training_env_has_the_members_of_awss(python: Instance, run: Run) -> None:
    prepare(python)
    env = json.loads(variables(python, run, hyperparameters=HYPERPARAMETERS)["SM_TRAINING_ENV"])
    members = """additional_framework_parameters channel_input_dirs current_host current_instance_group
    current_instance_group_hosts current_instance_type distribution_hosts distribution_instance_groups framework_module
    hosts hyperparameters input_config_dir input_data_config input_dir instance_groups instance_groups_dict is_hetero
    is_master is_modelparallel_enabled is_smddpmprun_installed is_smddprun_installed job_name log_level master_hostname
    model_dir module_dir module_name network_interface_name num_cpus num_gpus num_neurons output_data_dir output_dir
    output_intermediate_dir resource_config topology user_entry_point"""
    assert sorted(env) == members.split()
    assert env["hyperparameters"] == HYPERPARAMETERS
    assert env["channel_input_dirs"]["train"] == f"{python.base}/input/data/train"
    assert (env["is_master"], env["master_hostname"], env["job_name"]) == (False, "algo-1", "job-1")


def test_one_host_is_no_cluster(python: Instance, run: Run) -> None:
    found = variables(python, run)
    assert "TF_CONFIG" not in found
    assert (found["SM_CURRENT_INSTANCE_TYPE"], found["SM_CURRENT_INSTANCE_GROUP_HOSTS"]) == ("local", "[]")


def test_an_images_own_variables_stay(python: Instance, run: Run) -> None:
    python.environment.update(MASTER_PORT="1234", TF_CONFIG="{}", PYTHONPATH="/opt/x", SSM_STATE="/elsewhere")
    python.hosts = ["algo-1", "algo-2"]
    found = variables(python, run)
    assert (found["MASTER_PORT"], found["TF_CONFIG"]) == ("1234", "{}")
    assert found["PYTHONPATH"] == f"{python.base}/code:/opt/x"
    assert found["SSM_INSTANCE_STATE"] == "/elsewhere/algo-1"


def test_devices_are_counted_as_aws_counts_them(python: Instance, run: Run) -> None:
    programs = {
        "nvidia-smi": 'printf "GPU 0: A (UUID: x)\\n  MIG 1g.5gb Device 0: (UUID: y)\\nGPU 1: A (UUID: z)\\n"',
        "neuron-ls": 'echo \'[{"nc_count": 2}, {"nc_count": 2}]\'',
    }
    for name, lines in programs.items():
        program = python.base.parent / "python" / name
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
    found = variables(python, run)
    assert (found["SM_NUM_GPUS"], found["SM_NUM_NEURONS"]) == ("2", "4")


def test_a_shell_finds_the_same(shell: Instance, run: Run) -> None:
    prepare(shell)
    expected = texts(str(shell.base), str(shell.state))
    expected.update(SM_MODULE_NAME="w.sh", SM_USER_ENTRY_POINT="w.sh", SM_LOG_LEVEL="20", SM_NUM_GPUS="0")
    names = [*expected, *JSON, "SM_NUM_CPUS"]
    ended = run(shell, {"w.sh": "".join(f'printf "%s\\n" "${name}"\n' for name in names)})
    found = dict(zip(names, ended.printed, strict=True))
    assert {name: found[name] for name in expected} == expected
    assert {name: _ordered(json.loads(found[name])) for name in JSON} == JSON
    assert int(found["SM_NUM_CPUS"]) >= 1


def test_a_shell_has_defaults_too(shell: Instance, run: Run) -> None:
    shell.resources = {}
    names = [
        "SM_CURRENT_INSTANCE_TYPE",
        "SM_NETWORK_INTERFACE_NAME",
        "SM_CHANNELS",
        "SM_INPUT_DATA_CONFIG",
        "TF_CONFIG",
        "SSM_NUM_NODES",
        "SSM_HOST_RANK",
    ]
    ended = run(shell, {"run": "".join(f'printf "%s\\n" "${{{name}-none}}"\n' for name in names)})
    assert ended.printed == ["local", "eth0", "[]", "{}", "none", "1", "0"]


def test_a_shell_reads_json_of_any_layout(shell: Instance, run: Run) -> None:
    """The groups, which have hosts too, come first here; in a string neither blanks nor brackets are layout."""
    groups = [{**GROUP, "hosts": ["algo-1"]}, {**GROUP, "instance_group_name": "b", "hosts": ["algo-2"]}]
    note = 'a "quoted  text, {[x]}" \\ , "hosts" \\'
    shell.resources = {"note": note, "number": 1.5, "instance_groups": groups}
    shell.hosts = ["algo-1", "algo-2"]
    names = ["SM_RESOURCE_CONFIG", "SM_HOSTS", "SM_INSTANCE_GROUPS", "SM_IS_HETERO", "SM_CURRENT_INSTANCE_GROUP_HOSTS"]
    found = run(shell, {"w.sh": "".join(f'printf "%s\\n" "${name}"\n' for name in names)}).printed
    assert json.loads(found[0]) == {**shell.resources, "current_host": "algo-1", "hosts": shell.hosts}
    assert found[1:] == ['["algo-1","algo-2"]', '["homogeneousCluster","b"]', "true", '["algo-1"]']


def _ordered(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value
