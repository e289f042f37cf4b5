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
  'ended',
] as const;
/** What does not pass by itself: a missing right, and credentials of the environment that have expired. */
export const LASTING = ['denied', 'expired'] as const;
export type Way = (typeof PASSING | typeof LASTING)[number];

/** The session of the steps; jobs have roles of their own. The call that begins the session has no credentials. */
export const SESSION = '*:assumed-role/runner/*';
export const ANONYMOUS = 'sts:AssumeRoleWithWebIdentity';
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

/** Strikes this call alone; a missing right strikes each later one too. A session that has ended stays so by itself. */
export function faultAt({ operation, call }: Point, way: Way): object {
  const numbers = way === 'denied' ? Array.from({ length: ALL }, (_, at) => call + at) : [call];
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
  // Where a role is assumed, it is assumed again.
  ended: { kind: 'expired-credentials' },
  denied: { kind: 'deny' },
  expired: { kind: 'expired-credentials' },
};
