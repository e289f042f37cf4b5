/** What people read about a worker's error. */

import type { WorkerError } from './worker-error.ts';

const LONGEST = 200;
const MOST_HOSTS = 4;
/** Lines of an annotation: the first of them name the place, the last of them the error. */
const FIRST_LINES = 2;
const LAST_LINES = 6;

/** `KeyError: 'x'`. */
export function errorName({ type, message }: Pick<WorkerError, 'type' | 'message'>): string {
  const name = message === '' ? type : `${type}: ${message}`;
  return name.length <= LONGEST ? name : `${name.slice(0, LONGEST - 1)}…`;
}

/** `KeyError: 'x' (train.py:12)`. */
export function errorAndPlace(error: WorkerError): string {
  const { place } = error;
  return errorName(error) + (place === undefined ? '' : ` (${place.file}:${place.line})`);
}

/** `algo-1`, `algo-1, algo-2, algo-3, algo-4 and 12 others`, `algo-1 (rank 3)`. */
export function whoHasIt({ hosts, ranks }: Pick<WorkerError, 'hosts' | 'ranks'>): string {
  const ranked = ranks.length === 0 ? '' : ` (rank${ranks.length === 1 ? '' : 's'} ${few(ranks.map(String))})`;
  return few(hosts) + ranked;
}

function few(names: readonly string[]): string {
  const others = names.length - MOST_HOSTS;
  return names.slice(0, MOST_HOSTS).join(', ') + (others > 0 ? ` and ${others} other${others === 1 ? '' : 's'}` : '');
}

/**
 * The annotation's text: the error and who has it, then the lines of the traceback from the place on. The log shows the text
 * without the annotation's title.
 */
export function annotationText(error: WorkerError): string {
  const { lines, place } = error;
  const file = place?.file.slice(place.file.lastIndexOf('/') + 1);
  const at = lines.findLastIndex((line) => line.includes(`${file}", line ${place?.line}`));
  const rest = at < 0 ? lines.slice(-LAST_LINES) : lines.slice(at);
  const short =
    rest.length <= FIRST_LINES + LAST_LINES ? rest : [...rest.slice(0, FIRST_LINES), '  …', ...rest.slice(-LAST_LINES)];
  const [name = ''] = errorName(error).split('\n');
  const above = short.at(-1) === name ? short.slice(0, -1) : short;
  return [`${name} (${whoHasIt(error)})`, ...above].join('\n');
}

/**
 * Why the job failed, in a line or two. SageMaker's reason is added if it says something of its own: a script can write it.
 * `reason`: `AlgorithmError: train.py failed with exit code 1: KeyError: 'x'`.
 */
export function failureText(error: WorkerError | undefined, reason: string): string {
  if (error === undefined) return reason;
  const [first = ''] = reason.split('\n');
  const says = first.replace(/^AlgorithmError: ?/, '').replace(/,? ?exit code: \d+$/, '');
  const saysMore = !/^(?:ExecuteUserScriptError:?)?$/.test(says.trim()) && !says.includes(error.type);
  return errorAndPlace(error) + (saysMore ? `\nSageMaker's reason: ${first}` : '');
}

/** Whether SageMaker blames the worker's program, and not its own service or the request. */
export function blamesWorker(reason: string): boolean {
  return reason.startsWith('AlgorithmError') || reason === '';
}
