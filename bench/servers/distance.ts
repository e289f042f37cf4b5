/** A distance to AWS: toxiproxy holds each answer back for some milliseconds. https://github.com/Shopify/toxiproxy#latency */
import { freePort, type Server, startServer } from './child.ts';

export interface Distance {
  /** The address at which a server answers `latency` milliseconds later; both as `http://HOST:PORT`. */
  readonly to: (url: string, latency: number) => Promise<string>;
  readonly stop: Server['stop'];
}

export async function startDistance(program: string): Promise<Distance> {
  const port = await freePort();
  const { url: api, stop } = await startServer([program, '-host', '127.0.0.1', '-port', String(port)], port);
  let made = 0;
  const to = async (url: string, latency: number): Promise<string> => {
    made += 1;
    const name = `proxy-${made}`;
    const { host } = new URL(url);
    const { listen } = await post(`${api}/proxies`, { name, listen: `127.0.0.1:${await freePort()}`, upstream: host });
    const attributes = { latency, jitter: 0 };
    await post(`${api}/proxies/${name}/toxics`, { type: 'latency', stream: 'downstream', attributes });
    return `http://${listen}`;
  };
  return { to, stop };
}

async function post(url: string, body: object): Promise<{ readonly listen?: string }> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`toxiproxy refused ${JSON.stringify(body)}: ${await answer.text()}`);
  return (await answer.json()) as { readonly listen?: string };
}
