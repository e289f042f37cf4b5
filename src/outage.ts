/** A service that does not answer for a while: a job goes on meanwhile, so its follower does too. */
import { isPassing } from './aws/clients.ts';

const LONGEST_MS = 15 * 60_000;

export class Outage {
  readonly #service: string;
  readonly #tell: (line: string) => void;
  #since: number | undefined;

  constructor(service: string, tell: (line: string) => void) {
    this.#service = service;
    this.#tell = tell;
  }

  /** What the call gives; undefined while the service does not answer. Throws what does not pass, or lasts too long. */
  async sitOut<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      const given = await call();
      if (this.#since !== undefined) this.#tell(`${this.#service} answers again.`);
      this.#since = undefined;
      return given;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (this.#since === undefined) {
        this.#since = Date.now();
        this.#tell(`${this.#service} does not answer (${error.message}); the job goes on, asking again …`);
      }
      if (Date.now() - this.#since > LONGEST_MS) throw error;
      return undefined;
    }
  }
}
