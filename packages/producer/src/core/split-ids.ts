import { forEachRun, IdRunsBuilder } from "@tq/common/protocol";
import { type IdRuns, wireLimits } from "@tq/common/wire";

/** The same ids, in lists of at most `max`. */
export function splitIds(ids: IdRuns, max: number): IdRuns[] {
  const lists: IdRuns[] = [];
  const builder = new IdRunsBuilder();
  forEachRun(ids, ({ origin, first, count }) => {
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, max - builder.count);
      builder.addRun(origin, first + done, part);
      done += part;
      if (builder.count === max) lists.push(builder.take());
    }
  });
  if (builder.count > 0) lists.push(builder.take());
  return lists;
}

/** What was gathered, as lists that fit into a message. */
export function takeIds(builder: IdRunsBuilder): readonly IdRuns[] {
  return builder.count === 0 ? [] : splitIds(builder.take(), wireLimits.idsPerMessageMax);
}
