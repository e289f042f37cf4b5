/** What full runs of the tests have shown, as the tables of docs/reliability.md: `scripts/reliability.mjs` writes them. */
import type { Trial } from './plan.ts';
import type { Story } from './scenario.ts';
import { LASTING, type Point, type Way } from './ways.ts';

/** Operation → how often a run calls it. */
export type Calls = Readonly<Record<string, number>>;

/** One trial. `ended`: the step's results were whole, it ended with an error, or its process was ended. */
export interface Tried extends Pick<Trial, 'failing' | 'kill' | 'post'> {
  readonly ended: 'whole' | 'error' | 'killed';
  readonly broken: readonly string[];
}

/** What is kept in the repository. */
export interface ReliabilityRecord {
  /** What a first run calls, and what only a later run does. */
  readonly calls: { readonly first: Calls; readonly later: Calls };
  /** Rows of the table of faults: `what`, then as many counts as it has columns. */
  readonly faults: readonly (readonly [what: string, ...counts: number[]])[];
  /** Of the trials how many there are in a full run. */
  readonly trials: { readonly made: number; readonly all: number };
  readonly soak: { readonly runs: number; readonly kept: number; readonly seed: number };
  readonly sizes: readonly Size[];
}

export interface Size {
  readonly what: string;
  /** The most memory of the step's process, in MiB. */
  readonly mib: number;
  readonly seconds: number;
  /** What else was measured. */
  readonly more?: string;
}

export function triedOf({ failing, kill, post }: Trial, { main }: Story, broken: readonly string[]): Tried {
  const ended = main.code === 0 ? 'whole' : kill === undefined ? 'error' : 'killed';
  return { failing, ...(kill && { kill }), ...(post && { post }), ended, broken };
}

const WAYS: Readonly<Record<Way, string>> = {
  throttle: 'too many calls',
  'server-error': 'a fault of the service (500, 503)',
  page: "a load balancer's page (503)",
  'reset-before': 'the connection is reset, the request was not carried out',
  'reset-after': 'the connection is reset, the request was carried out',
  'hang-before': 'no answer, the request was not carried out',
  'hang-after': 'no answer, the request was carried out',
  truncate: 'half an answer',
  ended: "the role's session has ended",
  denied: 'a missing right',
  expired: 'keys that have expired',
};
const ENDS = {
  SIGKILL: 'the process is killed',
  SIGINT: 'the run is cancelled',
  post: 'the same, and calls of the post step fail',
};
const SERVICES = {
  s3: 'S3',
  sagemaker: 'SageMaker',
  logs: 'Logs',
  iam: 'IAM',
  sts: 'STS',
  others: 'others',
};

function serviceOf({ operation }: Point): keyof typeof SERVICES {
  const [service = ''] = operation.split(':');
  return service in SERVICES ? (service as keyof typeof SERVICES) : 'others';
}

function whatOf({ failing, kill, post }: Tried): string {
  if (post !== undefined) return ENDS.post;
  if (kill !== undefined) return ENDS[kill.signal];
  const [first] = failing;
  return first === undefined ? '' : WAYS[first.way];
}

/** A row for each way: trials by service, how they ended, and promises that were broken. */
export function countsOf(tried: readonly Tried[]): ReliabilityRecord['faults'] {
  const whats = [...Object.values(WAYS), ...Object.values(ENDS)];
  return whats.flatMap((what) => {
    const of = tried.filter((each) => whatOf(each) === what);
    const at = ({ failing: [first], kill, post: [last] = [] }: Tried): Point | undefined => kill ?? first ?? last;
    const services = Object.keys(SERVICES).map(
      (service) => of.filter((each) => serviceOf(at(each) ?? { operation: '', call: 0 }) === service).length,
    );
    const ended = (['whole', 'error', 'killed'] as const).map((end) => of.filter((each) => each.ended === end).length);
    const broken = of.filter((each) => each.broken.length > 0).length;
    return of.length === 0 ? [] : [[what, ...services, ...ended, broken] as const];
  });
}

export function isLastingRow([what]: readonly [string, ...number[]]): boolean {
  return LASTING.some((way) => WAYS[way] === what);
}

const number = (count: number): string => count.toLocaleString('en-US');
const row = (cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => (typeof cell === 'number' ? number(cell) : cell)).join(' | ')} |`;

/** Each marker of docs/reliability.md with what stands there. */
export function pagesOf({ faults, trials, soak, sizes, calls }: ReliabilityRecord): Readonly<Record<string, string>> {
  const columns = [...Object.values(SERVICES), 'whole results', 'a clear error', 'ended by us', 'promises broken'];
  const sums = columns.map((_, at) => faults.reduce((sum, [, ...counts]) => sum + (counts[at] ?? 0), 0));
  const operations = Object.keys(calls.first).length + Object.keys(calls.later).length;
  return {
    faults: [
      row(['what happens', ...columns]),
      `|---|${'---|'.repeat(columns.length)}`,
      ...faults.map(row),
      row(['**all**', ...sums]),
      '',
      `${number(trials.made)} of ${number(trials.all)} trials, at ${operations} operations of AWS. The middle columns say how the step ended. After it the post step ran, and then an ordinary run.`,
    ].join('\n'),
    soak: `Seeds ${soak.seed} to ${soak.seed + soak.runs - 1}: ${number(soak.kept)} of ${number(soak.runs)} runs kept all promises.`,
    sizes: [
      row(['what', 'memory', 'time', '']),
      '|---|---|---|---|',
      ...sizes.map(({ what, mib, seconds, more = '' }) => row([what, `${mib} MiB`, `${number(seconds)} s`, more])),
    ].join('\n'),
  };
}

/** The page with what the record has between its markers. */
export function rewritten(page: string, record: ReliabilityRecord): string {
  let text = page;
  for (const [name, what] of Object.entries(pagesOf(record))) {
    const between = new RegExp(`(<!-- ${name} -->\\n)[^]*?(\\n?<!-- /${name} -->)`);
    if (!between.test(text)) throw new Error(`docs/reliability.md has no <!-- ${name} -->`);
    text = text.replace(between, (_, begin: string) => `${begin}\n${what}\n\n<!-- /${name} -->`);
  }
  return text;
}
