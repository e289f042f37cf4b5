/**
 * Writing below a folder by names that came from elsewhere. Nothing is written outside it, or through a link, whoever put
 * that there and when: at each write the folder that is written to must be, by its real path, where its name says.
 */
import {
  constants,
  copyFileSync,
  createWriteStream,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  type Stats,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fitting, type Naming, namingOf } from './file-names.ts';
import { DEEPEST } from './places.ts';
import { notWritable, REASONS, RefusedName } from './refused.ts';
import type { Room } from './room.ts';

/** The file system has no further names of a file, or no more of them. */
const NO_HARD_LINK = ['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'];

export class Below {
  readonly path: string;

  /** Whose names are possible. */
  readonly platform: Naming;

  /** `path`: a folder that exists, by its real path. `platform`: this machine's, unless a test says otherwise. */
  constructor(path: string, platform = namingOf(process.platform)) {
    this.path = path;
    this.platform = platform;
  }

  /** A sub-folder, made anew. Throws an ActionError where what is there cannot be removed. */
  emptied(name: string): Below {
    try {
      const target = this.#target(name);
      rmSync(target, { recursive: true, force: true });
      mkdirSync(target);
      return new Below(target, this.platform);
    } catch (error) {
      throw notWritable(join(this.path, name), error);
    }
  }

  /** A folder that may be there already; the folder itself is. */
  folder(name: string): void {
    if (this.#parts(name).length === 0) return;
    const target = this.#target(name);
    try {
      mkdirSync(target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !lstatSync(target).isDirectory()) throw error;
    }
  }

  /** Opens a new file, in place of a file or a link of that name. */
  file(name: string, mode = 0o666): number {
    const target = this.#target(name);
    try {
      return openSync(target, 'wx', mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      this.#unlink(target);
      return openSync(target, 'wx', mode);
    }
  }

  /** Opens a file to add to. Creates the file if it does not exist. */
  fileToAppend(name: string): number {
    const target = this.#target(name);
    if (lstatSync(target, { throwIfNoEntry: false })?.isFile() === false) throw new RefusedName(REASONS['EEXIST']);
    return openSync(target, 'a');
  }

  /** Writes a new file whole, or leaves none. `replace`: whether one of that name may be there. `room`: is asked for it. */
  async write(
    name: string,
    body: Readable,
    { replace, room }: { readonly replace: boolean; readonly room?: Room },
  ): Promise<void> {
    let fd: number;
    try {
      fd = replace ? this.file(name) : openSync(this.#target(name), 'wx');
    } catch (error) {
      body.destroy();
      throw error;
    }
    try {
      await pipeline(
        body,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            room?.take(chunk.length);
            yield chunk;
          }
        },
        createWriteStream('', { fd }),
      );
    } catch (error) {
      this.remove(name);
      throw error;
    }
  }

  /**
   * A link to what is below the folder. Its `..` may come first only: after another link's name one could lead anywhere.
   */
  symlink(name: string, to: string): void {
    const target = this.#target(name);
    const parts = to.split('/').filter((part) => part !== '' && part !== '.');
    const leading = parts.findIndex((part) => part !== '..');
    if (to.startsWith('/') || (leading < 0 ? parts.length : leading) > this.#parts(name).length - 1)
      throw new RefusedName('it is a link that leads out of the folder');
    if (leading >= 0 && parts.slice(leading).includes('..'))
      throw new RefusedName('it is a link that leads up after it leads down');
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) this.#unlink(target);
    symlinkSync(to, target);
  }

  /** A further name of a file that is there already; answers its size. */
  hardLink(name: string, to: string): number {
    const source = this.#target(to);
    const target = this.#target(name);
    const stats = lstatSync(source, { throwIfNoEntry: false });
    if (!stats?.isFile()) throw new RefusedName('it is a link to what is no file of the folder');
    if (source === target) return 0;
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) this.#unlink(target);
    try {
      linkSync(source, target);
    } catch (error) {
      if (!NO_HARD_LINK.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      copyFileSync(source, target, constants.COPYFILE_EXCL);
    }
    return stats.size;
  }

  /** Copies a file that is there to a name that is not. */
  copy(name: string, to: string): void {
    copyFileSync(this.#target(name), this.#target(to), constants.COPYFILE_EXCL);
  }

  /** The stats of a file or folder. Undefined for a link, for what only a link leads to, and if nothing has the name. Makes no folders. */
  look(name: string): Stats | undefined {
    const path = join(this.path, ...this.#parts(name));
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats !== undefined && !stats.isSymbolicLink() && realpathSync.native(path) === path ? stats : undefined;
  }

  /** What is in a folder. */
  names(name: string): string[] {
    return readdirSync(join(this.path, ...this.#parts(name)));
  }

  remove(name: string): void {
    rmSync(this.#target(name), { force: true });
  }

  removeFolder(name: string): void {
    rmSync(this.#target(name), { recursive: true, force: true });
  }

  #unlink(target: string): void {
    if (lstatSync(target).isDirectory()) throw new RefusedName(REASONS['EISDIR']);
    unlinkSync(target);
  }

  /** The path of a name, the folders above it made. */
  #target(name: string): string {
    const parts = this.#parts(name);
    const last = parts.pop();
    if (last === undefined) throw new RefusedName('it has no name');
    return join(this.#real(parts), last);
  }

  /**
   * Throws a RefusedName where the name leads up, or is not one on this system: on Windows a drive (`C:x`), a share, a stream
   * of a file (`a:b`), a path with backslashes, a device.
   */
  #parts(name: string): string[] {
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw new RefusedName('its name leads out of the folder');
    // A folder in which results are staged adds a part.
    if (parts.length > DEEPEST + 1) throw new RefusedName(REASONS['ENAMETOOLONG']);
    if (parts.some((part) => fitting(part, this.platform) !== part))
      throw new RefusedName('its name is not one that a file can have on this system');
    return parts;
  }

  #real(parts: readonly string[]): string {
    const folder = join(this.path, ...parts);
    try {
      if (realpathSync.native(folder) !== folder) throw new RefusedName(REASONS['ELOOP']);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parts.length === 0) throw error;
      mkdirSync(join(this.#real(parts.slice(0, -1)), parts.at(-1) ?? ''));
    }
    return folder;
  }
}
