export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  /** The longest session. */
  readonly seconds: number;
  /** ARNs of managed policies. */
  readonly managed: readonly string[];
  readonly trust: object;
  readonly policies: Readonly<Record<string, PolicyDocument>>;
}

export interface Stack {
  readonly roles: Readonly<Record<'DefaultBranchRole' | 'PullRequestRole' | 'PullRequestJobRole', Role>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly provider: { readonly Url: string; readonly ClientIdList: readonly string[] } | undefined;
}

export interface Place {
  readonly partition?: string;
  readonly region?: string;
  readonly account?: string;
  readonly stack?: string;
  /** Whether parameters may be words that the template does not take, as `BUCKET`. */
  readonly placeholders?: boolean;
}

export function readTemplate(): {
  readonly Parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly Outputs: Readonly<Record<string, { readonly Description: string }>>;
};

export function renderStack(parameters: Readonly<Record<string, string>>, place?: Place): Stack;
