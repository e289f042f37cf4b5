/** Tolerates a service that does not answer for a while, because the job goes on meanwhile. */

import { isTransient } from '../aws/service-errors.ts';

/** A shorter outage is not printed. */
const PRINTED_MS = 10_000;
const LONGEST_MS = 15 * 60_000;

export class OutageTolerance {
  readonly #service: string;
  readonly #print: (line: string) => void;
  #since: number | undefined;
  #printed = false;

  constructor(service: string, print: (line: string) => void) {
    this.#service = service;
    this.#print = print;
  }

  /**
   * Makes the call. Undefined if the service does not answer. Throws errors that are not transient or last too long.
   */
  async tolerate<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await call();
      if (this.#printed) this.#print(`${this.#service} answers again.`);
      this.#since = undefined;
      this.#printed = false;
      return result;
    } catch (error) {
      if (!isTransient(error)) throw error;
      this.#since ??= Date.now();
      const lasted = Date.now() - this.#since;
      if (lasted > LONGEST_MS) throw error;
      if (!this.#printed && lasted >= PRINTED_MS) {
        this.#printed = true;
        const reason = error.message.replace(/\.$/, '');
        this.#print(`${this.#service} does not answer: ${reason}. The job goes on, and the step tries again …`);
      }
      return undefined;
    }
  }
}
