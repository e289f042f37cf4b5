exec python3 -u task_toolkit/launcher.py
