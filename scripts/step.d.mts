import type { ChildProcess } from 'node:child_process';

export interface StepOptions {
  readonly node?: string;
  readonly bundle: string;
  readonly folder: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly state?: Readonly<Record<string, string>>;
  readonly detached?: boolean;
  readonly onOutput?: (text: string) => void;
  readonly onError?: (text: string) => void;
}

export interface StepEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly outputs: Record<string, string>;
  readonly state: Record<string, string>;
  readonly env: Record<string, string>;
  readonly summary: string;
}

export function stepEnvironment(options: Pick<StepOptions, 'folder' | 'inputs' | 'env' | 'state'>): {
  readonly files: Record<string, string>;
  readonly variables: Record<string, string | undefined>;
};

export function startStep(options: StepOptions): {
  readonly child: ChildProcess;
  readonly files: Record<string, string>;
  readonly done: Promise<StepEnd>;
};

export function parseFile(text: string): Record<string, string>;
