/**
 * A sink that writes one line for each result, whole lines only. With a store it is a consumer of it, whose place and the
 * file's length are saved together, so that a file that was written further than that is cut back at the next start.
 */
import { type FileHandle, open } from "node:fs/promises";
import { type Result, type Sink, startSink } from "@tq/sink";
import type { SinkSettings } from "./role-options.ts";
import { anyPort, log, type RunningRole } from "./running-role.ts";

export async function runSink({ name, out, store }: SinkSettings): Promise<RunningRole> {
  const file = await open(out, "r+");
  const sink = await startSink({
    bind: anyPort,
    name,
    log,
    ...(store !== undefined && { store: { file: store } }),
  });
  let committed = 0;
  const write = store === undefined ? writeFromMemory : writeFromStore;
  const reading = write(sink, file, (count) => {
    committed += count;
  }).finally(() => file.close());
  return {
    endpoints: { sink: sink.endpoint },
    counts: () => {
      const { duplicates, violations } = sink.stats();
      return { committed, duplicates, violations };
    },
    leave: async () => {
      await sink.drain();
      await reading;
    },
    closed: Promise.all([reading, sink.closed]).then(() => {}),
  };
}

type OnWritten = (count: number) => void;

async function writeFromMemory(sink: Sink, file: FileHandle, onWritten: OnWritten): Promise<void> {
  let length = 0;
  for await (const batch of sink.results().batches()) {
    length += await writeAt(file, length, batch);
    onWritten(batch.length);
  }
}

async function writeFromStore(sink: Sink, file: FileHandle, onWritten: OnWritten): Promise<void> {
  const cursor = sink.cursor("out");
  let length = cursor.note ?? 0;
  await file.truncate(length);
  for (;;) {
    const batch = await cursor.next();
    if (batch === undefined) break;
    length += await writeAt(file, length, batch);
    cursor.move(length);
    onWritten(batch.length);
  }
  await cursor.saved();
}

async function writeAt(file: FileHandle, position: number, batch: readonly Result[]): Promise<number> {
  let lines = "";
  for (const { taskId, attempt, outcome, ...rest } of batch) {
    const output = "output" in rest ? rest.output : undefined;
    lines += `${JSON.stringify({ taskId, attempt, outcome, output })}\n`;
  }
  const { bytesWritten } = await file.write(lines, position);
  return bytesWritten;
}
