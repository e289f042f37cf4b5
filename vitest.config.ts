import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Unit tests that a system leaves out, and why. What they test is the same code everywhere; where the system matters, rules
 * take it as a value and are tested for each (`__tests__/core/platform.test.ts`).
 */
const NAMES = 'the disk takes names in upper and lower case for the same';
const SHELL = 'it compares with a POSIX shell';
const LINKS = 'links, FIFOs and permission bits need another system';
const TEXT = 'it is about the text of this repository alone';
const LEFT_OUT: Readonly<Partial<Record<NodeJS.Platform, Readonly<Record<string, string>>>>> = {
  darwin: {
    'files/git-ignore': NAMES,
    'files/tree': NAMES,
    'files/hash': 'it compares with sha256sum',
    'files/tar': 'it compares with GNU tar',
  },
  win32: {
    'files/git-ignore': NAMES,
    'files/tree': NAMES,
    'files/hash': 'it compares with sha256sum',
    'files/tar': 'it compares with GNU tar',
    'files/output-folder': LINKS,
    'config/files': LINKS,
    'code/shell-words': SHELL,
    'job/request': SHELL,
    layers: TEXT,
    'docs/links': TEXT,
    'docs/aws-setup': TEXT,
    bundle: 'its times are those of Linux runners',
  },
};
const leftOut = Object.entries(LEFT_OUT[process.platform] ?? {});
for (const [file, why] of leftOut) process.stderr.write(`Left out here: ${file}.test.ts, because ${why}\n`);

/** Files follow each other in one process, which loads the modules once: no test changes what another one sees. */
const ONE_PROCESS = { isolate: false };

/** Files that take long, mostly by waiting: they come first, since what comes last has nothing beside it. */
const LONG = ['action/faults', 'action/capacity', 'action/credentials', 'action/log', 'security/neighbour'];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.some((name) => moduleId.includes(`/${name}.`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongOnesFirst },
    projects: [
      {
        test: {
          name: 'unit',
          ...ONE_PROCESS,
          include: ['__tests__/**/*.test.ts'],
          exclude: [
            '__tests__/{action,docker,security,workflows}/**',
            '**/node_modules/**',
            ...leftOut.map(([file]) => `__tests__/${file}.test.ts`),
          ],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'action',
          ...ONE_PROCESS,
          include: ['__tests__/action/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'security',
          include: ['__tests__/security/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'docker',
          include: ['__tests__/docker/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'workflows',
          include: ['__tests__/workflows/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
