/** The comment on a pull request by whole workflows: the pull request's first run writes it, and its next run changes it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StandIn } from '../action/stand-in.ts';
import { ApiServer } from '../github/api-server.ts';
import { BOT } from '../github/api-store.ts';
import { type Ran, runWorkflow } from './act.ts';

const PATH = '.github/workflows/train.yml';
const NUMBER = 12;

/** As docs/pull-requests.md has it. The token is the workflow's own. */
const WORKFLOW = `name: train
on: pull_request
permissions: {}
jobs:
  train:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      pull-requests: write
    steps:
      - uses: actions/checkout@v4
      - uses: org/simple-sagemaker-action@v1
        with:
          task: train
          entrypoint: train.sh
          upload-artifacts: none
          comment: true
`;

let aws: StandIn;
let github: ApiServer;
beforeAll(async () => {
  [aws, github] = await Promise.all([StandIn.start(['--time-scale', '0.05']), ApiServer.start()]);
  github.store.repository = 'org/project';
});
afterAll(() => Promise.all([aws.stop(), github.close()]));

/** A run of the pull request with this commit at its head. */
function run(sha: string, accuracy: number): Promise<Ran> {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = aws.environment('/');
  return runWorkflow({
    ...{ workflow: PATH, files: { [PATH]: WORKFLOW, 'train.sh': `echo '{"accuracy": ${accuracy}}'\n` } },
    ...{ event: 'pull_request', payload: { number: NUMBER, pull_request: { number: NUMBER, head: { sha } } } },
    env: {
      ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
      GITHUB_API_URL: github.url,
    },
    secrets: { GITHUB_TOKEN: 'ghs_writer' },
  });
}

/** The requests that change comments, in order. */
const written = (): string[] =>
  github.requests.flatMap(({ method, path, status }) =>
    method === 'GET' || path.endsWith('graphql') ? [] : [`${method} ${path} ${status}`],
  );

it('is made by the first run of a pull request, and changed by the second', async () => {
  const first = await run('a'.repeat(40), 0.9);
  expect(first.code, first.log).toBe(0);
  const [made, ...others] = github.store.comments;
  expect(others).toEqual([]);
  expect(made).toMatchObject({ number: NUMBER, author: BOT });
  expect(made?.body).toMatch(/<code>accuracy<\/code>.*<strong>0\.9<\/strong>.*Updated .* for <code>aaaaaaa<\/code>/s);

  const second = await run('b'.repeat(40), 0.95);
  expect(second.code, second.log).toBe(0);
  expect(github.store.comments.map(({ id }) => id)).toEqual([made?.id]);
  const { body } = github.store.comments[0] ?? {};
  expect(body).toMatch(/<strong>0\.95<\/strong><\/td><td align="right">▲\s\+0\.05/);
  expect(body).toMatch(/Updated .* for <code>bbbbbbb<\/code>/);
  expect(written()).toEqual([
    `POST /repos/org/project/issues/${NUMBER}/comments 201`,
    `PATCH /repos/org/project/issues/comments/${made?.id} 200`,
  ]);
  for (const { commands } of [first, second])
    expect(commands.filter(({ command }) => command === 'warning' || command === 'error')).toEqual([]);
  expect(github.problems).toEqual([]);
});
