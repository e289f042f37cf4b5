/** What a user meets beside success: a failing worker, wrong inputs, cancellation, a hostile worker. */
import { describe, expect, it } from 'vitest';
import { runWorkflow, startWorkflow, workflowOf } from './act.ts';

const PATH = '.github/workflows/test.yml';
const SECRET = 'tops3cret-of-the-workflow';

/** A later step that prints the calls to AWS, whatever happened before. */
const CALLS = `
      - if: always()
        env:
          ENDPOINT: \${{ steps.local.outputs.endpoint }}
        run: |
          curl -s "$ENDPOINT/_local/requests" | python3 -c '
          import json, sys
          for call in json.load(sys.stdin):
              if ":assumed-role/" not in call["principal"]:
                  print("CALL", call["action"], call["resource"])'
`;

function calls(log: string): string[] {
  return [...log.matchAll(/^CALL (\S+)/gm)].map(([, action = '']) => action);
}

describe('a worker that fails', () => {
  it('fails the workflow with its reason, after everything was fetched', async () => {
    const steps = `
      - id: task
        uses: org/simple-sagemaker-action@v1
        with:
          task: fails
          entrypoint: code/w.py
          upload-artifacts: none
      - if: failure()
        run: |
          echo "STATUS \${{ steps.task.outputs.status }}"
          echo "MODEL $(cat sagemaker-output/fails/model/half)"
`;
    const worker = `import os\nopen(os.environ["SM_MODEL_DIR"] + "/half", "w").write("as far as it got")\nraise ValueError("boom: 3")\n`;
    const ran = await runWorkflow({ workflow: PATH, files: { [PATH]: workflowOf(steps), 'code/w.py': worker } });
    expect(ran.code).toBe(1);
    expect(ran.jobs).toEqual({ 'test/train': 'failure' });
    expect(ran.log).toContain('STATUS Failed\n');
    expect(ran.log).toContain('MODEL as far as it got\n');
    expect(ran.summary).toContain('boom');
    const errors = ran.commands.filter(({ command }) => command === 'error');
    // At the worker's line, and the step's own.
    expect(errors).toHaveLength(2);
    expect(errors[0]?.text).toMatch(/^ValueError: boom: 3 \(algo-1\)\n.*w\.py", line 3, in <module>\n/);
    expect(errors[1]?.text).toMatch(/^The job project-fails-\S+ failed: ValueError: boom: 3 \(code\/w\.py:3\)/);
    expect(ran.orphans).toEqual([]);
  });
});

describe('wrong inputs', () => {
  it('are named all at once, and no call is made', async () => {
    const steps = `
      - uses: org/simple-sagemaker-action@v1
        with:
          task: wrong
          entrypoint: nowhere.py
          spot: perhaps
          instance-type: m5.large
${CALLS}`;
    const ran = await runWorkflow({ workflow: PATH, files: { [PATH]: workflowOf(steps) } });
    expect(ran.code).toBe(1);
    const [error, ...more] = ran.commands.filter(({ command }) => command === 'error');
    expect(more).toEqual([]);
    for (const input of ['entrypoint', 'spot', 'instance-type']) expect(error?.text).toContain(`- ${input}: `);
    expect(calls(ran.log)).toEqual([]);
  });
});

describe('cancelling the workflow', () => {
  const steps = (condition: string): string => `
      - id: task
        if: ${condition}
        uses: org/simple-sagemaker-action@v1
        with:
          task: slow
          run: echo up; sleep 600
`;

  it('stops the job in the post step when main was killed', async () => {
    let cancelled = false;
    const ran = await startWorkflow({
      workflow: PATH,
      files: { [PATH]: workflowOf(steps('success()')) },
      onLine: (message, runner) => {
        if (cancelled || !message.startsWith('up\n')) return;
        cancelled = true;
        runner.child.kill('SIGINT');
      },
    }).done;
    expect(ran.code).toBe(1);
    expect(
      ran.commands.find(({ command, text }) => command === 'warning' && text.includes('is being stopped')),
    ).toBeDefined();
    expect(ran.orphans).toEqual([]);
  });

  it('stops the job in main, given the signal that GitHub sends', async () => {
    let cancelled = false;
    const ran = await startWorkflow({
      workflow: PATH,
      // act leaves a step that always runs alone, so that main can be given the signal itself.
      files: { [PATH]: workflowOf(steps('always()') + CALLS) },
      onLine: (message, runner) => {
        if (cancelled || !message.startsWith('up\n')) return;
        cancelled = true;
        for (const pid of runner.steps()) process.kill(pid, 'SIGINT');
      },
    }).done;
    expect(ran.code).toBe(1);
    expect(ran.log).toContain('The step was cancelled (SIGINT).');
    expect(calls(ran.log).filter((action) => action === 'sagemaker:StopTrainingJob')).toHaveLength(1);
    expect(ran.orphans).toEqual([]);
  });
});

describe('a worker that prints workflow commands and secrets', () => {
  it('gets neither through', async () => {
    const steps = `
      - uses: org/simple-sagemaker-action@v1
        with:
          task: hostile
          entrypoint: code/w.py
          environment: LEAK=\${{ secrets.LEAK }}
`;
    const worker = `import os
for line in ("::error::no", "::warning file=w.py::no", "::set-output name=status::no", "::add-mask::up", "::stop-commands::x",
             "::group::no", "::save-state name=job::no", "##[error]no", "::x::", os.environ["LEAK"]):
    print(line)
raise SystemExit("in the reason " + os.environ["LEAK"])
`;
    const files = { [PATH]: workflowOf(steps), 'code/w.py': worker };
    const ran = await runWorkflow({ workflow: PATH, files, secrets: { LEAK: SECRET } });
    expect(ran.code).toBe(1);
    expect(ran.log).toContain('##[error]no');
    expect(ran.log).toContain('in the reason ***');
    expect(ran.log).not.toContain(SECRET);
    const ours = ran.commands.filter(({ text, command }) => command !== 'add-mask' && (text === 'no' || text === 'up'));
    expect(ours).toEqual([]);
    expect(ran.commands.some(({ command, text }) => command === 'add-mask' && text === 'up')).toBe(false);
  });
});

describe('a pull request', () => {
  it('writes under a prefix of its own', async () => {
    const steps = `
      - id: task
        uses: org/simple-sagemaker-action@v1
        with:
          task: pr
          run: 'true'
          upload-artifacts: none
      - run: echo "STATE \${{ steps.task.outputs.state-uri }}"
`;
    const payload = { number: 7, pull_request: { number: 7 } };
    const ran = await runWorkflow({
      workflow: PATH,
      files: { [PATH]: workflowOf(steps) },
      event: 'pull_request',
      payload,
    });
    expect(ran.jobs, ran.log).toEqual({ 'test/train': 'success' });
    expect(ran.log).toContain('/pr-7/project/pr/state/\n');
  });
});

describe("a fork's pull request, which gets no OIDC token", () => {
  it('runs the workflow with role-to-assume as it stands, on this machine', async () => {
    const steps = `
      - id: task
        uses: org/simple-sagemaker-action@v1
        with:
          task: forked
          role-to-assume: arn:aws:iam::999988887777:role/github
          run: echo trained > "$SM_MODEL_DIR/m"
          upload-artifacts: none
      - run: |
          echo "MODEL $(cat sagemaker-output/forked/model/m)"
      - env:
          ENDPOINT: \${{ steps.local.outputs.endpoint }}
        run: |
          curl -s "$ENDPOINT/_local/requests" | python3 -c '
          import json, sys
          for call in json.load(sys.stdin):
              print("WHO", call["operation"], call["principal"])'
`;
    const ran = await runWorkflow({
      workflow: PATH,
      files: { [PATH]: workflowOf(steps) },
      event: 'pull_request',
      payload: { pull_request: { number: 7, head: { repo: { fork: true }, sha: '0' }, base: { ref: 'main' } } },
    });
    expect(ran.code, ran.log).toBe(0);
    expect(ran.log).toContain('MODEL trained\n');
    const session = 'arn:aws:sts::123456789012:assumed-role/github/GitHubActions';
    expect(ran.log).toContain(`WHO CreateTrainingJob ${session}\n`);
    expect(ran.log.match(/^WHO AssumeRoleWithWebIdentity /gm)).toHaveLength(1);
    expect(ran.log.match(/^WHO CreateBucket .*/gm)).toEqual([`WHO CreateBucket ${session}`]);
    expect(ran.orphans).toEqual([]);
  });
});
