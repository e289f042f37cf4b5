/**
 * Stands for the bundle: runs it in a mount namespace of its own, after `$MOUNT`, shell lines that mount something at `$OUT`;
 * writes a line `SIZE PATH` to `$LIST` for each file that is there at the end.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const { MOUNT = '', OUT = '', LIST = '' } = process.env;
const stdio = ['ignore', 'inherit', 'inherit'] as const;
if (process.argv[2] !== 'inside') {
  const { status } = spawnSync('unshare', ['-m', process.execPath, import.meta.filename, 'inside'], {
    stdio: [...stdio],
  });
  process.exit(status ?? 1);
}
if (spawnSync('sh', ['-ec', MOUNT], { stdio: [...stdio] }).status !== 0) throw new Error(`"${MOUNT}" failed`);
const bundle = join(import.meta.dirname, '../../dist/index.js');
const { status } = spawnSync(process.execPath, [bundle], { stdio: [...stdio] });
const files = readdirSync(OUT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
writeFileSync(LIST, files.map((path) => `${statSync(path).size} ${relative(OUT, path)}\n`).join(''));
process.exit(status ?? 1);
