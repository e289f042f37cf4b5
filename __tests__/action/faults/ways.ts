/** The ways in which a call of AWS fails, as faults of the stand-in. */

/** What passes: the call succeeds when it is made again. */
export const PASSING = [
  'throttle',
  'server-error',
  'page',
  'reset-before',
  'reset-after',
  'hang-before',
  'hang-after',
  'truncate',
] as const;
/** What does not pass by itself. */
export const LASTING = ['denied', 'expired'] as const;
export type Way = (typeof PASSING | typeof LASTING)[number];

/** The session of the steps; jobs have roles of their own. The call that begins the session has no credentials. */
export const SESSION = '*:assumed-role/runner/*';
const ANONYMOUS = 'sts:AssumeRoleWithWebIdentity';
/** More calls of an operation than a step makes. */
const ALL = 400;
/** Longer than any step waits. */
const SECONDS = 3_600;

/** Which call: the operation, `s3:PutObject`, and its number among those of the step. */
export interface Point {
  readonly operation: string;
  readonly call: number;
}

export function isLasting(way: Way): boolean {
  return (LASTING as readonly string[]).includes(way);
}

/** What passes strikes this call alone; what lasts strikes it and each later one. */
export function faultAt({ operation, call }: Point, way: Way): object {
  const numbers = isLasting(way) ? Array.from({ length: ALL }, (_, at) => call + at) : [call];
  const whose = operation === ANONYMOUS ? {} : { principal: SESSION };
  return { operation, calls: numbers, ...whose, ...KINDS[way] };
}

/** No answer comes to this call: time to do something else. */
export function holdAt({ operation, call }: Point, when: 'before' | 'after'): object {
  return faultAt({ operation, call }, when === 'before' ? 'hang-before' : 'hang-after');
}

const KINDS: Readonly<Record<Way, object>> = {
  throttle: { kind: 'throttle' },
  'server-error': { kind: 'server-error' },
  page: { kind: 'server-error', page: true },
  'reset-before': { kind: 'reset', when: 'before' },
  'reset-after': { kind: 'reset', when: 'after' },
  'hang-before': { kind: 'hang', when: 'before', seconds: SECONDS },
  'hang-after': { kind: 'hang', when: 'after', seconds: SECONDS },
  truncate: { kind: 'truncate' },
  denied: { kind: 'deny' },
  expired: { kind: 'expired-credentials' },
};
