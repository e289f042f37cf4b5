/** Packs tar.gz archives, reproducibly: the same files give the same bytes, and their times and owners do not count. */
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { LocalFile, TextFile } from '../core/local-file.ts';

/** The time of all entries. Not 1970: tools with zip's epoch, 1980, reject it. */
const TIME = new Date('1985-10-26T08:15:00Z');

/** Packs files and texts and returns the archive's bytes. Of entries with the same path the last one wins. */
export async function packArchive(files: readonly LocalFile[], texts: readonly TextFile[]): Promise<Buffer> {
  const entries = new Map<string, LocalFile | TextFile>([...files, ...texts].map((entry) => [entry.path, entry]));
  const archive = pack();
  const bytes = buffer(archive.pipe(createGzip({ level: 6 })));
  for (const entry of [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const common = { name: entry.path, mtime: TIME, uid: 0, gid: 0 };
    if ('text' in entry) {
      archive.entry({ ...common, mode: 0o644 }, entry.text);
    } else {
      const sink = archive.entry({ ...common, mode: entry.executable ? 0o755 : 0o644, size: entry.size });
      await pipeline(createReadStream(entry.absolute), sink);
    }
  }
  archive.finalize();
  return bytes;
}
