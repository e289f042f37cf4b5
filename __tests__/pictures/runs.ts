/**
 * The runs that docs/seen.md shows: the built action on the stand-in, on a main branch and on a pull request. What they print
 * and write is the text of the pictures.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StandIn } from '../action/stand-in.ts';
import { ApiServer } from '../github/api-server.ts';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { RawLog } from './raw-log.ts';

const root = join(import.meta.dirname, '..', '..');
const NUMBER = 12;
const HEAD = '5d1c7e0a9b3f4c2d8e6a1b0c9d8e7f6a5b4c3d2e';

/** Name of a picture → its text. */
export type Sources = Readonly<Record<string, string>>;

/** The files of the repository that trains. */
export function project(): Record<string, string> {
  const demo = join(root, 'examples', 'demo');
  const data = join(demo, 'data', 'train');
  return {
    'train.py': readFileSync(join(root, 'scripts', 'pictures', 'train.py'), 'utf8'),
    'penguins.py': readFileSync(join(demo, 'code', 'penguins.py'), 'utf8'),
    ...Object.fromEntries(readdirSync(data).map((name) => [`data/${name}`, readFileSync(join(data, name), 'utf8')])),
    'event.json': JSON.stringify({ number: NUMBER, pull_request: { number: NUMBER, head: { sha: HEAD } } }),
  };
}

/** `/usr/bin/python3` runs the jobs, wherever another one comes first. */
export const MACHINE = { PATH: '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' };

const INPUTS = {
  task: 'train',
  entrypoint: 'train.py',
  dependencies: 'penguins.py',
  inputs: 'data=./data',
  'instance-type': 'ml.m5.large',
  'upload-artifacts': 'none',
};
/** What the workflow of a pull request adds. */
const REVIEWED = { 'base-prefix': '/', comment: 'true', 'github-token': 'ghs_writer' };

/** Where a runner has the checkout. */
const CHECKOUT = '/home/runner/work/penguins/penguins';

interface Ran {
  readonly stdout: string;
  readonly summary: string;
  readonly log: readonly string[];
}

/** `pace`: the least time that an epoch takes, in seconds. */
export async function sourcesOf(pace: number): Promise<Sources> {
  const [aws, github, artifacts] = await Promise.all([
    StandIn.start(['--time-scale', '0.05'], MACHINE),
    ApiServer.start(),
    ArtifactServer.start(),
  ]);
  github.store.repository = 'org/penguins';
  let runs = 100;
  const run = async (code: number, pulled: boolean, inputs: Record<string, string>): Promise<Ran> => {
    const log = new RawLog();
    const workspace = aws.workspace(project());
    runs += 1;
    const pull = {
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: join(workspace, 'event.json'),
      GITHUB_REF: `refs/pull/${NUMBER}/merge`,
      GITHUB_BASE_REF: 'main',
    };
    const env = {
      ...{ ...artifacts.environment, GITHUB_API_URL: github.url, GITHUB_SERVER_URL: 'https://github.com' },
      ...{ GITHUB_REPOSITORY: 'org/penguins', GITHUB_RUN_ID: String(runs), GITHUB_RUN_ATTEMPT: '1' },
      ...(pulled ? pull : {}),
    };
    const given = { ...INPUTS, ...(pulled ? REVIEWED : {}), environment: `EPOCH_SECONDS=${pace}`, ...inputs };
    const ended = await aws.step(workspace, given, env, undefined, (text) => log.add(text)).done;
    if (ended.code !== code) throw new Error(`a step ended with ${ended.code}:\n${ended.stdout}`);
    const shown = (text: string): string => text.replaceAll(workspace, CHECKOUT);
    return { stdout: ended.stdout, summary: ended.summary, log: log.lines.map(shown) };
  };
  try {
    await run(0, false, { hyperparameters: 'epochs=12\nlearning-rate=0.003' });
    const trained = await run(0, true, {
      hyperparameters: 'epochs=12\nlearning-rate=0.01',
      'upload-artifacts': 'model',
    });
    const comment = github.store.comments[0]?.body ?? '';
    const failed = await run(1, true, {
      hyperparameters: 'epochs=12\nlearning-rate=0.01\nfeatures=bill_length_mm,bill_dpeth_mm',
    });
    const gated = await run(1, true, {
      hyperparameters: 'epochs=2\nlearning-rate=0.003',
      'fail-if': 'accuracy < 0.95\nloss > 2',
    });
    if (github.problems.length > 0) throw new Error(github.problems.join('\n'));
    return {
      log: linesOf(trained.log),
      page: trained.summary.trimEnd(),
      comment: comment.trimEnd(),
      failure: linesOf(from(failed.log, '] Uploading: ')),
      annotation: linesOf(
        failed.stdout.split('\n').filter((line) => line.startsWith('::error ') && line.includes('file=')),
      ),
      gate: `${linesOf(from(gated.log, '##[error]'))}\n\n${beginning(gated.summary)}`,
    };
  } finally {
    await Promise.all([aws.stop(), github.close(), artifacts.stop()]);
  }
}

const linesOf = (lines: readonly string[]): string => lines.join('\n');

/** The lines from the last one that has the text. */
function from(lines: readonly string[], text: string): readonly string[] {
  return lines.slice(lines.findLastIndex((line) => line.includes(text)));
}

/** A page's first sections: what ended, and why. */
function beginning(page: string): string {
  return page.slice(0, page.indexOf('<table>')).trimEnd();
}
