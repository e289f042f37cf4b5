/** Which files of a context count: those that the Dockerfile copies, from texts of any editor. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scopeOf } from '../../src/files/scope.ts';
import type { BuildValues } from '../../src/image/dockerfile/stages.ts';
import { readBuild } from '../../src/image/read-build.ts';

const root = mkdtempSync(join(tmpdir(), 'read-build-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FILES = ['train.py', 'notes.md', 'data/a.csv', 'data/notes.md', 'data/deep/b.csv', 'other/c.csv'];

/** The paths that count, of a folder `image` with these files. */
async function counted(
  texts: Readonly<Record<string, string>>,
  values?: BuildValues,
  link?: readonly [target: string, path: string],
): Promise<string[]> {
  const workspace = mkdtempSync(join(root, 'workspace-'));
  const image = join(workspace, 'image');
  for (const [path, text] of [...FILES.map((path) => [path, path] as const), ...Object.entries(texts)]) {
    mkdirSync(dirname(join(image, path)), { recursive: true });
    writeFileSync(join(image, path), text);
  }
  if (link !== undefined) symlinkSync(link[0], join(image, link[1]));
  const dockerfile = 'Dockerfile' in texts ? 'image' : 'image/train.Dockerfile';
  const read = await readBuild({ dockerfile, context: undefined }, scopeOf(workspace), values);
  return read.files.map(({ path }) => path);
}

const HEREDOC = 'FROM python:3.12-slim\nCOPY <<EOF /etc/filter.conf\nallow = [a-z\nEOF\nCOPY train.py /opt/program/\n';
const windows = (text: string): string => `\uFEFF${text.replaceAll('\n', '\r\n')}`;

describe('the files that count', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['a heredoc', { Dockerfile: HEREDOC }, ['train.py']],
    ['a heredoc, by an editor of Windows', { Dockerfile: windows(HEREDOC) }, ['train.py']],
    ['a variable', { Dockerfile: 'FROM a\nARG D=data/x\nCOPY ${D%/*}/deep /y\n' }, ['data/deep/b.csv']],
    ['a pattern that Docker refuses', { Dockerfile: 'FROM a\nCOPY [a-z /y\n' }, ['Dockerfile', ...FILES].sort()],
    ['an exclude', { Dockerfile: 'FROM a\nCOPY --exclude=**/*.md --exclude=deep data /y\n' }, ['data/a.csv']],
    [
      'an exclude of all',
      { Dockerfile: 'FROM a\nCOPY --exclude=**/*.md --exclude=Dockerfile --exclude=data . /y\n' },
      ['other/c.csv', 'train.py'],
    ],
    ['--parents', { Dockerfile: 'FROM a\nCOPY --parents ./**/b.csv data/./deep/ /y/\n' }, ['data/deep/b.csv']],
    [
      'an ignore file of Windows',
      { Dockerfile: 'FROM a\nCOPY . /y\n', '.dockerignore': windows('# no\n*\n!data\ndata/deep\n  **/*.md  \n') },
      ['data/a.csv'],
    ],
    [
      'an ignore file of its own',
      {
        'train.Dockerfile': 'FROM a\nCOPY . /y\n',
        'train.Dockerfile.dockerignore': windows('*\n!other\n'),
        '.dockerignore': 'other\n',
      },
      ['other/c.csv'],
    ],
    [
      'a file that comes back in an ignore file of Windows',
      { Dockerfile: 'FROM a\nCOPY data/.env /y\n', 'data/.env': 'A=1', '.dockerignore': windows('*.md\n!data/.env\n') },
      ['data/.env'],
    ],
  ])('%s', async (_, texts, paths) => {
    expect(await counted(texts)).toEqual(paths);
  });

  it.each(['# syntax=ghcr.io/team/other:1\nFROM a', 'FROM a\nINCLUDE b', 'FROM a\nRUN <<EOF', 'FROM a\nCOPY "b /y'])(
    'of a Dockerfile that cannot be read are all that is sent: %j',
    async (text) => {
      expect(await counted({ Dockerfile: text, '.dockerignore': 'data\n', '.env': 'A=1' })).toEqual([
        ...['.dockerignore', 'Dockerfile', 'notes.md', 'other/c.csv', 'train.py'],
      ]);
    },
  );

  it('are those of the build arguments and the platform', async () => {
    const text = 'FROM a\nARG TARGETARCH D=data\nCOPY $D/deep $TARGETARCH /y/\n';
    const files = { Dockerfile: text, 'arm64/d': '' };
    expect(await counted(files, { buildArgs: new Map([['D', 'data/../data']]), platform: 'linux/arm64' })).toEqual([
      'arm64/d',
      'data/deep/b.csv',
    ]);
  });

  it('are all where a link is copied: what it leads to may be excluded elsewhere', async () => {
    const text = 'FROM a\nCOPY --exclude=notes.md linked /y\n';
    expect(await counted({ Dockerfile: text }, undefined, ['data', 'linked'])).toEqual(['Dockerfile', ...FILES].sort());
  });

  it('are refused if a variable names one that is not sent', async () => {
    const files = { Dockerfile: 'FROM a\nARG F=.env\nCOPY $F /y\n', '.env': 'A=1' };
    await expect(counted(files)).rejects.toThrow('the Dockerfile copies .env, which is not sent');
  });
});
