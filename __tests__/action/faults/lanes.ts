/** Some stand-ins, of which each trial has one for itself. */
import { StandIn } from '../stand-in.ts';
import { prepareInput } from './task.ts';

export class Lanes {
  readonly #free: StandIn[];
  readonly #waiting: ((aws: StandIn) => void)[] = [];
  readonly #all: readonly StandIn[];

  private constructor(all: readonly StandIn[]) {
    this.#all = all;
    this.#free = [...all];
  }

  static async open(count: number): Promise<Lanes> {
    const all = await Promise.all(Array.from({ length: count }, () => StandIn.start(['--time-scale', '0.01'])));
    await Promise.all(all.map(prepareInput));
    return new Lanes(all);
  }

  async use<T>(work: (aws: StandIn) => Promise<T>): Promise<T> {
    const aws = this.#free.pop() ?? (await new Promise<StandIn>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(aws);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(aws);
      else next(aws);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((aws) => aws.stop()));
  }
}
