/**
 * The configuration that all SDK clients of the run share: region, credentials, retries, the key to encrypt with. Each
 * service's file creates its client from it, so that Node loads a service's SDK only when it is needed. The SDK reads the endpoint from the
 * environment (AWS_ENDPOINT_URL), and, without a role to assume, the credentials too (AWS_ACCESS_KEY_ID, …).
 */
import type {
  AwsCredentialIdentityProvider,
  InitializeHandlerOptions,
  InitializeMiddleware,
  MetadataBearer,
} from '@aws-sdk/types';
import type { Network } from '../network/network.ts';
import { type EndpointVariants, endpointVariants } from './endpoint-variants.ts';
import { type HandlerOptions, RequestHandler } from './request-handler.ts';
import { Retries } from './retries.ts';
import { explainCall, isExpired } from './service-errors.ts';

/** Undefined: the SDK takes credentials from the environment. `end`: these have expired, so the next ones are others. */
export type Credentials = (AwsCredentialIdentityProvider & { end?: (accessKeyId: string) => void }) | undefined;

interface Configuration extends EndpointVariants {
  readonly region: string;
  readonly credentials?: NonNullable<Credentials>;
  readonly customUserAgent: [string, string][];
}

/** How a service's client is to differ. `maxAttempts`: instead of a limit of time. */
interface Options {
  readonly maxAttempts?: number;
  readonly followRegionRedirects?: boolean;
  readonly handler?: HandlerOptions;
}

interface Client {
  readonly config: { readonly serviceId: string };
  readonly middlewareStack: {
    add(middleware: InitializeMiddleware<object, MetadataBearer>, options: InitializeHandlerOptions): void;
  };
  destroy(): void;
}

/** `O`: options that only this client has. */
type ClientClass<C extends Client, O> = new (
  options: Configuration & { requestHandler: RequestHandler; retryStrategy?: Retries } & O,
) => C;

/** How often a call is made with a new session because the one before had ended early. */
const MOST_RENEWALS = 3;

/** The service's name for people. */
function nameOf({ config: { serviceId } }: Client): string {
  return serviceId === 'Pricing' ? 'The price list' : serviceId;
}

export class Connection {
  readonly #configuration: Configuration;
  readonly #network: Network;
  /** The `kms-key` input. Everything that is written through this connection is encrypted with it. */
  readonly kmsKey: string | undefined;
  /** Class → region → client. The key is the class itself, because minified classes share names. */
  readonly #clients = new Map<unknown, Map<string, Client>>();
  readonly #retries: Retries[] = [];
  /** Tells of a trouble after which the step goes on. */
  readonly tell: (line: string) => void;

  /**
   * `version`: the action's version. The user agent contains it, so it is in AWS's logs. `tell` is told of trouble for
   * which calls are made again, as often as it happens.
   */
  constructor(
    region: string,
    version: string,
    credentials: Credentials,
    network: Network,
    kmsKey?: string,
    tell: (line: string) => void = () => {},
  ) {
    this.#network = network;
    this.kmsKey = kmsKey;
    this.tell = tell;
    this.#configuration = {
      region,
      ...endpointVariants(process.env),
      ...(credentials && { credentials }),
      customUserAgent: [['simple-sagemaker-action', version]],
    };
  }

  get region(): string {
    return this.#configuration.region;
  }

  /** Returns the client of a service in a region. There is one client for each service and region. */
  client<C extends Client, O>(Class: ClientClass<C, O>, region = this.region, given?: Options & O): C {
    const { handler, ...options } = given ?? ({} as Options & O);
    const byRegion = this.#clients.get(Class) ?? new Map<string, Client>();
    const known = byRegion.get(region);
    if (known !== undefined) return known as C;
    const requestHandler = new RequestHandler(this.#network, handler);
    const retries = options.maxAttempts === undefined && {
      retryStrategy: new Retries(() => nameOf(client), this.tell),
    };
    const client: C = new Class({ ...this.#configuration, region, ...(options as O), requestHandler, ...retries });
    if (retries) this.#retries.push(retries.retryStrategy);
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          try {
            return await this.#withRenewal(() => next(args));
          } catch (error) {
            explainCall(error, nameOf(client), commandName.replace(/Command$/, ''));
            throw error;
          }
        },
      { step: 'initialize', name: 'explainCall' },
    );
    this.#clients.set(Class, byRegion.set(region, client));
    return client;
  }

  /** Makes the call again with other credentials, if they have expired and there are others. */
  async #withRenewal<T>(call: () => Promise<T>): Promise<T> {
    const { credentials } = this.#configuration;
    if (credentials?.end === undefined) return call();
    for (let renewals = 0; ; renewals += 1) {
      const { accessKeyId } = await credentials();
      try {
        return await call();
      } catch (error) {
        if (!isExpired(error) || renewals === MOST_RENEWALS) throw error;
        this.tell('The session of the role has ended early; assuming the role again …');
        credentials.end(accessKeyId);
      }
    }
  }

  /** Closes the connections and ends all pauses before further attempts, so that the process can end. */
  destroy(): void {
    for (const each of this.#retries) each.close();
    for (const byRegion of this.#clients.values()) for (const client of byRegion.values()) client.destroy();
  }
}
