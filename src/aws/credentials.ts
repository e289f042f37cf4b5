/**
 * Assumes a role with an OIDC token, and again before each session expires, so that a step can follow a job for longer
 * than a session lasts: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@aws-sdk/types';
import { ActionError } from '../core/errors.ts';
import type { Network } from '../network/network.ts';
import type { Connection } from './connection.ts';
import { endpointVariants } from './endpoint-variants.ts';
import { RequestHandler } from './request-handler.ts';
import { isAnswer, isServiceError, isTransient } from './service-errors.ts';

/** The SDK asks for new credentials when less than 5 minutes are left, so this must be longer. */
const EARLY_MS = 6 * 60_000;

export interface AssumedRole {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly region: string;
  readonly network: Network;
  /** A fresh OIDC token. */
  readonly token: () => Promise<string>;
  /** Called with secrets before any code can print them. */
  readonly mask: (secrets: readonly string[]) => void;
}

interface Session extends AwsCredentialIdentity {
  readonly expiration: Date;
}

/**
 * Returns a provider with one session for all clients. The provider throws an ActionError if the role cannot be
 * assumed.
 */
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

async function assume({ roleArn, sessionName, region, network, token, mask }: AssumedRole): Promise<Session> {
  const sts = new STSClient({
    ...{ region, maxAttempts: 8, requestHandler: new RequestHandler(network) },
    ...endpointVariants(process.env),
  });
  try {
    const request = { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: await token() };
    const { Credentials: credentials } = await sts.send(new AssumeRoleWithWebIdentityCommand(request));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
    if (!(AccessKeyId && SecretAccessKey && SessionToken && Expiration))
      throw new Error('STS answered without credentials.');
    mask([AccessKeyId, SecretAccessKey, SessionToken]);
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
  } catch (error) {
    if (error instanceof ActionError) throw error;
    if (isTransient(error) || !isOfSts(error)) throw unusable(error);
    throw new ActionError(
      `The role ${roleArn} (role-to-assume) cannot be assumed: ${(error as Error).message}`,
      "The role's trust policy must allow the account's provider token.actions.githubusercontent.com, with the audience " +
        'sts.amazonaws.com and this repository. docs/aws.md shows how to create such a role.',
      { cause: error },
    );
  } finally {
    sts.destroy();
  }
}

/** The account ID. Throws an ActionError if there are no credentials, or if AWS refuses them. */
export async function accountId(aws: Connection, signal: AbortSignal): Promise<string> {
  try {
    const { Account } = await aws.client(STSClient).send(new GetCallerIdentityCommand({}), { abortSignal: signal });
    if (Account === undefined) throw new Error('STS answered without an account.');
    return Account;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ActionError) throw error;
    const isAboutCredentials = isServiceError(error, 'CredentialsProviderError') || isOfSts(error);
    throw isTransient(error) || !isAboutCredentials ? unusable(error) : refused(error);
  }
}

function refused(error: unknown): ActionError {
  const { message } = error as Error;
  return new ActionError(
    isAnswer(error)
      ? `AWS does not accept the credentials: ${message}`
      : `There are no credentials for AWS: ${message}`,
    'Set "role-to-assume", run aws-actions/configure-aws-credentials before this step, or set AWS_ACCESS_KEY_ID and ' +
      'AWS_SECRET_ACCESS_KEY.',
    { cause: error },
  );
}

/** Whether STS itself answered. Its errors have a code, and the page of a proxy or firewall has none. */
function isOfSts(error: unknown): boolean {
  return isAnswer(error) && !isServiceError(error, 'Unknown');
}

/** STS is out of order, something else answered in its place, or the SDK finds no address in its settings. */
function unusable(error: unknown): ActionError {
  const { message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  if (isTransient(error) && isOfSts(error)) {
    return new ActionError(
      `AWS STS has a fault: ${message}`,
      'Run the workflow job again. https://health.aws.amazon.com shows whether AWS has a problem.',
      { cause: error },
    );
  }
  const status = $metadata?.httpStatusCode;
  return new ActionError(
    `AWS STS cannot be asked, or the answer is not one of AWS: ${status === undefined ? message : `HTTP ${status}.`}`,
    'Check "aws-region" and, in the environment, AWS_ENDPOINT_URL, AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT. A ' +
      'proxy or firewall may have answered in the place of AWS.',
    { cause: error },
  );
}
