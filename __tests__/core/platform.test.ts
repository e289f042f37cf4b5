/** What differs between Linux, macOS and Windows runners, tested for all of them on any. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSpec } from '../../src/config/read-spec.ts';
import { cancelSignals, findProgram, homeOf, slashed } from '../../src/core/platform.ts';
import { findEngine } from '../../src/docker/engine.ts';
import { isInside, isSamePath, pathBelow, shownPath } from '../../src/files/paths.ts';
import { standInProblem } from '../../src/local/system.ts';
import { CONTEXT, type Given, rawInputs } from '../given.ts';

describe('a path', () => {
  it.each<[NodeJS.Platform, string, string, boolean]>([
    ['linux', '/w/a', '/w', true],
    ['linux', '/w', '/w', true],
    ['linux', '/w', '/', true],
    ['linux', '/way', '/w', false],
    ['linux', '/W/a', '/w', false],
    ['linux', '/w\\a', '/w', false],
    ['darwin', '/Users/runner/work/a', '/Users/runner/work', true],
    ['darwin', '/Users/Runner/work/a', '/Users/runner/work', false],
    ['win32', 'D:\\a\\repo\\x', 'D:\\a\\repo', true],
    ['win32', 'd:\\A\\Repo\\x', 'D:\\a\\repo', true],
    ['win32', 'D:/a/repo/x', 'D:\\a\\repo', true],
    ['win32', 'D:\\a\\repo', 'D:\\', true],
    ['win32', 'D:\\a\\repository', 'D:\\a\\repo', false],
    ['win32', 'C:\\a\\repo\\x', 'D:\\a\\repo', false],
    ['win32', '\\\\server\\share\\x', '\\\\server\\share', true],
  ])('on %s: %s in %s: %s', (platform, path, folder, inside) => {
    expect(isInside(path, folder, platform)).toBe(inside);
  });

  it.each<[NodeJS.Platform, string, string, string]>([
    ['linux', '/w', '/w/a/b c.py', 'a/b c.py'],
    ['linux', '/w', '/w/a\\b', 'a\\b'],
    ['win32', 'D:\\w', 'D:\\w\\src\\b c.py', 'src/b c.py'],
    ['win32', 'd:\\W', 'D:\\w\\src\\x', 'src/x'],
    ['win32', '\\\\server\\share', '\\\\server\\share\\src\\x', 'src/x'],
  ])('on %s: from %s to %s has slashes: %s', (platform, folder, path, below) => {
    expect(pathBelow(folder, path, platform)).toBe(below);
    expect(shownPath(path, folder, platform)).toBe(below);
  });

  it('is the same by other letters on Windows alone', () => {
    expect(isSamePath('d:/A', 'D:\\a', 'win32')).toBe(true);
    expect(isSamePath('/A', '/a', 'darwin')).toBe(false);
    expect(shownPath('C:\\x\\y', 'D:\\w', 'win32')).toBe('C:\\x\\y');
    expect(shownPath('D:\\w', 'D:\\w', 'win32')).toBe('w');
  });

  it('in an input has slashes or, on Windows, backslashes', () => {
    const given: Given = {
      entrypoint: 'deep\\train.py',
      'source-dir': '.\\src\\code',
      dependencies: 'libs\\a\nlibs/b',
      dockerfile: 'image\\Dockerfile',
      'docker-context': 'image\\context',
      'output-path': 'D:\\out\\train',
    };
    const { code, image, results } = readSpec(rawInputs(given), CONTEXT, 'win32').spec;
    expect(code.start).toEqual({ kind: 'entrypoint', path: 'deep/train.py' });
    expect([code.sourceDir, ...code.dependencies]).toEqual(['./src/code', 'libs/a', 'libs/b']);
    expect([image.build?.context, results.outputPath]).toEqual(['image/context', 'D:/out/train']);
    expect(readSpec(rawInputs(given), CONTEXT, 'linux').spec.code.sourceDir).toBe('.\\src\\code');
    expect([slashed('a\\b', 'win32'), slashed('a\\b', 'linux')]).toEqual(['a/b', 'a\\b']);
  });
});

describe('a program', () => {
  const there =
    (...paths: string[]) =>
    (path: string): boolean =>
      paths.includes(path);

  it('is looked up by the system elsewhere', () => {
    expect(findProgram('git', {}, 'linux', there())).toBe('git');
    expect(findProgram('docker', { PATH: '' }, 'darwin', there())).toBe('docker');
  });

  it('is looked for on Windows in PATH, and never in the workspace', () => {
    const env = { Path: '.;bin;;"C:\\Program Files\\Git\\cmd";C:\\other' };
    const git = 'C:\\Program Files\\Git\\cmd\\git.exe';
    expect(findProgram('git', env, 'win32', there(git, 'git.exe', '.\\git.exe', 'bin\\git.exe'))).toBe(git);
    expect(findProgram('git', env, 'win32', there('git.exe', '.\\git.exe', 'bin\\git.exe'))).toBeUndefined();
    expect(findProgram('git', {}, 'win32', () => true)).toBeUndefined();
  });
});

describe('the system', () => {
  it('cancels a step by its own signals', () => {
    expect(cancelSignals('linux')).toEqual(['SIGINT', 'SIGTERM']);
    expect(cancelSignals('darwin')).toEqual(['SIGINT', 'SIGTERM']);
    expect(cancelSignals('win32')).toEqual(['SIGINT', 'SIGBREAK']);
  });

  it('names the home folder by its own variable', () => {
    const env = { HOME: '/c/Users/me', USERPROFILE: 'C:\\Users\\me' };
    expect([homeOf(env, 'linux'), homeOf(env, 'win32'), homeOf({ HOME: '' }, 'linux')]).toEqual([
      '/c/Users/me',
      'C:\\Users\\me',
      undefined,
    ]);
  });

  it.skipIf(process.platform === 'win32')(
    'needs an engine of Linux containers, which Windows may not have',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'engine-'));
      const engine = (os: string, platform: NodeJS.Platform): Promise<unknown> => {
        writeFileSync(join(folder, 'docker'), `#!/bin/sh\ncase "$*" in *Os*) echo ${os};; *) echo 28;; esac\n`, {
          mode: 0o755,
        });
        return findEngine({ env: { PATH: folder }, onLines: () => {}, signal: new AbortController().signal }, platform);
      };
      try {
        expect(await engine('linux', 'win32')).toEqual({ version: '28', buildKit: true });
        expect(await engine('windows', 'linux')).toEqual({ version: '28', buildKit: true });
        await expect(engine('windows', 'win32')).rejects.toThrow(
          'runs Windows containers, and a job needs a Linux image',
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('runs the stand-in, but for Windows', () => {
    expect([standInProblem('linux'), standInProblem('darwin')]).toEqual([undefined, undefined]);
    expect(standInProblem('win32')?.message).toBe('The stand-in for AWS does not run on Windows.');
    expect(standInProblem('win32')?.hint).toMatch(/runs-on: ubuntu-latest.*WSL/);
  });
});
