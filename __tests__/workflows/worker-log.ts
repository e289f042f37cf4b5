/** What workers printed, and what came back, by the log of a workflow whose last step shows it. */
import { expect } from 'vitest';

/** What an instance of the nth job printed, where several print: their lines begin with their names. */
export function printed(log: string, job: number, host: string): string {
  const lines = log.split(/^Started \S+ on /m)[job]?.split('\n') ?? [];
  const own = lines.filter((line) => line.startsWith(`[${host}] `)).map((line) => line.slice(host.length + 3));
  return own.join('\n');
}

/** The lines of a logger; what it logged after a line's end is left out. */
export function logged(text: string, logger: string): string[] {
  const start = `INFO:${logger}:`;
  return text.split('\n').flatMap((line) => (line.startsWith(start) ? line.slice(start.length) : []));
}

/** Name → size of the files that `ls -la -R` showed in the folder, the last time that it did. */
export function listed(text: string, folder: string): Record<string, number> {
  const section = text.split(`${folder}:\ntotal `).slice(1).at(-1)?.split('\n\n')[0];
  expect(section, `a listing of ${folder}`).toBeDefined();
  const files = (section ?? '').matchAll(/^-\S+ +\d+ +\S+ +\S+ +(\d+) .* (\S+)$/gm);
  return Object.fromEntries([...files].map(([, size, name = '']) => [name, Number(size)]));
}

/** Path → text of the files below a folder of results, as the workflow's last step shows them; "" where it shows none. */
export function cameBack(log: string, folder: string): Record<string, string> {
  const lines = log.matchAll(new RegExp(`^${folder}/([^:\n]+)(?::(.*))?$`, 'gm'));
  return Object.fromEntries([...lines].map(([, path = '', text = '']) => [path, text]));
}

/** A record of the same value under several names. */
export const each = <T>(names: readonly string[], value: T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, value]));
