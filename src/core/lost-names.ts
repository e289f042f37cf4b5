/**
 * Finds the names of files and modules that a worker did not find, in what programs print about it. The text is foreign: a
 * name is only compared with paths of the repository, never used as a path.
 */

/** Something that a program of the job looked for. Paths have slashes and neither `.` nor `..`. */
export type Lost =
  | { readonly kind: 'module'; readonly path: string }
  /** A path in the code folder. `isAbove`: it began with `..`. */
  | { readonly kind: 'file'; readonly path: string; readonly isAbove: boolean }
  /** A path in the folder of an input channel; empty for the folder itself. */
  | { readonly kind: 'input'; readonly channel: string; readonly path: string };

const LONGEST_LINE = 2_000;
const MOST = 20;

const MODULE = /\bNo module named '?([\p{L}_][\p{L}\p{N}_.]*)'?/u;
const NAME_OF_MODULE = /\bcannot import name '([\p{L}\p{N}_]+)' from '([\p{L}\p{N}_.]+)'/u;
/** What Python, shells and their programs print: https://man7.org/linux/man-pages/man3/errno.3.html, ENOENT. */
const FILE =
  /no such file|can(?:'t|not) (?:open|access|stat|find|load|read)|could not (?:open|find)|not found|does not exist|doesn't exist/i;

/** Whether a line may name something that was not found. */
export function isAboutLost(line: string): boolean {
  const start = line.slice(0, LONGEST_LINE);
  return MODULE.test(start) || NAME_OF_MODULE.test(start) || FILE.test(start);
}

/** The names in a text, those of its last line first. At most `MOST`. */
export function lostNames(text: string): Lost[] {
  const lines = text.split('\n').reverse();
  const all = lines.flatMap((line) => namesIn(line.slice(0, LONGEST_LINE).trim()));
  const once = new Map(all.map((lost) => [JSON.stringify(lost), lost]));
  return [...once.values()].slice(0, MOST);
}

function namesIn(line: string): Lost[] {
  const [, module] = MODULE.exec(line) ?? [];
  const [, name, from] = NAME_OF_MODULE.exec(line) ?? [];
  const modules = [module, from === undefined ? undefined : `${from}.${name}`].flatMap((each) => each ?? []);
  const found = modules.map((each): Lost => ({ kind: 'module', path: modulePath(each) }));
  return FILE.test(line) ? [...found, ...pathsIn(line).flatMap(lostFile)] : found;
}

/** `python -m churn` says that `churn.__main__` is missing. */
function modulePath(module: string): string {
  return module
    .split('.')
    .filter(Boolean)
    .join('/')
    .replace(/\/__main__$/, '');
}

/** What is in quotes; else what stands before or after the words that say it. */
function pathsIn(line: string): string[] {
  const quoted = [...line.matchAll(/(?<![\p{L}\p{N}])'([^']+)'|"([^"]+)"|\u2018([^\u2019]+)\u2019/gu)];
  if (quoted.length > 0) return quoted.map(([, single, double, curly]) => single ?? double ?? curly ?? '');
  const parts = line.split(/:\s+/);
  const at = parts.findIndex((part) =>
    /^(?:\[Errno 2\] )?(?:no such file|(?:file )?not found|does not exist)/i.test(part),
  );
  const around = at < 0 ? parts.slice(-1) : [parts[at - 1] ?? '', parts[at + 1] ?? ''];
  return around.map((part) =>
    part.replace(/^.*?can(?:'t|not) (?:open|access|stat|find|load|read)(?: file)? /, '').trim(),
  );
}

function lostFile(given: string): Lost[] {
  const input = /^\/opt\/ml\/input\/data\/([^/]+)(?:\/(.*))?$/s.exec(given);
  const path = given.replace(/^\/opt\/ml\/code\//, '');
  const { parts, isAbove } = partsOf(input === null ? path : (input[2] ?? ''));
  if (input?.[1] !== undefined) return [{ kind: 'input', channel: input[1], path: parts.join('/') }];
  return path.startsWith('/') || parts.length === 0 ? [] : [{ kind: 'file', path: parts.join('/'), isAbove }];
}

function partsOf(path: string): { readonly parts: readonly string[]; readonly isAbove: boolean } {
  const parts: string[] = [];
  let isAbove = false;
  for (const part of path.split('/')) {
    if (part === '..') isAbove = parts.pop() === undefined || isAbove;
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return { parts, isAbove };
}
