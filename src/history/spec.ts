/** What the step does if the task has earlier jobs. */

export const SKIP_IF = ['unchanged', 'completed', 'never'] as const;
export type SkipIf = (typeof SKIP_IF)[number];
export const WHEN_BUSY = ['wait', 'fail', 'replace'] as const;
export type WhenBusy = (typeof WHEN_BUSY)[number];

export interface ReuseSpec {
  readonly skipIf: SkipIf;
  readonly cleanState: boolean;
  readonly whenBusy: WhenBusy;
}
