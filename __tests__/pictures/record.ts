/** The pictures of docs/seen.md, with the text of each beside it, and the hashes of both. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'pictures');

/** Those that runs of the action show, and those of the SageMaker SDK. */
export const OWN = ['log', 'page', 'comment', 'annotation', 'failure', 'gate'] as const;
export const PICTURES: readonly string[] = [...OWN, 'sdk', 'sdk-failure'];

export interface PictureRecord {
  readonly text: string;
  readonly picture: string;
}

/** Name → SHA-256 of the text and of the picture that was made of it. */
export function recordsOf(): Readonly<Record<string, PictureRecord>> {
  const file = join(FOLDER, 'pictures.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, PictureRecord>) : {};
}

export function textOf(name: string): string {
  return readFileSync(join(FOLDER, `${name}.txt`), 'utf8');
}

export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
