/** Parts of a stage that are done at once. */

/**
 * Begins all parts with a signal of their own and waits for them. At the first failure the others are aborted and waited
 * for, so that nothing is under way any more when that failure is thrown.
 */
export async function together<const T extends readonly unknown[]>(
  outer: AbortSignal,
  begin: (signal: AbortSignal) => T,
): Promise<{ -readonly [part in keyof T]: Awaited<T[part]> }> {
  const failed = new AbortController();
  const parts = begin(AbortSignal.any([outer, failed.signal]));
  try {
    return await Promise.all(parts);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(parts);
    throw error;
  }
}
