import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../src/core/log-lines.ts';
import { LastLines } from '../../src/failure/last-lines.ts';

const lines = (...texts: string[]): LogLine[] => texts.map((text, at) => ({ at, text }));

describe('the last lines', () => {
  it('are kept by instance, in order, whatever the pieces in which they came', () => {
    const kept = new LastLines();
    kept.accept({ host: 'algo-2', instance: 1, lines: lines('a') });
    kept.accept({ host: 'algo-1', instance: 0, lines: lines('b', 'c') });
    kept.accept({ host: 'algo-2', instance: 1, lines: lines('d') });
    expect(kept.instances.map(({ host, lines }) => [host, ...lines.map(({ text }) => text)])).toEqual([
      ['algo-1', 'b', 'c'],
      ['algo-2', 'a', 'd'],
    ]);
  });

  const size = (kept: LastLines): number =>
    kept.instances.flatMap(({ lines }) => lines).reduce((sum, { text }) => sum + text.length + 64, 0);

  it.each([
    ['long lines', 'x'.repeat(200_000), 500],
    ['short lines', 'x', 100_000],
    ['almost empty lines', '', 100_000],
  ])('take little memory: %s', (_, text, count) => {
    const kept = new LastLines();
    for (let at = 0; at < count; at += 50) {
      const some = Array.from({ length: 50 }, (_, index) => `${at + index} ${text}`);
      kept.accept({ host: 'algo-1', instance: 0, lines: lines(...some) });
    }
    expect(size(kept)).toBeLessThan(300_000);
    expect(kept.instances[0]?.lines.at(-1)?.text).toMatch(new RegExp(`^${count - 1} `));
    expect(kept.instances[0]?.lines.length).toBeGreaterThan(10);
  });

  it('of many instances together too', () => {
    const kept = new LastLines();
    const many = lines(...Array.from({ length: 200 }, () => 'x'.repeat(1_000)));
    for (let round = 0; round < 2; round += 1)
      for (let instance = 0; instance < 1_000; instance += 1)
        kept.accept({ host: `algo-${instance + 1}`, instance, lines: many });
    expect(kept.instances).toHaveLength(1_000);
    expect(size(kept)).toBeLessThan(20_000_000);
    expect(kept.instances.every(({ lines }) => lines.length > 3)).toBe(true);
  });
});
