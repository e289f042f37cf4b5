# Starts the job's code; the first thing of ours that runs on an instance, in the code folder, as PID 1 of its container.
# Needs a POSIX shell, nothing else. Where there is a Python of 3.6 or later, launcher.py does the work, else shell.sh.

ssm_launcher='import sys; sys.path.append(sys.path.pop(0)); from task_toolkit import launcher; sys.exit(launcher.main())'

for ssm_python in python3 python; do
  # -E: the image's PYTHONPATH often names the code folder, where a file called like a module of Python's may lie.
  # -S: what the image adds to Python's start is not needed to tell its version.
  if "$ssm_python" -E -S -c 'import sys; sys.exit(sys.version_info < (3, 6))' >/dev/null 2>&1; then
    exec "$ssm_python" -E -c "$ssm_launcher"
  fi
done

. ./task_toolkit/shell.sh
