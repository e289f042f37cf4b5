/** What was tried in a full run and how it ended, for the table of docs/reliability.md. */
import type { Trial } from './plan.ts';
import type { Story } from './scenario.ts';

export interface Tried extends Pick<Trial, 'failing' | 'kill' | 'post'> {
  /** Of the step: its results were whole, it ended with an error, or its process was ended. */
  readonly ended: 'whole' | 'error' | 'killed';
  readonly broken: readonly string[];
}

export function triedOf({ failing, kill, post }: Trial, { main }: Story, broken: readonly string[]): Tried {
  const ended = main.code === 0 ? 'whole' : kill === undefined ? 'error' : 'killed';
  return { failing, ...(kill && { kill }), ...(post && { post }), ended, broken };
}
