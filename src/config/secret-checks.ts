/** Rules that involve the input `secrets` and others. */

import { partition } from '../core/partition.ts';
import type { InputName, Report } from './inputs.ts';
import type { TaskSpec } from './spec.ts';

/** Reports why the job's launcher could not read the secrets, or not give them to the script. */
export function checkSecrets(spec: TaskSpec, wrong: Report, fine: (...inputs: InputName[]) => boolean): void {
  const { secrets, environment, start, launcher } = spec.code;
  if (secrets.size === 0) return;
  const twice = [...secrets.keys()].filter((name) => environment.has(name));
  if (twice.length > 0)
    wrong(
      'secrets',
      `"environment" sets ${twice.map((name) => `"${name}"`).join(', ')} too`,
      'remove it from one of the two.',
    );
  if (start.kind === 'image') {
    const problem =
      'without "entrypoint" and "run" the image starts with its own entry point, and nothing reads secrets for it';
    wrong('secrets', problem, 'remove it, or set "entrypoint" or "run".');
  } else if (launcher === 'image') {
    const problem = `with "launcher: image" AWS's training toolkit starts the code, and it does not read secrets`;
    wrong('secrets', problem, 'set "launcher: action", or read them in the script by boto3.');
  }
  if (spec.resources.network.isolation)
    wrong(
      'secrets',
      'with "network-isolation" the worker cannot reach the services that keep them',
      'remove one of the two.',
    );
  if (fine('aws-region') && spec.aws.region !== '') checkPartitions(spec, wrong);
}

/** The credentials of one partition are unknown in another. */
function checkPartitions({ code, aws }: TaskSpec, wrong: Report): void {
  const own = partition(aws.region);
  for (const [name, { partition: other }] of code.secrets) {
    const problem = `the ARN of "${name}" begins with arn:${other}, and the job runs in ${aws.region}, whose role is unknown there`;
    if (other !== own) wrong('secrets', problem, `keep the secret in a region of the partition ${own}.`);
  }
}
