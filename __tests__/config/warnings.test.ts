/** What a run is warned of: inputs with credentials in them, by their keys alone, and secrets that all pull requests get. */
import { describe, expect, it } from 'vitest';
import { warningsOf } from '../../src/config/warnings.ts';
import { CONTEXT, type Given, specOf } from '../given.ts';

const TOKEN = `hf_${'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3f'}`;
const warnings = (given: Given, context = CONTEXT): readonly string[] => warningsOf(specOf(given, context), context);

describe('a credential in an input', () => {
  it.each<[Given, string]>([
    [{ environment: 'DB_PASSWORD=hunter2' }, 'environment: DB_PASSWORD looks like a credential. '],
    [{ environment: `A=1\nHUB=${TOKEN}\nB_PASSWORD=hunter2` }, 'environment: HUB, B_PASSWORD look like credentials. '],
    [{ hyperparameters: `hub=${TOKEN}` }, 'hyperparameters: hub looks like'],
    [
      { hyperparameters: '{"db": {"users": [{"password": "hunter2"}]}}' },
      'hyperparameters: db.users.password looks like',
    ],
    [{ hyperparameters: `{"keys": ["x", "${TOKEN}"]}` }, 'hyperparameters: keys looks like'],
    [{ arguments: '--epochs 3 --db-password hunter2' }, 'arguments: --db-password looks like'],
    [{ arguments: '--db-password=hunter2' }, 'arguments: --db-password looks like'],
    [{ arguments: 'DB_PASSWORD=hunter2' }, 'arguments: DB_PASSWORD looks like'],
    [{ arguments: `--verbose -- ${TOKEN}` }, 'arguments: word 3 looks like'],
    [{ arguments: `--hub ${TOKEN}` }, 'arguments: --hub looks like'],
    [{ run: 'echo\nexport DB_PASSWORD=hunter2', entrypoint: '' }, 'run: line 2 (DB_PASSWORD) looks like'],
    [{ run: 'export DB_PASSWORD="hunter 2!"', entrypoint: '' }, 'run: line 1 (DB_PASSWORD) looks like'],
    [{ run: "DB_PASSWORD='hunter2' ./x; y", entrypoint: '' }, 'run: line 1 (DB_PASSWORD) looks like'],
    [{ run: './x --password hunter2 --b', entrypoint: '' }, 'run: line 1 (--password) looks like'],
    [{ run: './x --password=hunter2', entrypoint: '' }, 'run: line 1 (--password) looks like'],
    [{ run: `x\nlogin ${TOKEN}\ncurl https://me:hunter2@host/`, entrypoint: '' }, 'run: line 2, line 3 look like'],
  ])('of %j is named, and not shown', (given, text) => {
    const found = warnings(given);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(text);
    expect(found[0]).toContain('name it in "secrets" (docs/secrets.md)');
    expect(found[0]).not.toMatch(/hunter|hf_/);
  });

  it.each<Given>([
    {},
    { environment: 'MODE=fast\nTOKENIZERS_PARALLELISM=false\nNCCL_DEBUG=INFO\nHF_HUB_OFFLINE=1' },
    { hyperparameters: 'tokenizer=bert-base-uncased\nmax_tokens=512\nsecret_santa=false\nlr=1e-3' },
    { hyperparameters: '{"pad_token": "<pad>", "a": null, "b": [1, true], "c": {"d": 2}}' },
    { arguments: '--max-tokens 512 --token word --input s3://bucket/a' },
    { entrypoint: '', run: 'export TOKEN=$(aws x get-token)\ncurl -H "Authorization: Bearer $TOKEN" "$URL"' },
    { entrypoint: '', run: 'forgot password resetting42\nif [ "$DB_PASSWORD" = hunter2 ]; then x; fi' },
    { entrypoint: '', run: 'python train.py --password-file /run/x1 --api-key "$API_KEY"' },
  ])('is none of %j', (given) => {
    expect(warnings(given)).toEqual([]);
  });
});

describe('a secret of code that is not merged', () => {
  const secrets = 'A=arn:aws:secretsmanager:eu-west-1:123456789012:secret:a';
  const pull = { ...CONTEXT, event: 'pull_request', payload: { pull_request: { number: 7 } } };
  it('is warned of where all pull requests would get it', () => {
    const [warning, ...others] = warnings({ secrets }, pull);
    expect(others).toEqual([]);
    expect(warning).toContain('It allows the role SimpleSagemaker-repo-pull-requests to read A, and from now on');
  });
  it('is not where the role is given, the code is merged, or nothing changes', () => {
    expect(warnings({ secrets, 'execution-role': 'r' }, pull)).toEqual([]);
    expect(warnings({ secrets })).toEqual([]);
    expect(warnings({ secrets, mode: 'plan' }, pull)).toEqual([]);
    expect(warnings({}, pull)).toEqual([]);
  });
});
