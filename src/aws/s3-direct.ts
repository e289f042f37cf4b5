/**
 * Sends S3 requests that differ in their key, query or body alone, without the SDK's middleware, which takes ten times as long
 * as the rest of a small request. The SDK says once where such a request goes and what it contains, and its own signer signs
 * each. It retries nothing and knows no errors: whoever gets another answer than the expected one asks the SDK again.
 */
import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { AuthScheme, HttpRequest, HttpResponse } from '@aws-sdk/types';

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

export interface DirectRequests {
  /** The request of the command that the SDK was asked for, before it is signed. */
  readonly model: HttpRequest;
  /** Throws if there is no answer. */
  readonly send: (difference: Difference, signal: AbortSignal) => Promise<HttpResponse>;
}

/** Asks the SDK for the request of a command; sends nothing. Undefined if it would be signed in another way than usual. */
export async function directRequests<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  client: S3Client,
  command: S3Command<I, O>,
): Promise<DirectRequests | undefined> {
  const asked = await ask(client, command);
  if (asked?.scheme?.name !== 'sigv4') return undefined;
  const { model, scheme } = asked;
  const { config } = client;
  const signer = await config.signer(scheme);
  const { signingRegion, signingName: signingService } = scheme;
  const send = async (
    { path = model.path, query, headers, body }: Difference,
    signal: AbortSignal,
  ): Promise<HttpResponse> => {
    const all = { query: { ...model.query, ...query }, headers: { ...model.headers, ...headers } };
    // The SDK keeps the difference of this machine's clock that it has learned from an answer.
    const signingDate = new Date(Date.now() + config.systemClockOffset);
    const signed = await signer.sign({ ...model, path, body, ...all }, { signingDate, signingRegion, signingService });
    return (await config.requestHandler.handle(signed, { abortSignal: signal })).response;
  };
  return { model, send };
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
