/** Which file of the code archive a program on the worker means. The path is foreign text, and is only compared. */

import type { LocalFile } from '../core/local-file.ts';
import type { Frame } from './traceback.ts';

/** The folder of the code on the worker, which is the working directory too. Where the stand-in isolates nothing, more is before it. */
const CODE = '/opt/ml/code/';
/** Installed copies, also those of the repository's own package. */
const INSTALLED = /(?:^|\/)(?:site|dist)-packages\//;

/** The path in the code archive. Undefined for a path elsewhere, and for what is no file, as `<string>`. */
export function archivePath(printed: string): string | undefined {
  if (printed.startsWith('<') || INSTALLED.test(printed)) return undefined;
  const at = printed.indexOf(CODE);
  if (at < 0 && printed.startsWith('/')) return undefined;
  const parts: string[] = [];
  for (const part of (at < 0 ? printed : printed.slice(at + CODE.length)).split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.length === 0 ? undefined : parts.join('/');
}

/** The first frame whose file is in the archive. `code`: path in the archive → file. */
export function firstInCode(
  frames: readonly Frame[],
  code: ReadonlyMap<string, LocalFile>,
): { readonly file: LocalFile; readonly line: number } | undefined {
  for (const { path, line } of frames) {
    const file = code.get(archivePath(path) ?? '');
    if (file !== undefined) return { file, line };
  }
  return undefined;
}
