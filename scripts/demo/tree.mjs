// A folder's files as a tree.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { harmless } from './terminal.mjs';

/** A line a file or folder; hidden ones are left out. */
export function treeOf(folder, indent = '') {
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry, index) => {
    const last = index === entries.length - 1;
    const line = `${indent}${last ? '└── ' : '├── '}${harmless(entry.name)}${entry.isDirectory() ? '/' : ''}`;
    const below = entry.isDirectory() ? treeOf(join(folder, entry.name), `${indent}${last ? '    ' : '│   '}`) : [];
    return [line, ...below];
  });
}
