/** `model-compression: none`: model and output are files in S3, and all that happens with archives happens with them too. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText, StandIn } from './stand-in.ts';

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
afterAll(() => aws.stop());

const WORKER = `
mkdir -p "$SM_MODEL_DIR/sub" && echo "weights of $SM_CURRENT_HOST" > "$SM_MODEL_DIR/sub/$SM_CURRENT_HOST.bin"
echo '{"a": 1}' > "$SM_OUTPUT_DATA_DIR/eval.json"
`;
const INPUTS = { task: 'files', run: WORKER, 'instance-count': '2', 'model-compression': 'none' };

describe('a model of files', () => {
  const workspace = (): string => aws.workspace({});
  let job: string;

  it('comes back, from all instances', async () => {
    const here = workspace();
    const ended = await aws.run(here, INPUTS);
    expect(ended.code, ended.stdout).toBe(0);
    job = ended.outputs['job-name'] ?? '';
    const folder = `s3://${aws.bucket}/project/files/${job}/output`;
    expect(ended.outputs).toMatchObject({ 'model-uri': `${folder}/model/`, 'output-uri': `${folder}/output/` });
    expect((await aws.describe(job)).OutputDataConfig?.CompressionType).toBe('NONE');
    const results = join(here, 'sagemaker-output', 'files');
    expect(readdirSync(join(results, 'model', 'sub')).sort()).toEqual(['algo-1.bin', 'algo-2.bin']);
    expect(readText(results, 'model', 'sub', 'algo-2.bin')).toBe('weights of algo-2\n');
    expect(readText(results, 'output', 'eval.json')).toBe('{"a": 1}\n');
  });

  it('is taken again by a run of the same, without archives too', async () => {
    const here = workspace();
    const again = await aws.run(here, INPUTS);
    expect(again.outputs).toMatchObject({ skipped: 'true', 'job-name': job });
    expect(readText(here, 'sagemaker-output', 'files', 'model', 'sub', 'algo-1.bin')).toBe('weights of algo-1\n');
  });

  it('is the input of another task, as files', async () => {
    const used = await aws.run(workspace(), {
      task: 'use',
      run: 'find "$SM_CHANNEL_TRAINED" -type f -printf "got %P\\n" | sort',
      inputs: 'trained=task:files/model',
    });
    expect(used.code, used.stdout).toBe(0);
    expect(used.stdout).toContain('\ngot sub/algo-1.bin\ngot sub/algo-2.bin\n');
  });

  it('is not taken when somebody changed one of its files', async () => {
    const Key = `project/files/${job}/output/model/sub/algo-1.bin`;
    await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key, Body: 'evil' }));
    const other = { task: 'use', run: 'true', inputs: 'trained=task:files/model' };
    const refused = await aws.run(workspace(), other);
    expect(refused.stdout).toContain(`the results of the job ${job} were changed after it ended`);
    const collected = await aws.run(workspace(), { task: 'files', 'job-name': job });
    expect(collected.code).toBe(1);
    expect(collected.stdout).toMatch(/^::error::.*was changed after its job ended/m);
    const again = await aws.run(workspace(), INPUTS);
    expect(again.outputs['skipped']).toBe('false');
    expect(again.stdout).toContain('were changed after it ended');
  });
});
