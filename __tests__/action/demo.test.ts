/** `npm run demo` where nothing can be isolated: the kernel refuses namespaces, as on many a laptop. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

describe('the demo without isolation', () => {
  it('runs in plain processes, says so, and shows log, files and summary', async () => {
    const venv = process.env['SAGEMAKER_LOCAL_VENV'] || join(root, '.cache', 'venv');
    const words = [join(import.meta.dirname, 'deny_unshare.py'), process.execPath, join(root, 'scripts', 'demo.mjs')];
    const env = { ...process.env, SAGEMAKER_LOCAL_VENV: venv };
    const { stdout } = await promisify(execFile)('python3', words, { env });
    expect(stdout).toMatch(/^isolation of jobs: none/m);
    for (const host of ['algo-1', 'algo-2'])
      expect(stdout).toMatch(new RegExp(`│ \\[${host}\\] fitted \\{'slope': 3\\.\\d+, `));
    const files = [
      'logs/logs0',
      'logs/logs1',
      'model/model-algo-1.json',
      'model/model-algo-2.json',
      'output/report.txt',
    ];
    for (const file of [...files, 'state/algo-2/__COMPLETED__'])
      expect(stdout).toContain(`sagemaker-output/demo/${file}\n`);
    expect(stdout).toContain('### ✅ simple-sagemaker-example / demo: Completed');
    expect(stdout).toContain('\nstatus: Completed\n');
  });
});
