/** Prints the lines of a set-up as a collapsed group, unless there are only a few. */

import { endGroup, printForeign, startGroup } from '../github/log.ts';

/** Fewer lines are no group. */
const LEAST_LINES = 3;

interface Held {
  readonly label: string;
  readonly lines: readonly string[];
}

export class SetUpGroup {
  #title = '';
  #held: Held[] = [];
  #isOpen = false;

  /** `title`: of a group that begins with these lines. `label`: before each line. */
  take(title: string, label: string, lines: readonly string[]): void {
    if (this.#isOpen) {
      printForeign(label, lines);
      return;
    }
    if (this.#held.length === 0) this.#title = title;
    this.#held.push({ label, lines });
    if (this.#held.reduce((sum, held) => sum + held.lines.length, 0) >= LEAST_LINES) this.open();
  }

  /** Begins the group with the lines that are held back, however few. */
  open(): void {
    if (this.#held.length === 0) return;
    startGroup(this.#title);
    this.#isOpen = true;
    this.#printHeld();
  }

  /** Ends the group. Lines that are too few for one are printed alone. */
  close(): void {
    this.#printHeld();
    if (this.#isOpen) endGroup();
    this.#isOpen = false;
  }

  #printHeld(): void {
    for (const { label, lines } of this.#held) printForeign(label, lines);
    this.#held = [];
  }
}
