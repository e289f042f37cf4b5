/** Bytes that arrive in chunks, taken in pieces of the reader's own. */
export class Bytes {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** From one byte to so many; none at the end. */
  async some(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return this.#rest;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** So many bytes, or what there is before the end; undefined where that is nothing. */
  async exactly(length: number): Promise<Buffer | undefined> {
    const first = await this.some(length);
    if (first.length === length || first.length === 0) return first.length === 0 ? undefined : first;
    const pieces = [first];
    for (let left = length - first.length; left > 0; ) {
      const piece = await this.some(left);
      if (piece.length === 0) break;
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Leaves out so many bytes; an end before that is no error. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      const piece = await this.some(left);
      if (piece.length === 0) return;
      left -= piece.length;
    }
  }
}

/** The same bytes in pieces of at least `least` bytes, but for the last one. */
export async function* inPieces(chunks: AsyncIterable<Buffer>, least: number): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    gathered.push(chunk);
    length += chunk.length;
    if (length < least) continue;
    yield Buffer.concat(gathered, length);
    [gathered, length] = [[], 0];
  }
  if (length > 0) yield Buffer.concat(gathered, length);
}
