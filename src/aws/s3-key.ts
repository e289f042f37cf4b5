/** How keys are written in requests and answers of S3. */

/** As the SDK encodes a key in a path. */
export function encodeKey(key: string): string {
  return encode(key).replaceAll('%2F', '/');
}

/** As the SDK writes a query, in the order in which it is signed. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => [encode(name), encode(value)] as const);
  return pairs
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
}

/** https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * What decodes the keys of an answer. `encoding`: its EncodingType. If that is `url`, a plus is a blank, and the decoder throws a
 * URIError for a key that is not encoded so: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function keyDecoder(encoding: string | undefined): (key: string) => string {
  if (encoding !== 'url') return (key) => key;
  return (key) => (/[%+]/.test(key) ? decodeURIComponent(key.replaceAll('+', ' ')) : key);
}
