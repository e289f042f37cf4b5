/** Artifacts of what a job leaves, whatever its files are called and link to: the built bundle, and a mock of GitHub's service. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { StandIn, type StepResult } from './stand-in.ts';

let aws: StandIn;
let server: ArtifactServer;
beforeAll(async () => {
  [aws, server] = await Promise.all([StandIn.start(), ArtifactServer.start()]);
});
afterAll(() => Promise.all([aws.stop(), server.stop()]));

const PREFACE = `
import os
from pathlib import Path
model = Path(os.environ["SM_MODEL_DIR"])
def write(path, text):
    (model / path).parent.mkdir(parents=True, exist_ok=True)
    (model / path).write_text(text)
def link(path, to):
    (model / path).parent.mkdir(parents=True, exist_ok=True)
    (model / path).symlink_to(to)
`;

interface Result extends StepResult {
  readonly model: string;
  /** Of the model's artifact: path → text. A folder's path ends in a slash. */
  readonly artifact: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly notices: readonly string[];
}

async function train(task: string, worker: string, env: Record<string, string> = {}): Promise<Result> {
  const workspace = aws.workspace({ 'train.py': PREFACE + worker });
  const inputs = { task, entrypoint: 'train.py' };
  const result = await aws.run(workspace, inputs, { ...server.environment, ...env });
  const said = (kind: string): string[] => result.stdout.split('\n').filter((line) => line.startsWith(`::${kind}::`));
  return {
    ...result,
    model: join(workspace, 'sagemaker-output', task, 'model'),
    artifact: contents(server.artifacts.get(`project-${task}-model`)),
    warnings: said('warning'),
    notices: said('notice'),
  };
}

function contents(zip: Buffer | undefined): Record<string, string> {
  if (zip === undefined) return {};
  const code = `import io, json, sys, zipfile
with zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())) as it:
    print(json.dumps({name: it.read(name).decode() for name in it.namelist()}))`;
  const printed = execFileSync('python3', ['-c', code], { input: zip, encoding: 'utf8' });
  return JSON.parse(printed) as Record<string, string>;
}

