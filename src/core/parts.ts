/** How a large file is cut: the parts are hashed, and sent, each by itself. */

const MIB = 1024 * 1024;
/** In bytes. A file of at most so many bytes is one part. */
export const SMALLEST_PART = 8 * MIB;
const MOST_PARTS = 10_000;

export interface FilePart {
  /** From 1. */
  readonly number: number;
  readonly start: number;
  readonly length: number;
}

/**
 * The parts of a file of `size` bytes, as S3 allows them: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 * The size alone decides, so that a resumed upload has the same parts.
 */
export function partsOf(size: number): FilePart[] {
  const partSize = Math.max(SMALLEST_PART, Math.ceil(size / MOST_PARTS / MIB) * MIB);
  return Array.from({ length: Math.ceil(size / partSize) }, (_, at) => {
    const start = at * partSize;
    return { number: at + 1, start, length: Math.min(partSize, size - start) };
  });
}
