/**
 * Assumes a role with an OIDC token, and again before each session expires, so that a step can follow a job for longer
 * than a session lasts: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@aws-sdk/types';
import { ActionError } from '../core/errors.ts';
import type { Network } from '../network/network.ts';
import type { Connection, Credentials } from './connection.ts';
import { endpointVariants } from './endpoint-variants.ts';
import { RequestHandler } from './request-handler.ts';
import { Retries } from './retries.ts';
import { isAnswer, isServiceError, isTransient, NoCredentials, statusOf } from './service-errors.ts';

/** The SDK asks for new credentials when less than 5 minutes are left, so this must be longer. */
const EARLY_MS = 6 * 60_000;
/** When the role could not be assumed again, the session that still lasts is used for so long, before the next attempt. */
const AGAIN_MS = 30_000;

export interface AssumedRole {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly region: string;
  readonly network: Network;
  /** A fresh OIDC token. */
  readonly token: () => Promise<string>;
  /** Called with secrets before any code can print them. */
  readonly mask: (secrets: readonly string[]) => void;
  /** Told of trouble with STS, as often as it happens. */
  readonly tell: (line: string) => void;
}

/** `expiration`: by this machine's clock, even if that is wrong. */
interface Session extends AwsCredentialIdentity {
  readonly expiration: Date;
}

/**
 * Returns a provider with one session for all clients. The provider throws a NoCredentials if the role cannot be
 * assumed, and no session of it lasts.
 */
export function assumedRole(role: AssumedRole): NonNullable<Credentials> {
  let session: Session | undefined;
  let usedUntil = 0;
  let pending: Promise<Session> | undefined;
  const end = (accessKeyId: string): void => {
    if (session?.accessKeyId !== accessKeyId) return;
    usedUntil = 0;
    // The SDK's clients keep this date.
    session.expiration.setTime(0);
  };
  const provider = async (): Promise<Session> => {
    if (session !== undefined && Date.now() < usedUntil) return session;
    pending ??= assume(role).finally(() => {
      pending = undefined;
    });
    try {
      session = await pending;
      usedUntil = session.expiration.getTime() - EARLY_MS;
    } catch (error) {
      const ends = session?.expiration.getTime() ?? 0;
      if (session === undefined || Date.now() >= ends) throw error;
      usedUntil = Math.min(Date.now() + AGAIN_MS, ends);
    }
    return session;
  };
  return Object.assign(provider, { end });
}

async function assume({ roleArn, sessionName, region, network, token, mask, tell }: AssumedRole): Promise<Session> {
  const retryStrategy = new Retries(() => 'STS', tell);
  const requestHandler = new RequestHandler(network);
  const sts = new STSClient({ region, retryStrategy, requestHandler, ...endpointVariants(process.env) });
  let answered = Number.NaN;
  sts.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      answered = timeOf(result.response);
      return result;
    },
    { step: 'deserialize' },
  );
  try {
    const request = { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: await token() };
    const { Credentials: credentials } = await sts.send(new AssumeRoleWithWebIdentityCommand(request));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
    if (!(AccessKeyId && SecretAccessKey && SessionToken && Expiration))
      throw new Error('STS answered without credentials.');
    mask([AccessKeyId, SecretAccessKey, SessionToken]);
    // Both times are by the clock of STS, so that it does not matter what this machine's says.
    const lasts = Expiration.getTime() - (Number.isNaN(answered) ? Date.now() : answered);
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: new Date(Date.now() + lasts),
    };
  } catch (error) {
    if (error instanceof ActionError && isTransient(error)) throw error;
    if (error instanceof ActionError) throw new NoCredentials(error.message, error.hint, { cause: error.cause });
    if (isTransient(error) || !isOfSts(error)) throw unusable(error);
    throw new NoCredentials(
      `The role ${roleArn} (role-to-assume) cannot be assumed: ${(error as Error).message}`,
      "The role's trust policy must allow the account's provider token.actions.githubusercontent.com, with the audience " +
        'sts.amazonaws.com and this repository. docs/aws.md shows how to create such a role.',
      { cause: error },
    );
  } finally {
    retryStrategy.close();
    sts.destroy();
  }
}

/** When the service answered, in milliseconds since 1970, by its own clock. NaN if the answer does not say so. */
function timeOf(response: unknown): number {
  const { headers } = response as { headers?: Readonly<Record<string, string>> };
  return Date.parse(headers?.['date'] ?? '');
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

function refused(error: unknown): NoCredentials {
  const { message } = error as Error;
  return new NoCredentials(
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
function unusable(error: unknown): NoCredentials {
  const { message } = error as Error;
  if (isTransient(error) && isOfSts(error)) {
    return new NoCredentials(
      `AWS STS has a fault: ${message}`,
      'Run the workflow job again. https://health.aws.amazon.com shows whether AWS has a problem.',
      { cause: error },
    );
  }
  const status = statusOf(error);
  return new NoCredentials(
    `AWS STS cannot be asked, or the answer is not one of AWS: ${status === undefined ? message : `HTTP ${status}.`}`,
    'Check "aws-region" and, in the environment, AWS_ENDPOINT_URL, AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT. A ' +
      'proxy or firewall may have answered in the place of AWS.',
    { cause: error },
  );
}
