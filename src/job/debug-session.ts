/** Remote debugging: https://docs.aws.amazon.com/sagemaker/latest/dg/train-remote-debugging.html */

/** How to open a session in a container of the job. */
export function sessionHint(region: string, job: string, instanceCount: number): string {
  const others = instanceCount === 1 ? '' : ` The other instances are _algo-2 to _algo-${instanceCount}.`;
  const command = `aws ssm start-session --region ${region} --target sagemaker-training-job:${job}_algo-1`;
  return `To open a session in the container while the job is in status Training: ${command}${others}`;
}

export const NO_SESSION =
  'No job was started, so "remote-debug" has no effect. "skip-if: never" starts a job also if nothing has changed.';
