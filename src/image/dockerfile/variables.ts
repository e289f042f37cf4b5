/**
 * The variables that words of a Dockerfile can use: those of ARG and ENV, not those of the shell.
 * https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
import type { ImagePlatform } from '../../core/instance-type.ts';
import { UnknownValue } from './errors.ts';
import { expand } from './words.ts';

/** BuildKit keeps these from words: https://github.com/moby/buildkit/blob/v0.34.2/frontend/dockerfile/dockerfile2llb/convert.go */
const NOT_IN_WORDS = ['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'];

export class Variables {
  /** Undefined: it is set, but only the build knows the value. */
  readonly #values: Map<string, string | undefined>;
  /** The names of those that ENV set. */
  readonly #ofEnv: Set<string>;
  /** Whether no others are set. An image can set others, which the action does not see. */
  #hasAll: boolean;

  private constructor(values: Map<string, string | undefined>, hasAll: boolean, ofEnv: Iterable<string> = []) {
    this.#values = values;
    this.#ofEnv = new Set(ofEnv);
    this.#hasAll = hasAll;
  }

  /**
   * Those before the first FROM: https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
   * Only the builder knows its own platform. `target`: the name of the last stage.
   */
  static global(
    { buildArgs, platform }: { readonly buildArgs: ReadonlyMap<string, string>; readonly platform: ImagePlatform },
    target: string | undefined,
  ): Variables {
    const [os = '', architecture = ''] = platform.split('/');
    const values = new Map<string, string | undefined>([
      ['TARGETPLATFORM', platform],
      ['TARGETOS', os],
      ['TARGETOSVERSION', ''],
      ['TARGETARCH', architecture],
      ['TARGETVARIANT', ''],
      ['TARGETSTAGE', target ?? 'default'],
    ]);
    for (const part of ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT']) values.set(`BUILD${part}`, undefined);
    for (const name of values.keys()) values.set(name, buildArgs.get(name) ?? values.get(name));
    return new Variables(values, true);
  }

  /** Those of a stage that begins with an image. Without one there is PATH alone. */
  static ofImage(image: string | undefined): Variables {
    return new Variables(new Map([['PATH', undefined]]), image === 'scratch');
  }

  copy(): Variables {
    return new Variables(new Map(this.#values), this.#hasAll, this.#ofEnv);
  }

  /** By ENV. */
  set(name: string, value: string | undefined): void {
    this.#values.set(name, value);
    this.#ofEnv.add(name);
  }

  /** By ARG. In BuildKit it changes what ENV has set before, in the classic builder it does not. */
  declare(name: string, value: string | undefined): void {
    const isClear = !this.#ofEnv.has(name) || this.#values.get(name) === value;
    if (!NOT_IN_WORDS.includes(name)) this.#values.set(name, isClear ? value : undefined);
  }

  /** After this each variable may have any value. */
  forget(): void {
    this.#values.clear();
    this.#hasAll = false;
  }

  /** Takes over another's value, if it is set there. */
  inherit(name: string, from: Variables): void {
    if (from.#values.has(name)) this.declare(name, from.#values.get(name));
  }

  /** Undefined if only the build knows a value in it. Throws Unreadable if BuildKit refuses the word. */
  expand(word: string, escapeCharacter: string): string | undefined {
    try {
      return expand(word, escapeCharacter, (name) => this.#lookup(name));
    } catch (error) {
      if (!(error instanceof UnknownValue)) throw error;
      return undefined;
    }
  }

  #lookup(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === undefined && (this.#values.has(name) || !this.#hasAll)) throw new UnknownValue(name);
    return value;
  }
}
