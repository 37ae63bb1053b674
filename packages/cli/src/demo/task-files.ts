/** Which task is which file: results carry ids, and a failure has to be told by the file's name. */
import { parseTaskId } from "@tq/common";
import type { TaskIdRange } from "@tq/common/submit";
import { showPath } from "./show-path.ts";
import type { Failure } from "./totals.ts";

export class TaskFiles {
  readonly #ranges: {
    readonly ids: TaskIdRange;
    readonly files: readonly Buffer[];
    readonly from: number;
  }[] = [];

  /** `ids` in the order of the files. */
  add(ids: readonly TaskIdRange[], files: readonly Buffer[]): void {
    let from = 0;
    for (const range of ids) {
      this.#ranges.push({ ids: range, files, from });
      from += range.last - range.first + 1;
    }
  }

  /** One line: the file, what went wrong, and the trace to look for in logs. */
  describe({ taskId, traceId, message }: Failure): string {
    const path = this.#find(taskId);
    const name = path === undefined ? `task ${taskId}` : showPath(path);
    return `${name}: ${message} (trace ${traceId})`;
  }

  #find(taskId: string): Buffer | undefined {
    const parsed = parseTaskId(taskId);
    if (!parsed.ok) return undefined;
    const { origin, seq } = parsed.value;
    const range = this.#ranges.find(
      ({ ids }) => ids.origin === origin && ids.first <= seq && seq <= ids.last,
    );
    return range?.files[range.from + seq - range.ids.first];
  }
}
