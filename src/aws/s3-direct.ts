/**
 * Sends S3 requests that differ in their key, query or body alone, without the SDK's middleware, which takes ten times as long
 * as the rest of a small request. The SDK says once where such a request goes and what it contains. Nothing is tried again
 * and no error is known: whoever gets another answer than the expected one asks the SDK again.
 */
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as sendHttp } from 'node:http';
import { request as sendHttps } from 'node:https';
import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { AuthScheme, HttpRequest } from '@aws-sdk/types';
import { RequestHandler, SILENCE_MS } from './request-handler.ts';
import { encodeQuery } from './s3-key.ts';
import { Signatures } from './s3-signature.ts';

/** Bytes. A page of a listing has a thousand keys: of the greatest length, each character encoded, they are shorter. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

type S3Command<I extends ServiceInputTypes, O extends ServiceOutputTypes> = $Command<
  I,
  O,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** What one request has that others of its kind have not. */
export interface Difference {
  readonly path?: string;
  /** Beside what the model has. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Headers have small letters. */
export interface DirectAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<IncomingMessage['headers']>;
  readonly body: Buffer;
}

export interface DirectRequests {
  /** The request of the command that the SDK was asked for, before it is signed. */
  readonly model: HttpRequest;
  /** Throws if there is no answer, or one that is too long. */
  readonly send: (difference: Difference, signal: AbortSignal) => Promise<DirectAnswer>;
}

/** Asks the SDK for the request of a command; sends nothing. Undefined if it would be signed in another way than usual. */
export async function directRequests<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  client: S3Client,
  command: S3Command<I, O>,
): Promise<DirectRequests | undefined> {
  const asked = await ask(client, command);
  const { config } = client;
  const handler: unknown = config.requestHandler;
  const region = asked?.scheme?.signingRegion;
  if (asked?.scheme?.name !== 'sigv4' || region === undefined || !(handler instanceof RequestHandler)) return undefined;
  const { model, scheme } = asked;
  const { method, protocol, hostname, port } = model;
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const agent = await handler.agentFor(new URL(`${protocol}//${host}`));
  const target = { agent, method, host: hostname, port: port ?? null, timeout: SILENCE_MS };
  const headers = { host, ...smallNames(model.headers) };
  const usual = queryOf(model);
  const usualText = encodeQuery(usual);
  const signatures = new Signatures({ region, service: scheme.signingName });
  const underWay = new WeakMap<AbortSignal, Set<ClientRequest>>();
  const send = async (
    { path = model.path, query, headers: own, body }: Difference,
    signal: AbortSignal,
  ): Promise<DirectAnswer> => {
    const credentials = await config.credentials();
    signal.throwIfAborted();
    const encoded = query === undefined ? usualText : encodeQuery({ ...usual, ...query });
    // The SDK keeps the difference of this machine's clock that it has learned from an answer.
    const at = new Date(Date.now() + config.systemClockOffset);
    const request = { method, path, query: encoded, headers: { ...headers, ...own } };
    const signed = signatures.sign(request, credentials, at);
    const others = underWay.get(signal) ?? endedBy(signal);
    underWay.set(signal, others);
    return exchange(protocol, { ...target, path: `${path}?${encoded}`, headers: signed }, body, others);
  };
  return { model, send };
}

function smallNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The query of a command has no name twice. */
function queryOf({ query = {} }: HttpRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value ?? '')]));
}

/** The requests that a signal ends. A listener for each would take longer than its signature. */
function endedBy(signal: AbortSignal): Set<ClientRequest> {
  const requests = new Set<ClientRequest>();
  const end = (): void => requests.forEach((request) => void request.destroy(new Error('The request was given up.')));
  signal.addEventListener('abort', end, { once: true });
  return requests;
}

function exchange(
  protocol: string,
  options: RequestOptions,
  body: Uint8Array | undefined,
  underWay: Set<ClientRequest>,
): Promise<DirectAnswer> {
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? sendHttps : sendHttp)(options, (answer) => {
      const chunks: Buffer[] = [];
      let length = 0;
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > LONGEST_ANSWER) answer.destroy(new Error('The answer is too long.'));
      });
      answer.once('end', () =>
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
      answer.once('error', reject);
    });
    underWay.add(request);
    request.once('close', () => underWay.delete(request));
    request.once('timeout', () => request.destroy(new Error('There was no answer in time.')));
    request.once('error', reject);
    request.end(body);
  });
}

async function ask<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  client: S3Client,
  command: S3Command<I, O>,
): Promise<{ readonly model: HttpRequest; readonly scheme: AuthScheme | undefined } | undefined> {
  let asked: { readonly model: HttpRequest; readonly scheme: AuthScheme | undefined } | undefined;
  command.middlewareStack.add(
    (_next, context) =>
      async ({ request }) => {
        // Known only now.
        const [scheme] = (context.endpointV2?.properties?.['authSchemes'] ?? []) as readonly AuthScheme[];
        asked = { model: request as HttpRequest, scheme };
        // Instead of the next step, which would send it.
        return { response: undefined, output: { $metadata: {} } as O };
      },
    { step: 'build', priority: 'low', name: 'onlyAsked' },
  );
  await client.send(command);
  return asked;
}
