/** What tells one state of a file from another, without reading it. */
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";

/** Differs whenever the file was written, replaced, made or removed. */
export type FileState = string;

const missing: FileState = "missing";

interface Stats {
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly size: bigint;
  readonly ino: bigint;
}

const stateOf = ({ mtimeNs, ctimeNs, size, ino }: Stats): FileState => `${mtimeNs}:${ctimeNs}:${size}:${ino}`;

export const lookAt = (path: string): Promise<FileState> =>
  stat(path, { bigint: true }).then(stateOf, () => missing);

/** The same where nothing may happen in between. */
export function lookAtNow(path: string): FileState {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? missing : stateOf(found);
}
