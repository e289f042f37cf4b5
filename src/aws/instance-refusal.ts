/**
 * Why SageMaker refuses an instance type at CreateTrainingJob: the account has no quota for it, or the region does not
 * have it. The texts are those of the service:
 * https://github.com/gabehollombe-aws/jupyter-notebooks/issues/1 and
 * https://github.com/aws/amazon-sagemaker-examples/issues/1001 (quota, region),
 * https://github.com/aws/amazon-sagemaker-examples/issues/3494 and
 * https://github.com/aws-samples/aws-sagemaker-heart-disease-prediction/issues/1 (unknown type).
 */

import { isServiceError } from './service-errors.ts';

export interface InstanceRefusal {
  readonly instanceType: string;
  /** Why, as the result of an attempt. */
  readonly result: string;
}

const TYPE = String.raw`(ml\.[a-z0-9-]+\.[a-z0-9]+)`;
const NO_QUOTA = new RegExp(String.raw`'${TYPE} for (?:spot )?training job usage' is ([^.]*)\.`);
const NOT_IN_REGION = [
  new RegExp(`resource training-job/${TYPE} is not available in this region`),
  new RegExp(`Unsupported instance type:? ${TYPE}`, 'i'),
  new RegExp(`Value '${TYPE}' at '[^']*[iI]nstanceType' failed to satisfy constraint: Member must satisfy enum`),
];

/** Undefined if the error is about something else, or about a type that was not asked for. */
export function instanceRefusal(error: unknown, asked: readonly string[]): InstanceRefusal | undefined {
  if (!isServiceError(error, 'ResourceLimitExceeded', 'ValidationException')) return undefined;
  const quota = NO_QUOTA.exec(error.message);
  const [, instanceType = '', value = ''] = quota ?? firstMatch(error.message) ?? [];
  if (!asked.includes(instanceType)) return undefined;
  const result = quota === null ? 'SageMaker does not have this type here' : `the quota is ${value}`;
  return { instanceType, result };
}

function firstMatch(message: string): RegExpExecArray | undefined {
  return NOT_IN_REGION.map((expression) => expression.exec(message)).find((match) => match !== null) ?? undefined;
}
