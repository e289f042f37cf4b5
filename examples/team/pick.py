"""Picks the task whose metric is best: TASK=METRICS a line on standard input, METRICS as the action's output."""

import json
import sys


def main() -> None:
    """Print `task=NAME` for GITHUB_OUTPUT, and the table for the log."""
    metric = sys.argv[1]
    scores = {}
    for line in sys.stdin.read().split("\n"):
        task, _, metrics = line.strip().partition("=")
        if task:
            scores[task] = json.loads(metrics)[metric]
    for task, score in scores.items():
        print(f"{task}: {metric} {score}", file=sys.stderr)
    print(f"task={max(scores, key=scores.__getitem__)}")


if __name__ == "__main__":
    main()
