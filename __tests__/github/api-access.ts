/** The stand-in for GitHub's API, and the access of a step to it. */
import { afterEach, beforeEach, expect } from 'vitest';
import type { Access } from '../../src/github/api.ts';
import { Network } from '../../src/network/network.ts';
import { ApiServer } from './api-server.ts';

/** A server for each test of a file, which must have seen only what GitHub's description allows. */
export function serverOfEachTest(): { readonly server: ApiServer; readonly access: (token?: string) => Access } {
  const before = process.env['GITHUB_API_URL'];
  const held = {} as { server: ApiServer; access: (token?: string) => Access };
  beforeEach(async () => {
    held.server = await ApiServer.start();
    process.env['GITHUB_API_URL'] = held.server.url;
    const network = new Network({});
    const repository = held.server.store.repository;
    held.access = (token = 'ghs_writer') => ({ network, token, repository, signal: new AbortController().signal });
  });
  afterEach(async () => {
    if (before === undefined) delete process.env['GITHUB_API_URL'];
    else process.env['GITHUB_API_URL'] = before;
    await held.server.close();
    expect(held.server.problems).toEqual([]);
  });
  return held;
}
