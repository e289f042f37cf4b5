/**
 * Results of a job as S3 objects, and as the sources of another task's channels: `task:OTHER/model` of a task's last
 * completed job, `job:JOBNAME/state/algo-1` of exactly that job.
 */
import { Unparsable } from './parse.ts';

/** What of a job another can read. Model, output and source are the archives that they are, state is files. */
const KINDS = ['model', 'output', 'state', 'source'] as const;
export type ResultKind = (typeof KINDS)[number];

interface Chained {
  readonly result: ResultKind;
  /** A folder below the state, ending in a slash; else empty. */
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

const FORM = 'Write task:NAME/model, or job:JOBNAME/model; also /output, /source, /state and /state/FOLDER.';

/** `task:…` or `job:…`; undefined for any other source. */
export function parseChained(source: string): TaskSource | JobSource | undefined {
  const match = /^(task|job):(.*)$/s.exec(source);
  if (match === null) return undefined;
  const [name = '', result = '', ...rest] = (match[2] ?? '').split('/');
  if (name === '') {
    const masked = 'If it comes from an output, GitHub drops outputs that hold a masked value such as the account id.';
    throw new Unparsable(`"${source}" names no ${match[1]}.`, masked);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new Unparsable(`"${name}" in "${source}" is no name.`, FORM);
  const kind = KINDS.find((known) => known === result);
  const folders = rest.filter((part) => part !== '');
  if (kind === undefined || (kind !== 'state' && folders.length > 0) || folders.some((part) => /^\.\.?$/.test(part))) {
    throw new Unparsable(`"${source}" does not name a result.`, FORM);
  }
  const chained = { result: kind, below: folders.map((part) => `${part}/`).join('') };
  return match[1] === 'task' ? { kind: 'task', task: name, ...chained } : { kind: 'job', job: name, ...chained };
}
