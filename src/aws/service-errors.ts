/** Classifies errors of AWS calls. */

import { ActionError, addKnown } from '../core/errors.ts';

/** AWS cannot be asked for want of credentials. */
export class NoCredentials extends ActionError {
  override readonly name = 'NoCredentials';
}

/** Whether the same call may succeed later: no answer, a fault of the service, or throttling. */
export function isTransient(error: unknown): error is Error {
  if (!(error instanceof Error) || error.name === 'AbortError') return false;
  if (error instanceof ActionError && isTransient(error.cause)) return true;
  // A load balancer's page is no answer of the service, so the SDK cannot read it.
  if ((statusOf(error) ?? 0) >= 500) return true;
  if (!('$fault' in error)) return 'code' in error || error.name === 'TimeoutError';
  return error.$fault === 'server' || isThrottled(error) || isClockError(error);
}

/**
 * Whether the service was asked too often, by whomever in the account. The SDK takes IAM's and ECR's LimitExceededException for
 * the same, but those are about how much there may be, and another attempt does not help.
 */
export function isThrottled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return statusOf(error) === 429 || /Throttl|TooManyRequests|SlowDown|RequestLimitExceeded/.test(error.name);
}

/** What services say of a request that was signed at a wrong time: those that the SDK knows, which adds more. */
const CLOCK =
  /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|SignatureDoesNotMatch|InvalidSignatureException)$/;

/**
 * Whether this machine's clock is wrong: the SDK has learned the right time from the answer, for the next call. It says so of
 * every error while the clock is wrong.
 */
export function isClockError(error: Error): boolean {
  const { $metadata } = error as { $metadata?: { clockSkewCorrected?: boolean } };
  return $metadata?.clockSkewCorrected === true && CLOCK.test(error.name);
}

/** The HTTP status of the answer. Undefined if there was none. */
export function statusOf(error: unknown): number | undefined {
  const known = error as { $metadata?: { httpStatusCode?: number } } | undefined;
  return known?.$metadata?.httpStatusCode;
}

/** Whether a service answered, with any error. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && '$fault' in error;
}

/**
 * Whether the service refused the request and so did nothing. False if the SDK retried: the service may have carried out an
 * attempt whose answer was lost.
 */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error && '$fault' in error && '$metadata' in error)) return false;
  return error.$fault === 'client' && (error.$metadata as { attempts?: number }).attempts === 1;
}

/** Whether the credentials have expired: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export function isExpired(error: unknown): error is Error {
  return isServiceError(error, 'ExpiredTokenException', 'ExpiredToken', 'ExpiredTokenError');
}

/** Whether a service answered with one of these errors. */
export function isServiceError(error: unknown, ...names: readonly string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

/** Notes which service's operation failed so, and what to do. `operation`: `ListObjectsV2`. */
export function explainCall(error: unknown, service: string, operation: string): void {
  if (!(error instanceof Error) || error.name === 'AbortError') return;
  // These name what they are about themselves, which is not this call.
  if (error instanceof NoCredentials || (error instanceof ActionError && isAnswer(error))) return;
  const hint = error instanceof ActionError ? undefined : remedyOf(error, operation);
  addKnown(error, { from: `${service} (${operation})`, hint });
}

function remedyOf(error: Error, operation: string): string {
  const { name, message } = error;
  if (isExpired(error))
    return 'The AWS credentials of the step have expired. Set "role-to-assume": the action then renews them for as long as the step runs.';
  if (isTransient(error))
    return 'Run the workflow job again. https://health.aws.amazon.com shows whether AWS has a problem.';
  if (CLOCK.test(name)) return "Correct the machine's clock, or the secret of the credentials.";
  if (isDenied(error)) {
    const [, action = operation] = /not authorized to perform: (\w+:\w+)/.exec(message) ?? [];
    return `Allow the credentials of the step ${action}. docs/aws-policies.md has all that the action needs.`;
  }
  return 'The message is that of AWS. Correct the input that it names. If it names none, the action has a fault: please report it.';
}

/** Whether a policy refused the call. An answer to HEAD has no text, only the status. */
export function isDenied(error: unknown): boolean {
  if (isServiceError(error, 'AccessDenied', 'AccessDeniedException', 'Forbidden')) return true;
  return statusOf(error) === 403;
}
