/** The conditions of `fail-if` on a job's metrics. */

export interface GateResult {
  /** As the input has it: `val_acc < 0.9`. */
  readonly condition: string;
  readonly metric: string;
  /** The metric's last value. Undefined if it never appeared. */
  readonly value: number | undefined;
  /** Whether the step fails by it. */
  readonly fails: boolean;
}