describe('the artifact of a model', () => {
  it('has files whose names artifacts refuse, under names that they take; the runner has their own', async () => {
    const { code, stdout, artifact, model, notices, warnings } = await train(
      'names',
      `
write("weights.bin", "w")
write("run-2026-03-01T09:30:00.log", "log")
write("epoch:1/weights.bin", "1")
write("epoch:1/a?b*c.txt", "2")
write("back\\\\slash", "3")
write("back/slash", "4")
write("line\\nbreak", "5")
write("x##[error]y", "6")
write("a:b", "7")
write("a_b", "8")
write("a|b", "9")
`,
    );
    expect(code, stdout).toBe(0);
    expect(artifact).toEqual({
      'weights.bin': 'w',
      'run-2026-03-01T09_30_00.log': 'log',
      'epoch_1/weights.bin': '1',
      'epoch_1/a_b_c.txt': '2',
      back_slash: '3',
      'back/slash': '4',
      line_break: '5',
      'x##_error]y': '6',
      a_b: '8',
      a_b_2: '7',
      a_b_3: '9',
    });
    expect(readFileSync(join(model, 'run-2026-03-01T09:30:00.log'), 'utf8')).toBe('log');
    expect(readdirSync(join(model, '..')).sort()).toEqual([
      ...['.simple-sagemaker-output', 'logs', 'model', 'output', 'report.json'],
    ]);
    expect(warnings).toEqual([]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /8 names changed in the artifact project-names-model, .*"run-2026-03-01T09:30:00.log": now "run-2026-03-01T09_30_00.log".* in s3:\/\/.*model.tar.gz/,
    );
  });

  it('has what links of the model lead to, as files; those that lead nowhere are named', async () => {
    const { code, stdout, artifact, model, warnings } = await train(
      'links',
      `
write("epoch=3-step=40.ckpt", "weights")
link("last.ckpt", "epoch=3-step=40.ckpt")
write("hub/blobs/d0d0", "{}")
link("hub/snapshots/abc/config.json", "../../blobs/d0d0")
link("absolute.ckpt", model / "epoch=3-step=40.ckpt")
link("sub/to-folder", model / "hub" / "snapshots" / "abc")
link("up-after-down", "hub/../last.ckpt")
link("loop", "loop")
link("circle/self", "..")
link("gone", "no-such-file")
link("passwd", "/etc/passwd")
link("data", "/opt/ml/input/data")
os.link(model / "last.ckpt", model / "hard.ckpt", follow_symlinks=True)
`,
    );
    expect(code, stdout).toBe(0);
    expect(artifact).toEqual({
      'epoch=3-step=40.ckpt': 'weights',
      'last.ckpt': 'weights',
      'hard.ckpt': 'weights',
      'absolute.ckpt': 'weights',
      'up-after-down': 'weights',
      'hub/blobs/d0d0': '{}',
      'hub/snapshots/abc/config.json': '{}',
      'sub/to-folder/config.json': '{}',
      'circle/': '',
    });
    expect(readlinkSync(join(model, 'absolute.ckpt'))).toBe('epoch=3-step=40.ckpt');
    expect(readlinkSync(join(model, 'sub/to-folder'))).toBe('../hub/snapshots/abc');
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/"data": it is a link that leads out.*"passwd": it is a link that leads out/);
    for (const left of [/"circle\/self".{0,30} in a circle/, /"gone".{0,30} to nothing/, /"loop".{0,30} to nothing/])
      expect(warnings[1]).toMatch(left);
  });

  it('has empty folders, and files that the worker could not read or write any more', async () => {
    const { code, stdout, artifact, model, warnings } = await train(
      'modes',
      `
(model / "empty" / "deep").mkdir(parents=True)
write("locked/file", "x")
write("none", "y")
(model / "locked" / "file").chmod(0o444)
(model / "none").chmod(0)
(model / "locked").chmod(0o555)
`,
    );
    expect(code, stdout).toBe(0);
    expect(artifact).toEqual({ 'empty/deep/': '', 'locked/file': 'x', none: 'y' });
    for (const path of ['locked', 'locked/file', 'none']) expect(lstatSync(join(model, path)).mode & 0o600).toBe(0o600);
    expect(warnings).toEqual([]);
  });

  it('is made of names that are not text, too', async () => {
    const { code, stdout, artifact, notices } = await train(
      'bytes',
      `
open(os.fsencode(model) + b"/caf\\xe9", "w").write("1")
open(os.fsencode(model) + b"/caf\\xe8", "w").write("2")
write("café", "3")
link("to-bytes", os.fsdecode(b"caf\\xe9"))
`,
    );
    expect(code, stdout).toBe(0);
    expect(artifact).toEqual({ 'caf%E9': '1', 'caf%E8': '2', café: '3', 'to-bytes': '1' });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/model\/: 2 names changed/);
  });

  it('of the state is made of objects whose names the disk cannot have, or that are in each other’s place', async () => {
    const inputs = { task: 'state', run: 'echo -n 1 > /state/a', download: 'state', 'upload-artifacts': 'state' };
    await aws.run(aws.workspace({}), inputs);
    const keys = ['a/b', 'x:y', `${'n'.repeat(300)}.txt`];
    for (const Key of keys.map((name) => `project/state/state/${name}`))
      await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key, Body: '2' }));
    const { code, stdout, outputs } = await aws.run(aws.workspace({}), inputs, server.environment);
    expect(code, stdout).toBe(0);
    expect(outputs['skipped']).toBe('true');
    const artifact = contents(server.artifacts.get('project-state-state'));
    const names = Object.keys(artifact).map((name) => name.replace(/n{200,}~[0-9a-f]{8}/, 'long'));
    // A file that was slow to open is later in the zip.
    expect(names.sort()).toEqual(['a', 'a_2/b', 'long.txt', 'x_y']);
    expect(stdout).toMatch(/::notice::state\/: 2 names changed.*"a": now "a_2"/);
  });

  it('is left to others on GitHub Enterprise Server: a warning says to whom', async () => {
    const { code, stdout, artifact, warnings } = await train('enterprise', 'write("w", "w")', {
      GITHUB_SERVER_URL: 'https://git.corp.example',
    });
    expect(code, stdout).toBe(0);
    expect(artifact).toEqual({});
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /No artifacts were uploaded: https:\/\/git.corp.example .*s3:\/\/.*model.tar.gz.*actions\/upload-artifact@v3/,
    );
  });
});
