/** The command line: `npm run bench -- [NAME…] [--rounds N] [--quick] [--alone] [--to FOLDER] [--page]`. */

export interface Options {
  /** Of scenarios. */
  readonly names: readonly string[];
  readonly rounds: number;
  /** Small sizes, one round, no warm-up: whether the bench works. */
  readonly quick: boolean;
  /** Nothing is fetched, and no peer, S3 server or distance is used. */
  readonly alone: boolean;
  /** The folder of the page and its data. */
  readonly to: string | undefined;
  /** Only writes the page and the picture anew, from the results that are there. */
  readonly page: boolean;
}

export class UsageError extends Error {}

const ROUNDS = 3;

/** `known`: names of scenarios. Throws a UsageError. */
export function readOptions(words: readonly string[], known: readonly string[]): Options {
  const names: string[] = [];
  let options: Omit<Options, 'names'> = { rounds: 0, quick: false, alone: false, to: undefined, page: false };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--quick' || word === '--alone' || word === '--page') options = { ...options, [word.slice(2)]: true };
    else if (word === '--rounds') options = { ...options, rounds: readRounds(rest.shift()) };
    else if (word === '--to') options = { ...options, to: readFolder(rest.shift()) };
    else if (known.includes(word)) names.push(word);
    else throw new UsageError(`There is no scenario or flag ${word}. Scenarios: ${known.join(', ')}.`);
  }
  const rounds = options.rounds || (options.quick ? 1 : ROUNDS);
  if (options.quick && options.to === undefined && !options.page)
    throw new UsageError('--quick measures nothing that is worth a page: name another folder by --to.');
  return { ...options, rounds, names: names.length === 0 ? known : known.filter((name) => names.includes(name)) };
}

function readRounds(word: string | undefined): number {
  if (word === undefined || !/^[1-9]\d?$/.test(word)) throw new UsageError('--rounds needs a number from 1 to 99.');
  return Number(word);
}

function readFolder(word: string | undefined): string {
  if (word === undefined || word.startsWith('--')) throw new UsageError('--to needs a folder.');
  return word;
}
