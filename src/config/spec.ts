/** The task that the inputs describe, in the sections of action.yml. `readSpec` creates it from the inputs. */

import type { CodeSpec } from '../code/spec.ts';
import type { TaskPlace } from '../core/s3-layout.ts';
import type { Channel } from '../data/channels.ts';
import type { FollowSpec } from '../follow/spec.ts';
import type { ReuseSpec } from '../history/spec.ts';
import type { ImageSpec } from '../image/spec.ts';
import type { JobRoleSpec, Resources } from '../job/spec.ts';
import type { Condition } from '../metrics/condition.ts';
import type { MetricDefinition } from '../metrics/definitions.ts';
import type { GitHubSpec } from '../report/spec.ts';
import type { ResultsSpec } from '../results/spec.ts';

export interface TaskSpec {
  readonly mode: Mode;
  readonly place: TaskPlace;
  readonly code: CodeSpec;
  readonly resources: Resources;
  readonly role: JobRoleSpec;
  readonly image: ImageSpec;
  readonly channels: readonly Channel[];
  readonly results: ResultsSpec;
  readonly metrics: readonly MetricDefinition[];
  /** The step fails if one of them holds for the job's metrics. */
  readonly failIf: readonly Condition[];
  /** Whether the step writes a job summary. */
  readonly summary: boolean;
  readonly follow: FollowSpec;
  readonly github: GitHubSpec;
  readonly reuse: ReuseSpec;
  /** The inputs that the workflow sets, as a reader may see them. */
  readonly given: ReadonlyMap<string, string>;
  /** The text of `request`. Undefined if it is not set. */
  readonly request: string | undefined;
  readonly aws: AwsAccess;
}

/**
 * `run` starts a job or takes an earlier job's results. `plan` says what `run` would do. The other modes never start a job.
 */
export type Mode =
  | { readonly kind: 'run' }
  | { readonly kind: 'plan' }
  | { readonly kind: 'collect' }
  | { readonly kind: 'job'; readonly job: string };

export interface AwsAccess {
  readonly region: string;
  /** Undefined: the account's default bucket. */
  readonly bucket: string | undefined;
  /** Undefined: the environment's credentials. */
  readonly roleToAssume: RoleToAssume | undefined;
}

export interface RoleToAssume {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly region: string;
}
