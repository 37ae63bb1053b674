/** What a storage thread and whoever started it say to each other. */
import { TqError } from "../contract/index.ts";
import type { Durability } from "./group-commit.ts";
import type { StorageErrorCode } from "./storage-error.ts";

/** The types of one kind of storage, all structured-cloneable. */
export interface StorageTypes {
  /** What the thread is told at its start: which file, and how. */
  readonly settings: unknown;
  /** What opening it has brought to light. */
  readonly opened: unknown;
  /** One part of what is in the file, as it is read at the start. */
  readonly content: unknown;
  /** One change, written as a whole or not at all. */
  readonly change: unknown;
  readonly query: unknown;
  readonly answer: unknown;
}

/** A value on its way between threads. */
export interface Parcel<Value> {
  readonly value: Value;
  /** Memory within it that is given away rather than copied. */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}

export interface StorageThreadData<Settings = unknown> {
  readonly settings: Settings;
  readonly durability: Durability;
  readonly syncIntervalMs: number;
  readonly faults: SharedArrayBuffer | undefined;
}

export type ToStorage =
  | { readonly type: "write"; readonly number: number; readonly change: unknown }
  | { readonly type: "query"; readonly id: number; readonly query: unknown }
  | { readonly type: "close" };

export type FromStorage =
  | { readonly type: "content"; readonly content: unknown }
  | { readonly type: "opened"; readonly opened: unknown }
  /** All up to this number are written. */
  | { readonly type: "written"; readonly number: number }
  /** All up to this number that were not told of before: there was no room, and nothing of them was written. */
  | { readonly type: "full"; readonly number: number }
  | { readonly type: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly type: "refused"; readonly id: number; readonly error: PlainError }
  /** The thread ends with it. */
  | { readonly type: "failed"; readonly error: PlainError }
  /** The thread ends with it. */
  | { readonly type: "closed" };

/** An error as it crosses: errors themselves lose their class and their code. */
export interface PlainError {
  readonly code: StorageErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export const toPlainError = ({ code, message, details }: TqError<StorageErrorCode>): PlainError => ({
  code,
  message,
  details,
});

export const fromPlainError = ({ code, message, details }: PlainError): TqError =>
  new TqError(code, message, { details });
