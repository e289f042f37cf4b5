/**
 * The workflow log. What comes from a worker is printed while workflow commands are off, so that a line such as
 * `::set-env …` is a line: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
 */
import { randomUUID } from 'node:crypto';
import { endGroup, error, info, notice, setFailed, setSecret, startGroup, warning } from '@actions/core';

export { error, info, notice, setFailed, warning };

/** Registers secrets with the runner before anything can print them. */
export function maskSecrets(secrets: readonly string[]): void {
  for (const secret of secrets) setSecret(secret);
}

/** Runs the work with its messages in a collapsed group. */
export async function inGroup<T>(title: string, work: () => Promise<T>): Promise<T> {
  startGroup(title);
  try {
    return await work();
  } finally {
    endGroup();
  }
}

/** An error at lines of a file, relative to the workspace. */
export function annotateLines(
  file: string,
  { first, last }: { readonly first: number; readonly last: number },
  title: string,
  text: string,
): void {
  error(text, { file, startLine: first, endLine: last, title });
}

/** Prints lines that are not ours, each after the label (if any). The token is fresh, so a line cannot hold it. */
export function printForeign(label: string, lines: readonly string[]): void {
  const token = randomUUID();
  const text = lines.map((line) => `${label}${line}\n`).join('');
  process.stdout.write(`::stop-commands::${token}\n${text}::${token}::\n`);
}
