/** Reads GitHub's answers. What is not as documented is a ForeignAnswer. */

import { at, idOf } from '../core/unchecked.ts';
import { ForeignAnswer } from './api-failure.ts';

/** https://docs.github.com/rest/issues/comments */
export interface Comment {
  readonly id: number;
  /** The author's login. Empty if the account is gone. */
  readonly author: string;
  readonly body: string;
  readonly url: string;
}

export function readComment(value: unknown): Comment {
  const id = idOf(at(value, 'id'));
  if (id === undefined) throw new ForeignAnswer();
  return {
    id,
    author: textOf(at(value, 'user', 'login')),
    body: textOf(at(value, 'body')),
    url: textOf(at(value, 'html_url')),
  };
}

export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new ForeignAnswer();
  return value;
}

/** Of GraphQL's `{viewer{login}}`. */
export function readViewer(value: unknown): string {
  const login = textOf(at(value, 'viewer', 'login'));
  if (login === '') throw new ForeignAnswer();
  return login;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
