/** Which refusals of CreateTrainingJob are about an instance type. The texts are those of the service. */
import { describe, expect, it } from 'vitest';
import { instanceRefusal } from '../../src/aws/instance-refusal.ts';

const P3 = 'ml.p3.2xlarge';
const M5 = 'ml.m5.large';
const error = (name: string, message: string): Error => Object.assign(new Error(message), { name });
const quota = (type: string, kind = ''): string =>
  `The account-level service limit '${type} for ${kind}training job usage' is 0 Instances, with current utilization of 0 ` +
  'Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an increase for this quota.';
const unknown = (type: string, path: string): string =>
  `1 validation error detected: Value '${type}' at '${path}' failed to satisfy constraint: Member must satisfy enum value ` +
  'set: [ml.p2.xlarge, ml.m5.4xlarge, ml.m5.large]';

describe('a refusal', () => {
  it.each<[string, string, string]>([
    ['ResourceLimitExceeded', quota(P3), 'the quota is 0 Instances, with current utilization of 0 Instances and a'],
    ['ResourceLimitExceeded', quota(P3, 'spot '), 'the quota is 0 Instances, with current utilization of 0 Instances'],
    [
      'ResourceLimitExceeded',
      `The requested resource training-job/${P3} is not available in this region`,
      'SageMaker does not have this type here',
    ],
    ['ValidationException', `Unsupported instance type ${P3}`, 'SageMaker does not have this type here'],
    ['ValidationException', unknown(P3, 'resourceConfig.instanceType'), 'SageMaker does not have this type here'],
    [
      'ValidationException',
      unknown(P3, 'resourceConfig.instancePreferences.2.member.instanceType'),
      'SageMaker does not have this type here',
    ],
  ])('%s: %s', (name, message, result) => {
    const refused = instanceRefusal(error(name, message), [M5, P3]);
    expect(refused?.instanceType).toBe(P3);
    expect(refused?.result).toContain(result);
    // Of a type that was not asked for.
    expect(instanceRefusal(error(name, message), [M5])).toBeUndefined();
  });

  it.each<[string, string]>([
    ['ThrottlingException', quota(P3)],
    ['ResourceInUse', 'Training job names must be unique within an AWS account and region'],
    ['ResourceLimitExceeded', "The account-level service limit 'Number of training jobs' is 20"],
    ['ValidationException', `Could not assume role arn:aws:iam::1:role/${P3}.`],
    ['ValidationException', "Value 'x' at 'trainingJobName' failed to satisfy constraint"],
  ])('about something else is none: %s %s', (name, message) => {
    expect(instanceRefusal(error(name, message), [P3])).toBeUndefined();
  });
});
