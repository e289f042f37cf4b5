/** What the hash covers of a context is what Docker itself copies from it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BASE, type BuilderKind, docker, freshName, Runner } from './engine.ts';

const root = mkdtempSync(join(tmpdir(), 'context-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FILES = [
  'a.txt',
  'b.py',
  'c++',
  'a(1).txt',
  'ünï codé',
  '.hidden',
  'sub/a.txt',
  'sub/deep/b.py',
  'sub/deep/keep/x',
];
const IGNORES: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a suffix', '*.txt'],
  ['a suffix anywhere', '**/*.txt'],
  ['all but', '*\n!sub/deep\nsub/deep/b.py'],
  ['a folder, and back', 'sub\n!sub/deep/keep'],
  ['a folder by its slash', '/sub/deep/'],
  ['characters that are not patterns', 'c++\na(1).txt'],
  ['a class', '[ab].*'],
  ['hidden ones', '.*'],
  ['a folder’s contents', 'sub/**'],
  ['the last rule', '!a.txt\n*.txt\n# !b.py\n  b.py  '],
];

/** A line a file, folder or link. */
const LIST = `
import os
for folder, folders, files in os.walk("/context"):
    for name in folders + files:
        path = os.path.join(folder, name)
        shown = "./" + os.path.relpath(path, "/context")
        if os.path.islink(path):
            print("l", shown, os.readlink(path))
        elif os.path.isdir(path):
            print("d", shown)
        else:
            print("x" if os.access(path, os.X_OK) and os.stat(path).st_mode & 0o100 else "f", shown)
`;

import { buildImage } from '../../src/docker/image-commands.ts';
import { scopeOf } from '../../src/files/scope.ts';
import { readBuild } from '../../src/image/read-build.ts';

function contextOf(ignore: string): string {
  const folder = mkdtempSync(join(root, 'context-'));
  for (const path of FILES) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path, { mode: path.endsWith('.py') ? 0o755 : 0o644 });
  }
  mkdirSync(join(folder, 'empty'));
  symlinkSync('a.txt', join(folder, 'link'));
  symlinkSync('/outside/of/all', join(folder, 'sub', 'dangling'));
  writeFileSync(join(folder, '.dockerignore'), ignore);
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${BASE}\nCOPY . /context\n`);
  return folder;
}

describe.each<BuilderKind>(['BuildKit', 'the classic builder'])('a context, as %s reads it', (builder) => {
  it.each(IGNORES)('without %s', async (_, ignore) => {
    const context = contextOf(ignore);
    const read = await readBuild({ dockerfile: context, context: undefined }, scopeOf(root));
    const name = `${freshName()}:1`;
    const env = new Runner({ folder: root }, builder).env;
    const signal = AbortSignal.timeout(60_000);
    const build = {
      ...{ dockerfile: read.text, context, ownIgnore: undefined, buildArgs: new Map(), name, cacheFrom: undefined },
      ...{ platform: 'linux/amd64', buildKit: builder === 'BuildKit' },
    };
    await buildImage(build, { env: { ...process.env, ...env }, onLines: () => {}, signal });
    const copied = docker('run', '--rm', '--network', 'none', name, 'python3', '-c', LIST).trim().split('\n');
    docker('image', 'rm', name);
    const own = [
      ...read.files.map(({ path, executable }) => `${executable ? 'x' : 'f'} ./${path}`),
      ...[...read.linksAndFolders].map(([path, target]) => (target === '/' ? `d ./${path}` : `l ./${path} ${target}`)),
    ].sort();
    // The classic builder's own; an engine of 20.10 forgets to leave it out where it takes a pattern for none.
    expect(own).toEqual(copied.filter((line) => !line.startsWith('f ./.dockerfile.')).sort());
  });
});

describe('a context of which the Dockerfile copies some', () => {
  // Of what every engine reads. Heredocs and later expansions: __tests__/image/dockerfile-buildkit.test.ts
  it.each([
    'ARG D=sub\nENV F=a.txt\nCOPY ${D}/$F ${X:-sub/deep/b}.py /context/',
    'COPY ["ünï codé", "a(1).txt", "/context/"]',
    'COPY [ab].* \\\n# comment\n\n  .hidden /context/',
    'RUN --mount=source=sub/deep,target=/m cp -r /m /context',
  ])('counts what the build copies: %j', async (lines) => {
    const folder = contextOf('');
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${BASE}\n${lines}\n`.replaceAll('\n', '\r\n'));
    const read = await readBuild({ dockerfile: folder, context: undefined }, scopeOf(root));
    const name = `${freshName()}:1`;
    const build = {
      ...{
        dockerfile: read.text,
        context: folder,
        ownIgnore: undefined,
        buildArgs: new Map(),
        name,
        cacheFrom: undefined,
      },
      ...{ platform: 'linux/amd64', buildKit: true },
    };
    const env = { ...process.env, ...new Runner({ folder: root }).env };
    await buildImage(build, { env, onLines: () => {}, signal: AbortSignal.timeout(60_000) });
    const copied = docker('run', '--rm', '--network', 'none', name, 'python3', '-c', LIST).trim().split('\n');
    docker('image', 'rm', name);
    const names = copied.filter((line) => !line.startsWith('d ')).map((line) => basename(line));
    // `${X:-…}` may be of the base image, so everything counts.
    const counts = lines.includes('X') ? expect.arrayContaining(names) : names.sort();
    expect(read.files.map(({ path }) => basename(path)).sort()).toEqual(counts);
  });

  it('is read as far as it is copied', async () => {
    const context = contextOf('**/b.py');
    const dockerfile = `FROM ${BASE}\nCOPY *.txt /\nCOPY sub/deep /deep\n`;
    const read = await readBuild({ dockerfile, context }, scopeOf(root));
    expect(read.files.map(({ path }) => path)).toEqual(['a(1).txt', 'a.txt', 'sub/deep/keep/x']);
  });

  it.each([
    ['COPY link /made', 'a.txt'],
    ['COPY sub/linked /d/', 'sub/deep/keep/x'],
    ['COPY sub/linked/x /made', 'sub/deep/keep/x'],
  ])('by a link, %s, is read to where it leads', async (copy, path) => {
    const context = contextOf('');
    symlinkSync('deep/keep', join(context, 'sub', 'linked'));
    const read = await readBuild({ dockerfile: `FROM ${BASE}\n${copy}\n`, context }, scopeOf(root));
    expect(read.files.map((file) => file.path)).toContain(path);
  });

  it('is not entered where nothing is copied from', async () => {
    const context = contextOf('');
    chmodSync(join(context, 'sub', 'deep'), 0);
    const dockerfile = `FROM ${BASE}\nCOPY a.txt /\n`;
    expect((await readBuild({ dockerfile, context }, scopeOf(root))).files.map(({ path }) => path)).toEqual(['a.txt']);
    chmodSync(join(context, 'sub', 'deep'), 0o755);
  });
});
