/** AWS's partitions, from botocore's data: how an ARN begins, and how a host name ends. */
import partitions from './partitions.json' with { type: 'json' };

/** aws, aws-cn, aws-us-gov, …: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export function partition(region: string): string {
  return find(region)?.name ?? 'aws';
}

/** amazonaws.com, amazonaws.com.cn, … */
export function dnsSuffix(region: string): string {
  return find(region)?.suffix ?? 'amazonaws.com';
}

function find(region: string): { readonly name: string; readonly suffix: string } | undefined {
  return partitions.find(({ regions }) => new RegExp(regions).test(region));
}
