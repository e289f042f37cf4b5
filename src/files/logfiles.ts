/** The workers' log on the runner: `logs0`, `logs1`, … by instance number; a restarted instance's lines follow the earlier. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from './extract.ts';

export type AppendLog = (instance: number, lines: readonly string[]) => void;

/** Makes the folder anew; the function appends lines at once, so that none is lost when the process is killed. */
export async function openLogFiles(folder: string): Promise<AppendLog> {
  await emptyFolder(folder);
  return (instance, lines) =>
    appendFileSync(join(folder, `logs${instance}`), lines.map((line) => `${line}\n`).join(''));
}
