/** The quotas on which a job's instances count. Has no side effects. */

import { count } from '../core/format.ts';
import type { Attempt, InstanceSearch } from './attempts.ts';
import { type RequestOverride, withOverride } from './override.ts';
import { resourceConfig } from './request.ts';
import type { Resources } from './spec.ts';

/** The instances of one type that an attempt needs, and the quota on which they count. */
export interface Need {
  readonly attempt: Attempt;
  readonly instanceType: string;
  readonly instances: number;
  /** As Service Quotas and SageMaker's refusals name it. */
  readonly quota: string;
}

interface ResourceGroup {
  readonly InstanceType?: string;
  readonly InstanceCount?: number;
}

/** As in a request. The input `request` may have set groups or a plan. */
interface ResourceConfig extends ResourceGroup {
  readonly InstancePreferences?: readonly ResourceGroup[];
  readonly InstanceGroups?: readonly ResourceGroup[];
  readonly TrainingPlanArn?: string;
}

/**
 * What the attempts need. SageMaker checks the quota of each type of a request, also of each preference. A training plan
 * brings its own capacity: https://docs.aws.amazon.com/sagemaker/latest/dg/train-instance-preferences.html
 */
export function needsOf(
  attempts: readonly Attempt[],
  resources: Resources,
  override: RequestOverride | undefined,
): Need[] {
  return attempts.flatMap((attempt) => {
    const request: { ResourceConfig: ResourceConfig } = { ResourceConfig: resourceConfig(resources, attempt) };
    const { ResourceConfig: config } = withOverride(request, override);
    if (config.TrainingPlanArn !== undefined) return [];
    const counts = new Map<string, number>();
    for (const { InstanceType: type = '', InstanceCount: instances = 0 } of config.InstanceGroups ??
      config.InstancePreferences ?? [config])
      counts.set(type, (counts.get(type) ?? 0) + instances);
    const usage = `${attempt.spot ? 'spot ' : ''}training job usage`;
    return [...counts].map(([instanceType, instances]) => ({
      ...{ attempt, instanceType, instances },
      quota: `${instanceType} for ${usage}`,
    }));
  });
}

/** Drops the types from the search whose quota, where it is known, is too small. */
export function dropLacking(search: InstanceSearch, needs: readonly Need[], quotas: ReadonlyMap<string, number>): void {
  for (const { attempt, instanceType, instances, quota } of needs) {
    const value = quotas.get(quota);
    if (value === undefined || value >= instances) continue;
    const lack = `the quota "${quota}" is ${count(value)}, and the job needs ${count(instances)}`;
    // A group that the input `request` sets may be of another type. Without it the whole attempt is impossible.
    const isOwn = attempt.instanceTypes.includes(instanceType);
    for (const type of isOwn ? [instanceType] : attempt.instanceTypes) search.drop(type, attempt.spot, lack);
  }
}
