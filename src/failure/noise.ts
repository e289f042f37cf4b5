/** Lines that launchers and libraries print after a program failed, and that say nothing about why. */

/** What comes before a traceback that ends no program. */
export const ASIDE = /^(?:Exception ignored in|Error in atexit|--- Logging error ---)/;

const NOISE: readonly RegExp[] = [
  /^[\s=*#+_~|'"-]*$/,
  // torchrun: torch/distributed/elastic/multiprocessing/errors/__init__.py
  /torch[./]distributed[./](?:elastic|run|launcher)/,
  /^\s*(?:time|host|rank|exitcode|error_file|traceback)\s*:/,
  /^(?:Failures|Root Cause \(first observed failure\)):$|^\[\d+\]:$|<NO_OTHER_FAILURES>|^\S.{0,200} FAILED$/,
  // AWS's training toolkit.
  /sagemaker[-_]training|sagemaker[-_]containers/,
  // Open MPI: orte/tools/orterun/help-orterun.txt
  /^(?:Primary job|a non-zero exit code|mpi(?:run|exec) |the job to be terminated|\s*Process name:|\s*Exit code:|MPI_ABORT|with errorcode|NOTE: invoking MPI_ABORT|You may or may not see output|exactly when Open MPI)/,
  // Libraries' last words.
  /^wandb:|resource_tracker|leaked semaphore|HYDRA_FULL_ERROR|^\[?[IWE]\d{4} |^\[rank\d+\]:\[[IWE]|\[launch\.py:|Killing subprocess/,
  // Python, of an exception that ends no program.
  ASIDE,
  // The action's launcher.
  /^The script ended, but a process that it started still holds its output/,
];

/** The line's start is looked at. */
const LONGEST = 300;

export function isNoise(text: string): boolean {
  const start = text.slice(0, LONGEST);
  return NOISE.some((pattern) => pattern.test(start));
}

/** A line of a log, by its time or its level. */
const LOGGED =
  /^[[({<"]?\d{2,4}[-/:.]\d{1,2}[-/:.]\d{1,2}|^[[<]?(?:DEBUG|INFO|NOTICE|WARNING|WARN|ERROR|CRITICAL|FATAL|TRACE)\b|^\{"/;

export function isLogged(text: string): boolean {
  return LOGGED.test(text.slice(0, LONGEST));
}
