/**
 * Reads S3's answer to ListObjectsV2, as S3 writes it: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 * A parser of any XML takes twenty times as long. In XML without comments and CDATA a `<` begins a tag and nothing else.
 */
import { keyDecoder } from './s3-key.ts';

/** An object as the answer describes it. */
export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
}

export interface ListAnswer {
  readonly objects: readonly ListedObject[];
  /** Undefined if there are no further objects. */
  readonly nextToken: string | undefined;
}

const BEGIN = /^(?:<\?xml [^?<>]*\?>)?\s*<ListBucketResult(?:\s[^<>]*)?>/;
const END = /<\/ListBucketResult>\s*$/;
const OTHER = /<(IsTruncated|NextContinuationToken|KeyCount|EncodingType)>([^<]*)<\/\1>/g;

/** Undefined if the bytes are not such an answer, or not one to a request without a delimiter. */
export function readListAnswer(bytes: Buffer): ListAnswer | undefined {
  try {
    return read(bytes);
  } catch (error) {
    // A URIError: a key is encoded in a wrong way.
    if (error instanceof Unexpected || error instanceof URIError) return undefined;
    throw error;
  }
}

class Unexpected extends Error {}

function read(bytes: Buffer): ListAnswer {
  // Each character is a byte of the answer.
  const text = bytes.toString('latin1');
  if (!BEGIN.test(text) || !END.test(text.slice(-100)) || text.includes('<!')) throw new Unexpected();
  const { elements, rest } = parted(text);
  const others = new Map([...rest.matchAll(OTHER)].map(([, name = '', value = '']) => [name, value]));
  const isTruncated = others.get('IsTruncated') === 'true';
  const token = isTruncated ? others.get('NextContinuationToken') : undefined;
  const keys = Number(others.get('KeyCount') ?? elements.length);
  if (isTruncated !== (token !== undefined) || keys !== elements.length) throw new Unexpected();
  const decode = keyDecoder(others.get('EncodingType'));
  // Read from the bytes again: a piece of `text` would keep all of it in memory.
  const textOf = ({ begin, end }: Range): string => unescaped(bytes.toString('utf8', begin, end));
  return {
    objects: elements.map((element) => {
      const { begin, end } = inside(text, element, 'Size');
      const size = text.slice(begin, end);
      if (!/^\d{1,15}$/.test(size)) throw new Unexpected();
      return {
        key: decode(textOf(inside(text, element, 'Key'))),
        size: Number(size),
        etag: textOf(inside(text, element, 'ETag')),
      };
    }),
    nextToken: token && unescaped(token),
  };
}

/** From a character to the one after its end. */
interface Range {
  readonly begin: number;
  readonly end: number;
}

/** The contents of the elements `Contents`, and what is not in one. */
function parted(text: string): { readonly elements: readonly Range[]; readonly rest: string } {
  const elements: Range[] = [];
  let rest = '';
  let at = 0;
  for (let tag = text.indexOf(OPEN); tag >= 0; tag = text.indexOf(OPEN, at)) {
    const end = text.indexOf(CLOSE, tag);
    if (end < 0) throw new Unexpected();
    elements.push({ begin: tag + OPEN.length, end });
    rest += text.slice(at, tag);
    at = end + CLOSE.length;
  }
  return { elements, rest: rest + text.slice(at) };
}

const OPEN = '<Contents>';
const CLOSE = '</Contents>';

/** The content of the one element of this name. */
function inside(text: string, element: Range, name: string): Range {
  const tag = `<${name}>`;
  const begin = text.indexOf(tag, element.begin) + tag.length;
  const end = text.indexOf('<', begin);
  const isOnce = begin >= element.begin + tag.length && end < element.end && text.startsWith(`</${name}>`, end);
  const again = text.indexOf(tag, begin);
  if (!isOnce || (again >= 0 && again < element.end)) throw new Unexpected();
  return { begin, end };
}

const ENTITY = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));|&/g;
const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  // Almost all that is escaped: the quotes around an ETag.
  const plain = text.replaceAll('&quot;', '"').replaceAll('&#34;', '"');
  if (!plain.includes('&')) return plain;
  return plain.replace(ENTITY, (_, name?: string, digits?: string, hexadecimal?: string) => {
    const code = digits === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(digits);
    const sign = name === undefined ? (code <= 0x10ffff ? String.fromCodePoint(code) : undefined) : NAMED.get(name);
    if (sign === undefined) throw new Unexpected();
    return sign;
  });
}
