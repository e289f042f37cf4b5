"""The variables that a script finds, beside those of AWS's sagemaker-training 5.1 for the same files."""

import json

from conftest import Run
from instance import Instance

SHOW = "import json, os\nprint(json.dumps({k: v for k, v in os.environ.items()}))\n"


def variables(instance: Instance, run: Run, **given: object) -> dict[str, str]:
    ended = run(instance, {"sub/train.py": SHOW}, **given)
    return dict(json.loads(ended.printed[0]))


def test_script_mode(python: Instance, run: Run) -> None:
    for name in ("train", "my-Data.1"):
        (python.base / "input" / "data" / name).mkdir(parents=True)
    hyperparameters = {"lr": 0.1, "name": "é", "flag": True, "none": None, "list": [1, 2]}
    found = variables(python, run, hyperparameters=hyperparameters, arguments=("x y",))
    base = str(python.base)
    expected = {
        "SM_HPS": '{"flag":true,"list":[1,2],"lr":0.1,"name":"\\u00e9","none":null}',
        "SM_HP_LR": "0.1",
        "SM_HP_NAME": "é",
        "SM_HP_FLAG": "true",
        "SM_HP_NONE": "",
        "SM_HP_LIST": "[1,2]",
        "SM_USER_ARGS": '["--flag","True","--list","[1, 2]","--lr","0.1","--name","\\u00e9","--none","","x y"]',
        "SM_CHANNELS": '["my-Data.1","train"]',
        "SM_CHANNEL_TRAIN": f"{base}/input/data/train",
        "SM_CHANNEL_MY-DATA.1": f"{base}/input/data/my-Data.1",
        "SM_MODEL_DIR": f"{base}/model",
        "SM_OUTPUT_DIR": f"{base}/output",
        "SM_OUTPUT_DATA_DIR": f"{base}/output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{base}/output/intermediate",
        "SM_INPUT_DIR": f"{base}/input",
        "SM_INPUT_CONFIG_DIR": f"{base}/input/config",
        "SM_MODULE_DIR": f"{base}/code",
        "SM_MODULE_NAME": "sub/train",
        "SM_USER_ENTRY_POINT": "sub/train.py",
        "SM_HOSTS": '["algo-1"]',
        "SM_CURRENT_HOST": "algo-1",
        "SM_CURRENT_INSTANCE_TYPE": "local",
        "SM_CURRENT_INSTANCE_GROUP": "homogeneousCluster",
        "SM_NETWORK_INTERFACE_NAME": "eth0",
        "SM_LOG_LEVEL": "20",
        "SM_FRAMEWORK_PARAMS": "{}",
        "SM_IS_HETERO": "false",
        "SM_NUM_NEURONS": "0",
        "SSM_STATE": str(python.state),
        "SSM_INSTANCE_STATE": f"{python.state}/algo-1",
        "SSM_JOB_NAME": "job-1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": f"{base}/code",
    }
    assert {key: found.get(key) for key in expected} == expected
    assert int(found["SM_NUM_CPUS"]) >= 1
    assert json.loads(found["SM_TRAINING_ENV"])["hyperparameters"] == hyperparameters
    assert json.loads(found["SM_TRAINING_ENV"])["channel_input_dirs"]["train"] == f"{base}/input/data/train"
    assert "TF_CONFIG" not in found


def test_several_hosts(python: Instance, run: Run) -> None:
    python.host, python.hosts = "algo-2", ["algo-1", "algo-2"]
    found = variables(python, run)
    assert json.loads(found["TF_CONFIG"]) == {
        "cluster": {"worker": ["algo-1:2222", "algo-2:2222"]},
        "task": {"type": "worker", "index": 1},
        "environment": "cloud",
    }
    assert (found["MASTER_ADDR"], found["MASTER_PORT"], found["NCCL_SOCKET_IFNAME"]) == ("algo-1", "7777", "eth0")


def test_an_images_own_variables_stay(python: Instance, run: Run) -> None:
    python.environment["MASTER_PORT"] = "1234"
    assert variables(python, run)["MASTER_PORT"] == "1234"
