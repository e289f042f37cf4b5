/**
 * Results of a job as sources of another task's channels: `task:OTHER/model` is of the job that completed the task
 * last, `job:JOBNAME/state/algo-1` is of exactly that job.
 */

import { InputProblem } from '../core/errors.ts';
import { RESULTS, type StoredResult } from '../results/spec.ts';

const KINDS = RESULTS.filter((result) => result !== 'logs');

interface Chained {
  readonly result: StoredResult;
  /** A folder in the state, with a slash at its end; otherwise empty. */
  readonly below: string;
}

export interface TaskSource extends Chained {
  readonly kind: 'task';
  readonly task: string;
}

export interface JobSource extends Chained {
  readonly kind: 'job';
  readonly job: string;
}

const FORM =
  'write task:NAME/RESULT or job:JOBNAME/RESULT, with the result model, output, source, state or state/FOLDER.';

/**
 * The probable cause of an empty source:
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs
 */
export const MASKED_OUTPUT =
  'If it comes from an output of another workflow job: GitHub drops outputs that contain a masked value, such as the account ID.';

/** `task:…` or `job:…`; undefined for any other source. */
export function parseChained(source: string): TaskSource | JobSource | undefined {
  const match = /^(task|job):(.*)$/s.exec(source);
  if (match === null) return undefined;
  const [name = '', result = '', ...rest] = (match[2] ?? '').split('/');
  if (name === '') {
    throw new InputProblem(`"${source}" does not name a ${match[1]}`, `${FORM} ${MASKED_OUTPUT}`);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw new InputProblem(`"${name}" in "${source}" is not a valid ${match[1]} name`, FORM);
  const kind = KINDS.find((each) => each === result);
  const folders = rest.filter((part) => part !== '');
  if (kind === undefined || (kind !== 'state' && folders.length > 0) || folders.some((part) => /^\.\.?$/.test(part))) {
    throw new InputProblem(`"${source}" does not name a result`, FORM);
  }
  const chained = { result: kind, below: folders.map((part) => `${part}/`).join('') };
  return match[1] === 'task' ? { kind: 'task', task: name, ...chained } : { kind: 'job', job: name, ...chained };
}
