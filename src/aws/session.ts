/**
 * Credentials of a role that is assumed through an OIDC token, and again before each expiry, so a step can follow a job
 * for longer than a session lives: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@aws-sdk/types';
import { ActionError } from '../task/errors.ts';

/** The SDK asks anew when less than 5 minutes are left. */
const EARLY_MS = 6 * 60_000;

export interface AssumedRole {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly region: string;
  /** A fresh OIDC token. */
  readonly token: () => Promise<string>;
  /** Is given what must not be shown before anything can show it. */
  readonly mask: (secrets: readonly string[]) => void;
}

interface Session extends AwsCredentialIdentity {
  readonly expiration: Date;
}

/** One session for all clients that ask. The provider throws an ActionError when the role cannot be assumed. */
export function assumedRole(role: AssumedRole): AwsCredentialIdentityProvider {
  let current: Promise<Session> | undefined;
  let expires = Number.POSITIVE_INFINITY;
  return () => {
    if (current === undefined || Date.now() > expires - EARLY_MS) {
      expires = Number.POSITIVE_INFINITY;
      current = assume(role);
      current.then(
        ({ expiration }) => (expires = expiration.getTime()),
        () => (current = undefined),
      );
    }
    return current;
  };
}

async function assume({ roleArn, sessionName, region, token, mask }: AssumedRole): Promise<Session> {
  const sts = new STSClient({ region, maxAttempts: 8 });
  try {
    const request = { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: await token() };
    const { Credentials: given } = await sts.send(new AssumeRoleWithWebIdentityCommand(request));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
    if (!(AccessKeyId && SecretAccessKey && SessionToken && Expiration)) throw new Error('STS gave no credentials.');
    mask([AccessKeyId, SecretAccessKey, SessionToken]);
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
  } catch (error) {
    if (error instanceof ActionError) throw error;
    throw new ActionError(
      `role-to-assume: ${roleArn} cannot be assumed: ${(error as Error).message}`,
      "Its trust policy must name the account's token.actions.githubusercontent.com provider, audience " +
        'sts.amazonaws.com, and this repository: docs/aws.md has one to copy.',
      { cause: error },
    );
  } finally {
    sts.destroy();
  }
}
