/**
 * Asks IAM what the step's own role may do, without doing it:
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { each } from '../core/concurrency.ts';
import type { Question } from '../core/permission-question.ts';
import type { Connection } from './connection.ts';
import { isServiceError } from './service-errors.ts';
import type { Unanswered } from './unanswered.ts';

/** IAM throttles more. */
const AT_ONCE = 4;

export interface Refused {
  readonly action: string;
  readonly resource: string;
  /** Whether a statement denies it. Otherwise no statement allows it. */
  readonly explicit: boolean;
}

/** The ARN that policies belong to: a role's, a user's, or the account's (`…:root`). */
export async function callerArn(aws: Connection, signal: AbortSignal): Promise<string> {
  const { Arn = '' } = await aws.client(STSClient).send(new GetCallerIdentityCommand({}), { abortSignal: signal });
  const [, partition, account, name] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(Arn) ?? [];
  if (name === undefined) return Arn;
  try {
    const { Role } = await aws.client(IAMClient).send(new GetRoleCommand({ RoleName: name }), { abortSignal: signal });
    return Role?.Arn ?? Arn;
  } catch {
    signal.throwIfAborted();
    // The path, which only GetRole tells, is mostly this one.
    return `arn:${partition}:iam::${account}:role/${name}`;
  }
}

/** What IAM would refuse. */
export async function simulate(
  aws: Connection,
  principal: string,
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<readonly Refused[] | Unanswered> {
  try {
    return await refusedInEach(aws, principal, questions, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { why: (error as Error).message };
  }
}

async function refusedInEach(
  aws: Connection,
  principal: string,
  questions: readonly Question[],
  outer: AbortSignal,
): Promise<Refused[]> {
  return (await each(outer, questions, AT_ONCE, (one, signal) => refusedIn(aws, principal, one, signal))).flat();
}

/** IAM refuses some mixes of actions in one request ("require different authorization information"): then each is asked alone. */
async function refusedIn(
  aws: Connection,
  principal: string,
  { actions, resource, context }: Question,
  signal: AbortSignal,
): Promise<Refused[]> {
  const request = new SimulatePrincipalPolicyCommand({
    PolicySourceArn: principal,
    ActionNames: [...actions],
    ResourceArns: [resource],
    ContextEntries: Object.entries(context).map(([ContextKeyName, value]) => ({
      ContextKeyName,
      ContextKeyType: 'string',
      ContextKeyValues: [value],
    })),
  });
  try {
    const { EvaluationResults = [] } = await aws.client(IAMClient).send(request, { abortSignal: signal });
    return EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== 'allowed').map(
      ({ EvalActionName: action = '', EvalDecision }) => ({
        action,
        resource,
        explicit: EvalDecision === 'explicitDeny',
      }),
    );
  } catch (error) {
    if (actions.length === 1 || !isServiceError(error, 'InvalidInputException')) throw error;
    const alone = actions.map((action) => ({ actions: [action], resource, context }));
    return refusedInEach(aws, principal, alone, signal);
  }
}
