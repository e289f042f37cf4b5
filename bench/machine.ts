/** What the runs ran on. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import type { Machine } from './results.ts';

const GIB = 2 ** 30;

export function machine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / GIB),
    system: `${distribution()}, Linux ${release().replace(/-.*/, '')}`,
  };
}

/** How many processes wanted a processor, the average of the last minute. */
export function load(): number {
  return loadavg()[0] ?? 0;
}

/** https://www.freedesktop.org/software/systemd/man/os-release.html */
function distribution(): string {
  const told = readFileSync('/etc/os-release', 'utf8');
  return /^PRETTY_NAME="?(.+?)"?$/m.exec(told)?.[1] ?? 'Linux';
}
