/**
 * Reads NO_PROXY: which hosts are reached without the proxy. There is no standard. This is what curl, Go and Python's
 * clients of AWS agree on: https://everything.curl.dev/usingcurl/proxies/env.html,
 * https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
import { BlockList, isIP } from 'node:net';

/** A host as it is in a URL: a name, an IPv4 address, or an IPv6 address in brackets. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

type Rule = (target: Target) => boolean;

/**
 * The services with credentials and metadata of the machine itself: EC2, ECS, EKS.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html,
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html,
 * https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
 */
const METADATA = ['169.254.169.254', '169.254.170.2', '169.254.170.23', 'fd00:ec2::254', 'fd00:ec2::23'];

/** This machine itself is never reached by a proxy, whatever NO_PROXY says: as Go does it. */
const OWN = new BlockList();
for (const address of METADATA) OWN.addAddress(address, familyOf(address));
OWN.addSubnet('127.0.0.0', 8, 'ipv4');
OWN.addAddress('::1', 'ipv6');

/** A function that says whether a host is reached without a proxy. */
export function readNoProxy(value: string): Rule {
  const rules = value
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(ruleOf);
  return (target) => {
    const plain = { ...target, host: plainHost(target.host) };
    return isOwn(plain.host) || rules.some((rule) => rule(plain));
  };
}

function isOwn(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isIn(OWN, host);
}

/** An entry that is not understood matches no host, as in all other programs. */
function ruleOf(entry: string): Rule {
  if (entry === '*') return () => true;
  const [, network = '', bits] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (bits !== undefined) return subnet(plainHost(network), Number(bits));
  const { name, port } = split(entry);
  const isHost = isIP(name) === 0 ? isNameOrBelow(name.replace(/^\*?\./, '')) : isAddress(name);
  return (target) => isHost(target.host) && (port === undefined || port === target.port);
}

/** `host:port`, `[v6]:port`, or a host alone: an IPv6 address may have no brackets then. */
function split(entry: string): { readonly name: string; readonly port: number | undefined } {
  const [, host, port] = isIP(entry) === 0 ? (/^(.+):(\d+)$/.exec(entry) ?? []) : [];
  return { name: plainHost(host ?? entry), port: port === undefined ? undefined : Number(port) };
}

function isNameOrBelow(name: string): (host: string) => boolean {
  return (host) => name !== '' && (host === name || host.endsWith(`.${name}`));
}

function isAddress(address: string): (host: string) => boolean {
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return (host) => isIn(list, host);
}

function subnet(network: string, bits: number): Rule {
  if (isIP(network) === 0 || bits > (isIP(network) === 4 ? 32 : 128)) return () => false;
  const list = new BlockList();
  list.addSubnet(network, bits, familyOf(network));
  return ({ host }) => isIn(list, host);
}

function isIn(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** Without brackets and without the dot at the end of a full name. */
function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
