/** The part of the task's spec that a new job depends on. */

import type { CodeSpec } from '../code/spec.ts';
import type { TaskPlace } from '../core/s3-layout.ts';
import type { FollowSpec } from '../follow/spec.ts';
import type { ReuseSpec } from '../history/spec.ts';
import type { ImageSpec } from '../image/spec.ts';
import type { MetricDefinition } from '../metrics/definitions.ts';
import type { ResultsSpec } from '../results/spec.ts';
import type { Wish } from './attempts.ts';

export interface JobSpec {
  readonly place: TaskPlace;
  readonly code: CodeSpec;
  readonly resources: Resources;
  readonly role: JobRoleSpec;
  readonly image: ImageSpec;
  readonly metrics: readonly MetricDefinition[];
  readonly results: Pick<ResultsSpec, 'compression'>;
  readonly follow: Pick<FollowSpec, 'wait'>;
  readonly reuse: ReuseSpec;
}

export interface Resources extends Wish {
  readonly instanceCount: number;
  readonly volumeSizeGb: number;
  /** How long a job waits for spot instances before the next attempt, if there is one. */
  readonly capacityWaitSeconds: number;
  readonly maxRunSeconds: number;
  /** The limit for waiting and running together, of a job on spot instances. Undefined if all jobs are on demand. */
  readonly maxWaitSeconds: number | undefined;
  /** The most that the job may cost by an estimate before its start, in USD. Undefined: no limit. */
  readonly maxCostUsd: number | undefined;
  /** How long a warm pool keeps the instances. Undefined: there is no warm pool. */
  readonly keepAliveSeconds: number | undefined;
  readonly network: Network;
  /** Whether a session can be opened in the job's containers. */
  readonly remoteDebug: boolean;
  /** ID, alias or ARN. */
  readonly kmsKey: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

export interface Network {
  readonly subnets: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly isolation: boolean;
  readonly encryptTraffic: boolean;
}

export interface JobRoleSpec {
  /** Name or ARN of an existing role. Undefined: the action manages one for the project. */
  readonly existing: string | undefined;
  /** For the managed role: the ARN of a policy. */
  readonly boundary: string | undefined;
  /** For the managed role. Begins and ends with a slash. */
  readonly path: string | undefined;
}
