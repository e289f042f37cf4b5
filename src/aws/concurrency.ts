/** How much is done at once: so many pieces of work, and so many bytes in memory. */

/** So many bytes at once, whoever reads them: work waits until there is room for what it reads. */
export class Budget {
  readonly #most: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  #used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Runs the work with room for its bytes; more than all there is gets all there is. */
  async hold<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const held = Math.min(bytes, this.#most);
    await this.#take(held);
    try {
      return await work();
    } finally {
      this.#used -= held;
      this.#startNext();
    }
  }

  /** In the order of asking. */
  async #take(bytes: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push({ bytes, start: resolve });
      this.#startNext();
    });
  }

  #startNext(): void {
    for (let [next] = this.#waiting; next && this.#used + next.bytes <= this.#most; [next] = this.#waiting) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.start();
    }
  }
}

/** Runs `work` on each item, so many at once; after a failure nothing new is begun, and what was begun is waited for. */
export async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
