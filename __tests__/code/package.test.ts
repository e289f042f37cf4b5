/** Which pyproject.toml is that of a package, by the table that the launcher is tested with. */
import { describe, expect, it } from 'vitest';
import { describesPackage } from '../../src/code/package.ts';
import texts from './pyproject.json' with { type: 'json' };

describe('a pyproject.toml', () => {
  it.each(Object.entries(texts.package))('describes a package: %s', (_what, text) => {
    // As a file is read.
    expect(describesPackage(text.replace(/^\uFEFF/, ''))).toBe(true);
  });

  it.each(Object.entries(texts.other))('describes none: %s', (_what, text) => {
    expect(describesPackage(text)).toBe(false);
  });
});
