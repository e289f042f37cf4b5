/** A network in which one address of this machine is all that can be reached. It needs root and `ip`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Cell {
  /** The address of this machine as it is seen from inside. */
  readonly address: string;
  /** A command that is Node inside. */
  readonly node: string;
  readonly remove: () => void;
}

/** Undefined where this machine does not allow it. `folder`: where the command is written. */
export function makeCell(folder: string): Cell | undefined {
  // A name and a subnet of their own for each process of tests: 198.18.0.0/15 is for tests of networks, RFC 2544.
  const name = `only-way-${process.pid}`;
  const own = process.pid % 16_384;
  const address = (last: number): string => `198.18.${own >> 6}.${(own % 64) * 4 + last}`;
  const [outside, inside] = [`ow${own}a`, `ow${own}b`];
  const remove = (): void => void ip('netns', 'del', name);
  const made =
    ip('netns', 'add', name) &&
    ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name) &&
    ip('addr', 'add', `${address(1)}/30`, 'dev', outside) &&
    ip('link', 'set', outside, 'up') &&
    ip('-n', name, 'addr', 'add', `${address(2)}/30`, 'dev', inside) &&
    ip('-n', name, 'link', 'set', inside, 'up') &&
    ip('-n', name, 'link', 'set', 'lo', 'up');
  if (!made) {
    remove();
    return undefined;
  }
  const node = join(folder, 'node-inside');
  const command = JSON.stringify(['ip', 'netns', 'exec', name, process.execPath]);
  // Not a shell, which drops variables whose names have a dash: a step's inputs.
  writeFileSync(node, `#!/usr/bin/env python3\nimport os, sys\nos.execvp("ip", [*${command}, *sys.argv[1:]])\n`);
  chmodSync(node, 0o755);
  return { address: address(1), node, remove };
}

function ip(...args: readonly string[]): boolean {
  return spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
}
