/** The demo's task: the contract that the producer, the workers and the sink share. */
import { defineTask, type } from "@tq/common";

export interface FileToCount {
  /** As bytes: a file name need not be Unicode. */
  readonly path: Buffer;
}

export interface FileCounts {
  readonly bytes: number;
  readonly words: number;
  /** How often each word came. */
  readonly counts: ReadonlyMap<string, number>;
}

export const countWords = defineTask({
  name: "demo.count-words",
  input: type<FileToCount>(),
  output: type<FileCounts>(),
  // A file that cannot be read now cannot be read in a moment: the same disk would say the same.
  retry: { maxAttempts: 1 },
});
