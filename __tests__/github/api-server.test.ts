/** The stand-in for GitHub's API: it sees what GitHub's description does not allow, so that other tests can rely on it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerProblems, match } from './api-description.ts';
import { ApiServer } from './api-server.ts';

let server: ApiServer;
beforeEach(async () => {
  server = await ApiServer.start();
});
afterEach(() => server.close());

const COMMENTS = '/repos/org/repo/issues/12/comments';
const HEADERS = { authorization: 'token ghs_writer', accept: 'application/vnd.github+json', 'user-agent': 'test' };
async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const text = body === undefined ? null : JSON.stringify(body);
  return fetch(server.url + path, { method, body: text, headers: { ...HEADERS, ...headers } });
}

describe('a request', () => {
  it('that is right is no problem', async () => {
    expect((await ask('POST', COMMENTS, { body: 'x' })).status).toBe(201);
    const [{ id } = { id: 0 }] = server.store.comments;
    expect((await ask('PATCH', `/repos/org/repo/issues/comments/${id}`, { body: 'y' })).status).toBe(200);
    expect((await ask('GET', `${COMMENTS}?per_page=100&page=1`)).status).toBe(200);
    expect((await ask('DELETE', `/repos/org/repo/issues/comments/${id}`)).status).toBe(204);
    expect((await ask('GET', `/repos/org/repo/commits/${'f'.repeat(40)}/pulls`)).status).toBe(200);
    expect((await ask('POST', `/repos/org/repo/statuses/${'f'.repeat(40)}`, { state: 'error' })).status).toBe(201);
    expect(server.problems).toEqual([]);
  });
  it.each<[string, string, unknown, RegExp]>([
    ['POST', COMMENTS, {}, /create-comment: body must have required property 'body'/],
    ['POST', COMMENTS, { body: 7 }, /create-comment: body\/body must be string/],
    ['POST', COMMENTS, { body: 'x', text: 'y' }, /text is not a member/],
    ['GET', `${COMMENTS}?per_pages=100`, undefined, /per_pages is not a parameter/],
    ['GET', `${COMMENTS}?page=x`, undefined, /page must be integer/],
    ['GET', '/repos/org/repo/issues/x/comments', undefined, /issue_number must be integer/],
    ['POST', `/repos/org/repo/statuses/${'f'.repeat(40)}`, { state: 'running' }, /must be equal to one of the allowed/],
    ['GET', '/user', undefined, /no such operation/],
    ['POST', '/graphql', { query: '{viewer{email}}' }, /GraphQL/],
  ])('that is wrong is one: %s %s %j', async (method, path, body, problem) => {
    await ask(method, path, body);
    expect(server.problems.join('\n')).toMatch(problem);
  });
  it('without a user agent, which GitHub refuses, is one', async () => {
    await ask('GET', COMMENTS, undefined, { 'user-agent': '' });
    expect(server.problems.length).toBe(1);
  });
});

describe('an answer', () => {
  it.each<[number, unknown]>([
    [200, { id: 1 }],
    [200, [{ id: 'x' }]],
    [200, [{ id: 1 }]],
    [404, { message: 7 }],
    [404, undefined],
  ])('that is not as described is a problem: %i %j', (status, data) => {
    const matched = match('GET', COMMENTS);
    expect(matched === undefined ? [] : answerProblems(matched, status, data)).not.toEqual([]);
  });
});

describe('its rules', () => {
  it.each<[string, number]>([
    ['', 422],
    ['x'.repeat(65_536), 201],
    ['💥'.repeat(65_536), 201],
    ['x'.repeat(65_537), 422],
  ])('are those of a comment’s length (%#)', async (body, status) => {
    expect((await ask('POST', COMMENTS, { body })).status).toBe(status);
    expect(server.problems).toEqual([]);
  });
  it('are those of tokens', async () => {
    const statuses = async (authorization: string): Promise<number[]> => [
      (await ask('GET', COMMENTS, undefined, { authorization })).status,
      (await ask('POST', COMMENTS, { body: 'x' }, { authorization })).status,
    ];
    expect(await statuses('token ghs_reader')).toEqual([200, 403]);
    expect(await statuses('Bearer ghs_writer')).toEqual([200, 201]);
    expect(await statuses('token x')).toEqual([401, 401]);
    expect(server.problems).toEqual([]);
  });
});
