/** How to come back to a job that goes on without its step. */

/** What the step to paste says of the job. */
export interface LeftJob {
  readonly job: string;
  readonly task: string;
  readonly project: string;
  readonly region: string;
  /** The ARN in `role-to-assume`. */
  readonly role: string | undefined;
  /** This action as a workflow names it: `owner/name@ref`. */
  readonly action: string;
}

/** A step for a workflow that follows the job and collects its results. */
export function collectingStep({ job, task, project, region, role, action }: LeftJob): string {
  const inputs: [string, string][] = [
    ['task', task],
    ['project', project],
    ['job-name', job],
    ['aws-region', region],
    ...(role === undefined ? [] : [['role-to-assume', role] satisfies [string, string]]),
  ];
  return [`- uses: ${action}`, '  with:', ...inputs.map(([name, value]) => `    ${name}: ${scalar(value)}`)].join('\n');
}

/** Words that YAML 1.1 or 1.2 reads as something else than a text. */
const NO_TEXT = /^(?:true|false|yes|no|on|off|y|n|null)$/i;

/** A YAML scalar that is read as this text. */
function scalar(text: string): string {
  return /^[a-z][\w-]*$/i.test(text) && !NO_TEXT.test(text) ? text : JSON.stringify(text);
}
