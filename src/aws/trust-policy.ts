/**
 * The trust policy of the jobs' role: SageMaker may assume it.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
 */

const TRUST = { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' };

export const TRUST_POLICY = trustPolicy([]);

function trustPolicy(others: readonly unknown[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [...others, TRUST] });
}

/** Adds SageMaker to a trust policy. Undefined if the policy trusts SageMaker already. */
export function repairedTrust(document: string): string | undefined {
  const { Statement: current = [] } = JSON.parse(document) as { Statement?: unknown };
  const statements: readonly unknown[] = Array.isArray(current) ? current : [current];
  return statements.some(trustsSageMaker) ? undefined : trustPolicy(statements);
}

function trustsSageMaker(statement: unknown): boolean {
  if (typeof statement !== 'object' || statement === null) return false;
  const { Effect, Principal, Action, Condition } = statement as Record<string, unknown>;
  const services = (Principal as { Service?: unknown } | undefined)?.Service;
  const trusted = [services].flat().includes('sagemaker.amazonaws.com');
  return Effect === 'Allow' && trusted && [Action].flat().includes('sts:AssumeRole') && Condition === undefined;
}
