/**
 * Reads an object to its end, although connections may break on the way. The SDK makes a call again only until its answer begins: what
 * comes then is a stream. So the rest is asked for by its range, of the same object by its ETag.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** After so many breaks in a row without a byte between them, the error is thrown. */
const MOST_BREAKS = 5;
const PAUSE_MS = 500;

/** An answer that has begun. */
export interface BegunObject {
  readonly body: Readable;
  /** Bytes. */
  readonly size: number;
  /** The object from this byte on, in a new answer. */
  readonly from: (byte: number) => Promise<Readable>;
  /** Called for each break. */
  readonly onBreak: () => void;
}

export function wholeObject(begun: BegunObject, signal: AbortSignal): Readable {
  const whole = Readable.from(parts(begun, signal), { objectMode: false });
  // A generator that nobody began to read ends without a word.
  return whole.once('close', () => begun.body.destroy());
}

async function* parts({ body: first, size, from, onBreak }: BegunObject, signal: AbortSignal): AsyncGenerator<Buffer> {
  let [body, read, breaks] = [first, 0, 0];
  while (true) {
    try {
      for await (const part of body) {
        read += (part as Buffer).length;
        breaks = 0;
        yield part as Buffer;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      breaks += 1;
      // With all bytes there, what is wrong is their checksum.
      if (read >= size || breaks > MOST_BREAKS) throw error;
      onBreak();
    }
    await sleep(PAUSE_MS * (breaks - 1), undefined, { signal });
    body = await from(read);
  }
}
