/** Reads which folders of a repository are submodules: https://git-scm.com/docs/gitmodules */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { absent } from './absent.ts';
import { isInside } from './paths.ts';

/** The rest of a longer file is not read. */
const LONGEST = 1024 * 1024;

/** The absolute paths of a repository's submodules. None without a `.gitmodules`. Leaves out paths that lead out of it. */
export async function submodulesOf(repository: string): Promise<string[]> {
  const text = await beginningOf(resolve(repository, '.gitmodules'));
  const paths = modulePaths(text).map((path) => resolve(repository, path));
  return paths.filter((path) => path !== repository && isInside(path, repository));
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path).catch(absent);
  if (file === undefined) return '';
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LONGEST), 0, LONGEST, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  } finally {
    await file.close();
  }
}

/** The values of `path`, read as git reads them: https://git-scm.com/docs/git-config#_syntax. Skips what it cannot read. */
export function modulePaths(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/\\\r?\n/g, '')
    .split('\n')
    .flatMap((line) => {
      const [, value] = /^\s*(?:\[[^\]]*\]\s*)?path\s*=(.*)$/is.exec(line) ?? [];
      const path = value === undefined ? '' : unquoted(value.trim());
      return path === '' ? [] : [path];
    });
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

/** Without its quotes, escapes, and the comment after it. */
function unquoted(text: string): string {
  let [value, quoted, kept] = ['', false, 0];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '"') quoted = !quoted;
    else if (!quoted && (sign === '#' || sign === ';')) break;
    else if (sign === '\\') {
      at += 1;
      value += ESCAPED[text.charAt(at)] ?? text.charAt(at);
    } else value += sign;
    if (quoted || !/\s/.test(sign)) kept = value.length;
  }
  return value.slice(0, kept);
}
