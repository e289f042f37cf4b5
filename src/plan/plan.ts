/** The plan of `mode: plan`: what a run would do, and what it needs. */

import { hasCredentialForm } from '../core/credential-forms.ts';
import { fitSections, SUMMARY_BYTES } from '../core/fit-sections.ts';
import { escapeText, preformatted, words } from '../core/markdown.ts';
import { mayBeSecret } from '../core/redact.ts';
import type { TrainingJobRequest } from '../job/request.ts';

/** One part of the run: `Image`, `Code`, … and what would happen to it. */
export interface PlannedPart {
  readonly part: string;
  /** A sentence without a full stop, which begins with a small letter: `would be created`. */
  readonly text: string;
}

/** `ok`: the run has what it needs. `missing`: the run would fail. `doubtful`: it may fail. `unknown`: AWS did not answer. */
export type CheckState = 'ok' | 'missing' | 'doubtful' | 'unknown';

export interface PlanCheck {
  readonly part: string;
  readonly state: CheckState;
  readonly text: string;
}

export interface Plan {
  readonly project: string;
  readonly task: string;
  /** Whether the run would take an earlier job's results. */
  readonly skipped: boolean;
  /** What would happen, in a sentence. */
  readonly outcome: string;
  readonly parts: readonly PlannedPart[];
  readonly checks: readonly PlanCheck[];
  /** CreateTrainingJob's request as JSON. Undefined if no job would be started. */
  readonly request: string | undefined;
}

const ICONS: Readonly<Record<CheckState, string>> = { ok: '✅', missing: '❌', doubtful: '⚠️', unknown: '❔' };

/** The plan's lines for the log, without the request. */
export function planLines({ outcome, parts, checks }: Plan): string[] {
  return [
    outcome,
    ...parts.map(({ part, text }) => `${part}: ${text}`),
    ...checks.map(({ part, state, text }) => `${ICONS[state]} ${part}: ${text}`),
  ];
}

/** The plan's part of the job summary. */
export function renderPlan({ project, task, outcome, parts, checks, request }: Plan): string {
  const row = (name: string, cell: string): string =>
    `<tr><th align="left">${escapeText(name)}</th><td>${cell}</td></tr>`;
  const rows = [
    ...parts.map(({ part, text }) => row(part, words(text))),
    ...checks.map(({ part, state, text }) => row(part, `${ICONS[state]} ${words(text)}`)),
  ];
  const folded =
    request === undefined ? '' : `<details><summary>CreateTrainingJob</summary>${preformatted(request)}</details>`;
  const sections = [
    { name: 'headline', importance: 4, text: `<h3>📋 ${words(project)} / ${words(task)}: plan</h3>` },
    { name: 'outcome', importance: 3, text: `<p>${words(outcome)}</p>` },
    { name: 'parts', importance: 2, text: rows.length === 0 ? '' : `<table>${rows.join('')}</table>` },
    { name: 'request', importance: 1, text: folded },
  ];
  return fitSections(sections, {
    most: SUMMARY_BYTES,
    size: (text) => Buffer.byteLength(text),
    note: (left) => `<p>✂️ Left out, because GitHub takes 1 MiB a step: ${left.join(', ')}. The log has it.</p>`,
  }).text;
}

/**
 * The request as JSON. Values of variables and arguments are hidden, as those of other members whose name or form suggests a
 * secret.
 */
export function requestText(request: TrainingJobRequest): string {
  const { Environment, HyperParameters, Tags, AlgorithmSpecification: algorithm } = request;
  const { ContainerArguments: words } = algorithm;
  const isSecret = (name: string, value: string): boolean =>
    mayBeSecret(name) || mayBeSecret(value) || hasCredentialForm(value);
  const shown = {
    ...request,
    AlgorithmSpecification: { ...algorithm, ...(words && { ContainerArguments: words.map(() => HIDDEN) }) },
    HyperParameters: mapped(HyperParameters, (name, value) => (isSecret(name, value) ? HIDDEN : value)),
    Environment: mapped(Environment, () => HIDDEN),
    Tags: Tags.map(({ Key, Value }) => ({ Key, Value: isSecret(Key, Value) ? HIDDEN : Value })),
  };
  return JSON.stringify(shown, null, 2);
}

const HIDDEN = '***';

type Texts = Readonly<Record<string, string>>;

function mapped(values: Texts, show: (name: string, value: string) => string): Texts {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, show(name, value)]));
}
