/** Classifies errors of AWS calls. */

/** Whether the same call may succeed later: no answer, a fault of the service, or throttling. */
export function isTransient(error: unknown): error is Error {
  if (!(error instanceof Error) || error.name === 'AbortError') return false;
  if (!('$fault' in error)) return 'code' in error || error.name === 'TimeoutError';
  return error.$fault === 'server' || isThrottled(error) || hadWrongTime(error);
}

/** Whether the service was asked too often, by whomever in the account. */
export function isThrottled(error: unknown): boolean {
  return error instanceof Error && /Throttl|TooManyRequests|SlowDown/.test(error.name);
}

/** Whether this machine's clock is wrong: the SDK has learned the right time from the answer, for the next call. */
function hadWrongTime(error: object): boolean {
  const { $metadata } = error as { $metadata?: { clockSkewCorrected?: boolean } };
  return $metadata?.clockSkewCorrected === true;
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
