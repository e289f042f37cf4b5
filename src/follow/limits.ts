/** How long a step follows its job. */

/** When following ends before the job does. */
export interface Limits {
  /** Milliseconds since 1970. */
  readonly until: number;
  /** How many seconds the job may wait for spot instances. Undefined: as long as SageMaker lets it. */
  readonly patience: number | undefined;
}
