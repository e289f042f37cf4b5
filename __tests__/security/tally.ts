/** Counts what was tried against the action, and what got through: each file of this folder prints its table. */
import { afterAll, expect, it } from 'vitest';

interface Row {
  readonly kind: string;
  tried: number;
  through: number;
}

/** What was seen of an attack that got through; true where there is nothing to add. */
type Answer = boolean | string;

/** The attacks of one heading. Call it once at the top of a test file. */
export class Tally {
  readonly #rows: Row[] = [];

  constructor(heading: string) {
    afterAll(() => console.log(this.#table(heading)));
  }

  /**
   * One test for each input of a kind of attack. `reaches` does what an attacker would, and answers whether, or by which
   * sign, the attack got through; what it throws is a failure of the test.
   */
  attack<T>(kind: string, inputs: readonly T[], reaches: (input: T) => Answer | Promise<Answer>): void {
    const row = { kind, tried: 0, through: 0 };
    this.#rows.push(row);
    it.each(inputs.map((input) => [input] as const))(`${kind}: %j`, async (input) => {
      row.tried += 1;
      const through = await reaches(input);
      if (through !== false) row.through += 1;
      expect(through, 'the attack got through').toBe(false);
    });
  }

  #table(heading: string): string {
    const rows = this.#rows.map(({ kind, tried, through }) => `| ${kind} | ${tried} | ${through} |`);
    const sum = (pick: (row: Row) => number): number => this.#rows.reduce((all, row) => all + pick(row), 0);
    const last = `| **all** | ${sum(({ tried }) => tried)} | ${sum(({ through }) => through)} |`;
    return [`| ${heading} | inputs tried | got through |`, '|---|---|---|', ...rows, last].join('\n');
  }
}
