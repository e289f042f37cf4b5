export function pythonEnvironment(
  venv: string,
  list: string,
  what: string,
  debian: (names: readonly string[], what: string) => Promise<void>,
  say: (text: string) => void,
  options?: { readonly pip?: boolean; readonly compiled?: boolean },
): Promise<string>;
