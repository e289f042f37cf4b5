export const VERSITYGW: string;

export class Missing extends Error {}

export function exists(path: string): Promise<boolean>;
export function onPath(program: string): Promise<string | undefined>;
export function builtProgram(
  binary: string,
  module: string,
  say: (text: string) => void,
  flags?: readonly string[],
): Promise<string>;
