"""Fits a line to the files that came to this instance: price by size. Two instances, half of the files each."""

import csv
import json
import logging
import sys
from pathlib import Path

from task_toolkit import algo_lib

logger = logging.getLogger("demo")


def read(folder: Path, target: str) -> list:
    """(size, target) of every row of the CSV files in the folder."""
    rows = []
    for path in sorted(folder.glob("*.csv")):
        with path.open() as file:
            found = [(float(row["size"]), float(row[target])) for row in csv.DictReader(file)]
        logger.info("%s: %d rows", path.name, len(found))
        rows += found
    return rows


def fit(rows: list, steps: int = 5000, rate: float = 0.01) -> tuple:
    """Slope and offset by gradient descent on the mean squared error."""
    slope = offset = 0.0
    for step in range(1, steps + 1):
        errors = [(slope * x + offset - y, x) for x, y in rows]
        slope -= rate * 2 * sum(error * x for error, x in errors) / len(rows)
        offset -= rate * 2 * sum(error for error, _ in errors) / len(rows)
        if step % 1000 == 0:
            logger.info("step %d: mean squared error %.3f", step, sum(error**2 for error, _ in errors) / len(rows))
    return slope, offset


def main() -> None:
    """Read, fit, leave a model an instance and one report."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    args = algo_lib.parseArgs()
    logger.info("%s of %s, job %s", args.current_host, args.hosts, args.job_name)
    rows = read(Path(args.input_data), args.hps["target"])
    slope, offset = fit(rows)
    model = {"slope": round(slope, 3), "offset": round(offset, 3), "rows": len(rows)}
    Path(args.model_dir, f"model-{args.current_host}.json").write_text(json.dumps(model))
    Path(args.output_data_dir, "report.txt").write_text(f"{args.hps['target']} = {slope:.2f} * size + {offset:.2f}\n")
    algo_lib.markCompleted(args)
    logger.info("fitted %s", model)


main()
