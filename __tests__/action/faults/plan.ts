/** Which faults are tried: all of them, or a sample in which each operation fails in each way that passes, many in one run. */
import type { Kill, Scenario } from './scenario.ts';
import { ANONYMOUS, LASTING, PASSING, type Point, type Way } from './ways.ts';

export interface Trial {
  readonly scenario: Scenario;
  readonly failing: readonly (Point & { readonly way: Way })[];
  readonly kill?: Kill;
  /** What fails in the post step. */
  readonly post?: readonly (Point & { readonly way: Way })[];
}

/** Calls that are made until something has happened: their number differs. */
const REPEATED = /^logs:|:DescribeTrainingJob$/;

/** The first call of each operation, and one in the middle. `calls`: operation → how often it is called. */
export function pointsOf(calls: ReadonlyMap<string, number>): Point[] {
  return [...calls].flatMap(([operation, count]) => {
    const isRepeated = REPEATED.test(operation);
    const middle = isRepeated ? 2 : Math.ceil((count + 1) / 2);
    return (count === 1 && !isRepeated ? [1] : [1, middle]).map((call) => ({ operation, call }));
  });
}

/** Without credentials there is no session that could end. */
const canFail = ({ operation }: Point, way: Way): boolean =>
  operation !== ANONYMOUS || !['ended', 'expired'].includes(way);

export function everyFault(scenario: Scenario, points: readonly Point[]): Trial[] {
  return points.flatMap((point) =>
    [...PASSING, ...LASTING]
      .filter((way) => canFail(point, way))
      .map((way) => ({ scenario, failing: [{ ...point, way }] })),
  );
}

export function everyKill(scenario: Scenario, points: readonly Point[]): Trial[] {
  return points.flatMap((point) =>
    (['before', 'after'] as const).flatMap((when) =>
      (['SIGKILL', 'SIGINT'] as const).map((signal) => ({ scenario, failing: [], kill: { ...point, when, signal } })),
    ),
  );
}

const WHILE_FOLLOWED: Kill = { operation: 'logs:GetLogEvents', call: 1, when: 'after', signal: 'SIGKILL' };
const WHILE_SENDING: Kill = { operation: 's3:UploadPart', call: 2, when: 'after', signal: 'SIGKILL' };
const STOPS = ['sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob'];
const CLEANS = ['GetObject', 'PutObject', 'ListMultipartUploads', 'AbortMultipartUpload', 'DeleteObject'];

/** The post step stops a job and cleans up, while each of its calls fails; and a cancelled step stops its job. */
export function everyEnd(scenario: Scenario): Trial[] {
  const point = (operation: string, way: Way) => ({ operation, call: 1, way });
  return PASSING.flatMap((way, at) => {
    const other = PASSING[(at + 1) % PASSING.length] ?? way;
    return [
      {
        scenario,
        failing: [],
        kill: WHILE_FOLLOWED,
        post: STOPS.map((each, at) => point(each, at === 0 ? way : other)),
      },
      { scenario, failing: [], kill: WHILE_SENDING, post: CLEANS.map((each) => point(`s3:${each}`, way)) },
      { scenario, failing: [point('sagemaker:StopTrainingJob', way)], kill: { ...WHILE_FOLLOWED, signal: 'SIGINT' } },
    ];
  });
}

/**
 * Each way that passes, in rows of which a run meets one at a call. Each row begins with an answer, because a host that never
 * answered is soon given up.
 */
const ROWS = [
  ['throttle', 'reset-before', 'hang-after'],
  ['server-error', 'reset-after', 'truncate'],
  ['page', 'hang-before', 'ended'],
] as const satisfies readonly (readonly Way[])[];

/**
 * A few runs for all pairs of an operation and a way that passes: in each run each operation fails `rows` times three times
 * in a row, in other ways than in the other runs.
 */
export function pairwiseRuns(scenario: Scenario, operations: readonly string[], rows: 1 | 3): Trial[] {
  return ROWS.slice(0, ROWS.length / rows).map((_, run) => ({
    scenario,
    failing: operations.flatMap((operation, at) => {
      const ways = Array.from({ length: rows }, (_, row) => ROWS[(at + run + row) % ROWS.length] ?? []).flat();
      return ways
        .map((way, before) => ({ operation, call: before + 1, way }))
        .filter((point) => canFail(point, point.way));
    }),
  }));
}

export function nameOf({ failing, kill, post = [] }: Trial): string {
  const end = kill === undefined ? [] : [`${kill.signal} ${kill.when} ${kill.operation} ${kill.call}`];
  const named = [...failing, ...post].map(({ operation, call, way }) => `${operation} ${call}: ${way}`);
  const others = named.length > 5 ? [`${named[0]} and ${named.length - 1} others`] : named;
  return [...end, ...others].join(', ');
}

/** Credentials of the environment expire for good; a role is assumed again. */
export function accessOf({ failing }: Trial): 'role' | 'keys' {
  return failing.some(({ way }) => way === 'expired') ? 'keys' : 'role';
}
