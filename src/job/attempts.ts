/** With which instances a job is requested, and with which next if there are none. Has no side effects. */

/** `prefer`: spot instances first, then on demand. */
export type Spot = boolean | 'prefer';

/** CreateTrainingJob takes at most five InstancePreferences: https://docs.aws.amazon.com/sagemaker/latest/dg/train-instance-preferences.html */
export const MOST_PREFERENCES = 5;

/** One request for instances. */
export interface Attempt {
  /** On spot one type. On demand several: SageMaker takes the first one that has capacity. */
  readonly instanceTypes: readonly string[];
  readonly spot: boolean;
}

/** The part of the inputs from which the attempts follow. */
export interface Wish {
  /** In the order of preference. At least one. */
  readonly instanceTypes: readonly string[];
  readonly spot: Spot;
}

/** A type that had no instances, or was left out. */
export interface Tried extends Attempt {
  /** Why: `no capacity in 15 min`. */
  readonly result: string;
  /** The job that got no instances. Undefined if there was none. */
  readonly job: string | undefined;
}

/**
 * The attempts in their order. SageMaker has no spot instances for a list of types, so that spot takes an attempt for each
 * type. On demand one attempt is sufficient.
 */
export function attemptsOf({ instanceTypes, spot }: Wish): Attempt[] {
  const onSpot = instanceTypes.map((type) => ({ instanceTypes: [type], spot: true }));
  const onDemand = { instanceTypes, spot: false };
  switch (spot) {
    case true:
      return onSpot;
    case false:
      return [onDemand];
    case 'prefer':
      return [...onSpot, onDemand];
  }
}

/** The attempt with which it begins. */
export function firstAttempt({ instanceTypes, spot }: Wish): Attempt {
  return spot === false ? { instanceTypes, spot } : { instanceTypes: instanceTypes.slice(0, 1), spot: true };
}

/** Whether a job that waits for spot instances makes way for another attempt. Then somebody has to follow it. */
export function makesWay(wish: Wish): boolean {
  return attemptsOf(wish).length > 1;
}

/** `ml.m5.large (spot)`, `ml.m5.large or ml.c5.xlarge (on demand)`. */
export function attemptText({ instanceTypes, spot }: Attempt): string {
  return `${instanceTypes.join(' or ')} (${spot ? 'spot' : 'on demand'})`;
}

/** What was tried, a line for each: `ml.p3.2xlarge (spot): no capacity in 15 min`. */
export function triedLines(tried: readonly Tried[]): string[] {
  return tried.map((each) => `${attemptText(each)}: ${each.result}`);
}

/** The same as a list, each item on a line of its own that follows on a text. */
export function triedList(tried: readonly Tried[]): string {
  return triedLines(tried)
    .map((line) => `\n- ${line}`)
    .join('');
}

/** Why another attempt has its turn, and which. */
export function turnText({ tried, current }: Pick<InstanceSearch, 'tried' | 'current'>): string {
  const last = triedLines(tried.slice(-1)).join('');
  return `${last}. Next: ${current === undefined ? 'nothing is left' : attemptText(current)}.`;
}

/** `15 min`, `30 s`. */
export function waitText(seconds: number): string {
  return seconds < 60 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 6) / 10} min`;
}

/** A job, or, without a name, a request for one. */
interface AttemptedJob extends Attempt {
  readonly name: string | undefined;
}

/** What remains to be tried for a job, and what was tried. */
export class InstanceSearch {
  /** How long a job waits for spot instances before it makes way, in seconds. Undefined: as long as SageMaker lets it. */
  readonly patience: number | undefined;
  #left: readonly Attempt[];
  #tried: readonly Tried[] = [];

  constructor(wish: Wish, capacityWaitSeconds: number) {
    this.#left = attemptsOf(wish);
    this.patience = makesWay(wish) ? capacityWaitSeconds : undefined;
  }

  /** Whose turn it is. Undefined if all were tried. */
  get current(): Attempt | undefined {
    return this.#left[0];
  }

  /** What is left, the current attempt first. */
  get left(): readonly Attempt[] {
    return this.#left;
  }

  get tried(): readonly Tried[] {
    return this.#tried;
  }

  /**
   * SageMaker refused a type of the current attempt. If the input `request` has set groups, it may be a type of theirs, without
   * which the attempt is impossible.
   */
  refuse(attempt: Attempt, type: string, result: string): void {
    if (attempt.instanceTypes.includes(type)) this.drop(type, attempt.spot, result);
    else this.fail({ ...attempt, name: undefined }, `${type}: ${result}`);
  }

  /** The account gets no instances of a type, so all attempts go without it. */
  drop(type: string, spot: boolean, result: string): void {
    this.#tried = [...this.#tried, { instanceTypes: [type], spot, result, job: undefined }];
    this.#left = this.#left.flatMap((attempt) => {
      const instanceTypes = attempt.instanceTypes.filter((each) => each !== type || attempt.spot !== spot);
      return instanceTypes.length === 0 ? [] : [{ ...attempt, instanceTypes }];
    });
  }

  /**
   * A job got no instances. It may be a job of another run, whose turn was later than the current one: then that run has
   * tried what comes before it.
   */
  fail({ instanceTypes: types, spot, name: job }: AttemptedJob, result: string): void {
    this.#tried = [...this.#tried, { instanceTypes: types, spot, result, job }];
    const own = this.#left.findIndex(
      (attempt) => attempt.spot === spot && types.some((type) => attempt.instanceTypes.includes(type)),
    );
    this.#left = this.#left.slice(own + 1);
  }

  /** A job waited in vain. Returns whether another attempt is left. */
  failAfterWaiting(job: AttemptedJob): boolean {
    this.fail(job, `no capacity in ${waitText(this.patience ?? 0)}`);
    return this.current !== undefined;
  }
}
