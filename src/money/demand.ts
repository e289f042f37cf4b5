/** What a CreateTrainingJob request asks for that costs money by the hour: instances, and for how long. */

import type { NoPrice } from './prices.ts';

export interface Instances {
  readonly instanceType: string;
  readonly instanceCount: number;
}

export interface Demand {
  /** The job gets one of these. Each is a list, because a job can have groups of instances. */
  readonly choices: readonly (readonly Instances[])[];
  /** The longest that the job can run. It limits all attempts of a RetryStrategy together. */
  readonly seconds: number;
  /** How long a warm pool keeps the instances after the job. They cost the same: https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html */
  readonly keptSeconds: number;
  readonly spot: boolean;
}

interface Group {
  readonly InstanceType?: string;
  readonly InstanceCount?: number;
}

/**
 * The part of the request that the cost depends on. The input `request` may have set any of it:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
 */
export interface PricedRequest {
  readonly ResourceConfig: Group & {
    readonly InstanceGroups?: readonly Group[];
    readonly InstancePreferences?: readonly Group[];
    readonly KeepAlivePeriodInSeconds?: number;
    readonly TrainingPlanArn?: string;
  };
  readonly StoppingCondition: { readonly MaxRuntimeInSeconds: number };
  readonly EnableManagedSpotTraining: boolean;
  readonly ServerlessJobConfig?: unknown;
}

/** `otherTypes`: types that the step tries instead, if there is no capacity. */
export function demandOf(request: PricedRequest, otherTypes: readonly string[] = []): Demand | NoPrice {
  const { ResourceConfig: resources } = request;
  if (resources.TrainingPlanArn !== undefined) return { why: 'a training plan is paid in advance' };
  if (request.ServerlessJobConfig !== undefined) return { why: 'a serverless job is not paid by the hour' };
  const { InstanceGroups: groups, InstancePreferences: preferences } = resources;
  const choices = preferences?.map((one) => [one]) ?? [groups ?? [resources]];
  const others = otherTypes.map((InstanceType) => [{ ...resources, InstanceType }]);
  return {
    choices: [...choices, ...others].map((each) => each.map(instances)),
    seconds: request.StoppingCondition.MaxRuntimeInSeconds,
    keptSeconds: resources.KeepAlivePeriodInSeconds ?? 0,
    spot: request.EnableManagedSpotTraining,
  };
}

function instances({ InstanceType: instanceType = '', InstanceCount: instanceCount = 1 }: Group): Instances {
  return { instanceType, instanceCount };
}
