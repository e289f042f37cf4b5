/** How keys are written in requests and answers of S3. */

/** As the SDK encodes a key in a path: https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Decodes a key of EncodingType `url`, in which a plus is a blank:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html. Throws a URIError if it is none.
 */
export function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
