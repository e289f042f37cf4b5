"""Stopgap."""
import json, os, subprocess, sys, time, signal
base = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
code = base + "/code"
load = lambda n: json.load(open(base + "/input/config/" + n + ".json"))
job = json.load(open(code + "/task_toolkit/job.json"))
hp = {k: json.loads(v) for k, v in load("hyperparameters").items()}
res = load("resourceconfig"); host = res["current_host"]
args = []
for k in sorted(hp):
    args += [("--" if len(k) > 1 else "-") + k, "" if hp[k] is None else str(hp[k])]
args += job["arguments"]
cmd = ["bash", "-eo", "pipefail", "task_toolkit/run.sh"] if job["run"] else ([sys.executable] if job["entrypoint"].endswith(".py") else ["sh"]) + [job["entrypoint"]]
start = int(time.time()); count = 0
def say(b):
    global count
    count += b.count(b"\n"); sys.stdout.buffer.write(b); sys.stdout.buffer.flush()
state = os.environ.get("SSM_STATE", "/state")
env = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONPATH=code, SM_HPS=json.dumps(hp), SM_MODEL_DIR=base + "/model", SM_OUTPUT_DATA_DIR=base + "/output/data", SM_CURRENT_HOST=host, SM_HOSTS=json.dumps(res["hosts"]), SSM_STATE=state)
say(("Invoking script with the following command:\n\n" + " ".join(cmd + args).replace("\n", "\\n") + "\n\n").encode())
p = subprocess.Popen(cmd + args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=code)
signal.signal(signal.SIGTERM, lambda s, f: p.send_signal(s))
tail = b""
last = b"\n"
while True:
    b = os.read(p.stdout.fileno(), 1 << 20)
    if not b: break
    last = b; tail = (tail + b)[-4000:]; say(b)
if not last.endswith(b"\n"): say(b"\n")
rc = p.wait()
if rc and not os.path.exists(base + "/output/failure"):
    open(base + "/output/failure", "wb").write(("failed with exit code %d: " % rc).encode() + tail[-900:])
say(b"##ssm-end %s %d %d\n" % (host.encode(), start, count))
sys.exit(rc if rc >= 0 else 128 - rc)
