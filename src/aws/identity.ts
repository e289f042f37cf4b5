/** Whose credentials these are. */
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { ActionError } from '../task/errors.ts';

/** The account's twelve digits. Throws an ActionError where there are no credentials or they are refused. */
export async function accountId(sts: STSClient, signal: AbortSignal): Promise<string> {
  try {
    const { Account } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
    if (Account === undefined) throw new Error('STS named no account.');
    return Account;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ActionError) throw error;
    throw new ActionError(
      `AWS does not accept the credentials: ${(error as Error).message}`,
      'Set role-to-assume, put aws-actions/configure-aws-credentials before this step, or set AWS_ACCESS_KEY_ID and ' +
        'AWS_SECRET_ACCESS_KEY.',
      { cause: error },
    );
  }
}
