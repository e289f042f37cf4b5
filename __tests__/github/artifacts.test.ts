/** Where artifacts can be uploaded to: what the action decides before it loads GitHub's client is what the client decides. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactService } from '../../src/github/artifacts.ts';

const CONFIG = join(import.meta.dirname, '../../node_modules/@actions/artifact/lib/internal/shared/config.js');

describe('the artifact service', () => {
  it.each([
    ['https://github.com', false],
    ['https://GITHUB.COM/', false],
    ['', false],
    ['https://octo.ghe.com', false],
    ['http://gitea.localhost:3000', false],
    ['https://git.corp.example', true],
    ['https://github.com.corp.example', true],
    ['http://127.0.0.1:3000', true],
    ['https://notghe.com', true],
    ['http://localhost', true],
  ])('at %j is one of GitHub Enterprise Server: %j', async (server, expected) => {
    const { isGhes } = (await import(CONFIG)) as { isGhes: () => boolean };
    const before = process.env['GITHUB_SERVER_URL'];
    try {
      process.env['GITHUB_SERVER_URL'] = server;
      expect(isGhes()).toBe(expected);
    } finally {
      if (before === undefined) delete process.env['GITHUB_SERVER_URL'];
      else process.env['GITHUB_SERVER_URL'] = before;
    }
    const env = { GITHUB_SERVER_URL: server, ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: 'http://x' };
    expect(artifactService(env)).toEqual(expected ? { kind: 'enterprise', server } : { kind: 'there' });
  });
  it('is absent without its variables, or with an address that is none', () => {
    expect(artifactService({})).toEqual({ kind: 'absent' });
    expect(artifactService({ ACTIONS_RUNTIME_TOKEN: 't' })).toEqual({ kind: 'absent' });
    expect(artifactService({ GITHUB_SERVER_URL: 'no address' })).toEqual({ kind: 'enterprise', server: 'no address' });
  });
});
