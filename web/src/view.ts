// What a view gives, and what it is given.
import type { Page, Request } from './api';
import type { State } from './state';

export interface App {
  page: Page;
  /** Changes the state of the view that is shown; keep: without a step back of its own. */
  go(change: Record<string, string | number | string[] | null>, keep?: boolean): void;
  open(view: string, change: Record<string, string | null>): void;
  /** The requests whose command lines give this view's numbers. */
  says(requests: (Request & { storeless?: boolean })[]): void;
  trouble(message: string | null): void;
  busy(on: boolean): void;
  /** The ladder that a state speaks of: the newest where it names none, null for all. */
  ladder(s: State): Promise<string | null>;
  /** What writes, with the token, which is asked for once; null where it was not given. */
  write<T>(path: string, options: Record<string, unknown>): Promise<T | null>;
}

export interface View {
  root: HTMLElement;
  update(s: State): void;
  /** Something came over the stream of events. */
  event?(name: string, data: unknown): void;
  /** Runs came or went: what is known of them is to be asked anew. */
  forget?(): void;
  /** A key that the view knows. */
  key?(k: string): boolean;
  keys?: [string, string][];
}
