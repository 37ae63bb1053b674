/**
 * `bench events`: what the steps of tasks cost who publishes and who subscribes, by CPU time of this process: each task makes
 * three (accepted, leased, completed), in batches. Without sockets, whose cost is that of a message.
 */
import {
  decodeEventMessage,
  EventNumbering,
  EventQueue,
  encodeEventMessage,
  taskEventTypes,
} from "@tq/common/events";
import { Command } from "commander";
import { TaskEvents } from "../../../packages/ventilator/src/core/task-events.ts";
import { microsecondsPerCall } from "../measure/microseconds-per-call.ts";
import { originOfFigures } from "../measure/origin-of-figures.ts";
import { formatTable, parseCount, printFigures, reportProgress } from "../measure/report.ts";

interface EventsOptions {
  readonly tasksPerBatch: number;
  readonly seconds: number;
  readonly json: boolean;
}

type Batch = Parameters<TaskEvents["accepted"]>[0];
type Worker = Parameters<TaskEvents["leased"]>[0];

export const eventsCommand = new Command("events")
  .description("events of tasks: nobody listens, published, received")
  .option("--tasks-per-batch <count>", "neighbours that make each step together", parseCount, 256)
  .option("--seconds <count>", "how long each is measured", parseCount, 2)
  .option("--json", "print one line of JSON instead of the table", false)
  .action(run);

function run({ tasksPerBatch, seconds, json }: EventsOptions): void {
  const unheard = stepsOf(tasksPerBatch, false);
  const published = stepsOf(tasksPerBatch, true);
  const message = published().map(encodeEventMessage);
  const calls = {
    "nobody listens": unheard,
    published: () => published().map(encodeEventMessage),
    received: () => receive(message),
  };
  const figures = Object.entries(calls).map(([what, call]) => {
    reportProgress(`events: ${what}`);
    // The first run is for the compiler.
    microsecondsPerCall(call, 200);
    const perTask = microsecondsPerCall(call, seconds * 1_000) / tasksPerBatch;
    return { what, cpuMicrosecondsPerTask: Math.round(perTask * 10_000) / 10_000 };
  });
  const rows = figures.map(({ what, cpuMicrosecondsPerTask }) => [what, cpuMicrosecondsPerTask.toFixed(4)]);
  const text = formatTable([["three steps of each task", "µs of CPU per task"], ...rows]);
  printFigures({ tasksPerBatch, figures, ...originOfFigures(["bench", "packages"], []) }, { json, text });
}

const source = { role: "ventilator", name: "host:1", bootId: "00000000000000b1" } as const;

/** Puts a batch through its steps, and gives the messages that come of it. */
function stepsOf(count: number, isWatched: boolean) {
  const numbering = new EventNumbering();
  const events = new TaskEvents((steps) => {
    for (const step of steps) numbering.add(step);
  });
  if (isWatched) events.watch(new Set(taskEventTypes));
  // What the steps look at of a batch and a worker.
  const batch = {
    origin: "00000000000000aa",
    first: 1,
    count,
    queue: { name: "bench.double" },
    options: {},
    state: new Uint8Array(count),
    attempt: new Uint32Array(count).fill(1),
  } as unknown as Batch;
  const worker = { name: "host:2" } as Worker;
  const all = { from: 0, to: count };
  return () => {
    events.accepted(batch);
    events.leased(worker, batch, all);
    events.settled(batch, all, "completed");
    events.flush();
    return numbering.take().map((entries) => ({ kind: "events", source, at: 0, ...entries }) as const);
  };
}

/** What a subscriber does with messages: reads them, and unfolds them into one event for each step of each task. */
function receive(messages: readonly (readonly Uint8Array[])[]): number {
  const queue = new EventQueue([""]);
  for (const frames of messages) {
    const message = decodeEventMessage(frames);
    if (message?.kind === "events") queue.pushEvents(source.bootId, message);
  }
  let events = 0;
  while (queue.take() !== undefined) events += 1;
  return events;
}
