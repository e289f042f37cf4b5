/** The stack of aws/events.yml in the stand-in: its rule, with a server in GitHub's place that takes what comes. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { readText, type StandIn } from '../action/stand-in.ts';
import { root } from './act.ts';

export interface Dispatched {
  readonly event_type: string;
  readonly client_payload: Readonly<Record<string, string>>;
}

/** Takes repository_dispatch events, as `POST /repos/OWNER/NAME/dispatches` does. */
export class DispatchServer {
  readonly taken: Dispatched[] = [];
  /** Statuses of the next answers; 204 when there are no more. */
  readonly statuses: number[] = [];
  readonly #server: Server;
  readonly #paths = new Set<string>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', async (request, response) => {
      this.#paths.add(`${request.method} ${request.url} ${request.headers.authorization}`);
      const body = Buffer.concat((await request.toArray()) as Buffer[]).toString();
      const status = this.statuses.shift() ?? 204;
      if (status === 204) this.taken.push(JSON.parse(body) as Dispatched);
      response.writeHead(status).end();
    });
  }

  static async start(): Promise<DispatchServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DispatchServer(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Each different request line with its credentials. */
  get asked(): readonly string[] {
    return [...this.#paths];
  }

  async events(job: string, count: number): Promise<readonly Dispatched[]> {
    for (;;) {
      const own = this.taken.filter(({ client_payload: { job: name } }) => name === job);
      if (own.length >= count) return own;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Makes what the template's rule, destination and connection say, for a repository. */
export async function deployEvents(aws: StandIn, repository: string, server: DispatchServer): Promise<void> {
  const values: Readonly<Record<string, string>> = { Repository: repository, ApiUrl: server.url };
  const filled = (text: string): string =>
    text
      .replace(/\{\{resolve:secretsmanager:.*?\}\}/, 'token-of-the-secret')
      .replace(/\$\{(\w+)\}/g, (_all, name: string) => values[name] ?? '');
  const tags = ['!Sub', '!Ref', '!GetAtt'].map((tag) => ({
    tag,
    resolve: (text: string): string => (tag === '!Ref' ? (values[text] ?? text) : filled(text)),
  }));
  const { Resources: made } = parse(readText(root, 'aws', 'events.yml'), { customTags: tags }) as {
    Resources: Readonly<Record<'Connection' | 'Dispatch' | 'Ended', { Properties: Readonly<Record<string, unknown>> }>>;
  };
  const { AuthorizationType, AuthParameters } = made.Connection.Properties;
  const connection = await call(aws, 'CreateConnection', { Name: 'github', AuthorizationType, AuthParameters });
  const { HttpMethod, InvocationEndpoint } = made.Dispatch.Properties;
  const destination = await call(aws, 'CreateApiDestination', {
    ...{ Name: 'dispatch', HttpMethod, InvocationEndpoint, ConnectionArn: connection['ConnectionArn'] },
  });
  const { EventPattern, Targets } = made.Ended.Properties;
  await call(aws, 'PutRule', { Name: 'ended', EventPattern: JSON.stringify(EventPattern) });
  const [target] = Targets as { InputTransformer: object }[];
  const { InputTransformer } = target ?? {};
  await call(aws, 'PutTargets', {
    Rule: 'ended',
    Targets: [{ Id: 'github', Arn: destination['ApiDestinationArn'], InputTransformer }],
  });
}

async function call(aws: StandIn, operation: string, parameters: object): Promise<Readonly<Record<string, string>>> {
  const answer = await fetch(aws.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSEvents.${operation}`,
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIASOMEBODYELSE0000/20260301/us-east-1/events/aws4_request',
    },
    body: JSON.stringify(parameters),
  });
  if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, string>;
}
