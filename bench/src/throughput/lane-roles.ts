/**
 * The same work as the raw pipeline's, done by one of tq's lanes with its default settings: a ventilator that submits, a
 * worker, a sink, one process each over tcp.
 *
 * The run ends when the sink's loop has had every result and, on the credit lane, the ventilator has settled every task,
 * whichever is later. On the push lane the ventilator is told only how many came.
 */
import { setTimeout as pause } from "node:timers/promises";
import { defineTask, type } from "@tq/common";
import { startSink } from "@tq/sink";
import { startVentilator, type Ventilator } from "@tq/ventilator";
import { handler, startWorker } from "@tq/worker";
import { runStage, type Stage, sharedNow } from "../pipeline/stage.ts";
import type { LaneLoad } from "./lane-load.ts";

interface Input {
  readonly id: number;
  readonly value: number;
  readonly text?: string;
}

interface Output {
  readonly id: number;
  readonly result: number;
}

const doubling = defineTask({ name: "bench.double", input: type<Input>(), output: type<Output>() });

runStage<LaneLoad>({ ventilator: ventilate, worker: work, sink: collect });

async function ventilate(stage: Stage<LaneLoad>): Promise<void> {
  const { load } = stage;
  const { sink } = await stage.hear("connect");
  const push = load.lane === "push" ? { push: "tcp://127.0.0.1:*" } : {};
  const { keeping, directory } = load;
  const journal = keeping === "memory" ? {} : { journal: { directory, durability: keeping } };
  const ventilator = await startVentilator({
    workers: "tcp://127.0.0.1:*",
    sinks: [sink],
    ...push,
    ...journal,
  });
  const delivery = load.lane === "push" ? "at-most-once" : "at-least-once";
  stage.say({ said: "bound", endpoint: ventilator.endpoints.workers });
  const text = load.payloadBytes > 0 ? "x".repeat(load.payloadBytes) : undefined;

  function* inputs(from: number, to: number): Generator<Input> {
    for (let id = from; id < to; id++) {
      yield text === undefined ? { id, value: id % 1000 } : { id, value: id % 1000, text };
    }
  }

  await ventilator.submitMany(doubling, inputs(0, load.warmUpTasks), { delivery });
  await allSettled(ventilator);
  await stage.start();
  stage.say({ said: "started", at: sharedNow() });
  await ventilator.submitMany(doubling, inputs(load.warmUpTasks, load.warmUpTasks + load.tasks), {
    delivery,
  });
  // The sink ends the run on the push lane, and has no word left for the ventilator then.
  if (load.lane === "credit") await allSettled(ventilator);
  stage.say({ said: "done", at: sharedNow() });
  await stage.stop(() => void ventilator.close());
}

/** Looks once a millisecond: seldom enough to cost the run nothing, and a second's run ends a millisecond late at most. */
async function allSettled(ventilator: Ventilator): Promise<void> {
  for (;;) {
    const { unsettled, push } = ventilator.stats();
    if (unsettled === 0 && push.unheard === 0) return;
    await pause(1);
  }
}

async function work(stage: Stage<LaneLoad>): Promise<void> {
  const { ventilator } = await stage.hear("connect");
  const double = handler(doubling, async ({ id, value, text }) => ({
    id,
    result: value * 2 + (text?.length ?? 0),
  }));
  const worker = await startWorker({ ventilators: [ventilator], handlers: [double] });
  await stage.start();
  await stage.stop(() => void worker.close());
}

async function collect(stage: Stage<LaneLoad>): Promise<void> {
  const { load } = stage;
  const sink = await startSink({ bind: "tcp://127.0.0.1:*", push: "tcp://127.0.0.1:*" });
  stage.say({ said: "bound", endpoint: sink.endpoint });
  const seen = new Uint8Array(load.warmUpTasks + load.tasks);
  let received = 0;
  const started = { promise: Promise.resolve() };
  for await (const result of sink.results(doubling)) {
    check(result.outcome === "completed" ? result.output : undefined, seen, load.payloadBytes);
    received += 1;
    if (received === load.warmUpTasks) {
      // The loop goes on meanwhile: the ventilator waits for this last result to be committed.
      stage.say({ said: "warm" });
      started.promise = stage.start();
    }
    if (received === load.warmUpTasks + load.tasks) {
      stage.say({ said: "done", at: sharedNow() });
      void started.promise.then(() => stage.stop(() => void sink.close()));
    }
  }
}

function check(output: Output | undefined, seen: Uint8Array, payloadBytes: number): void {
  if (output === undefined) throw new Error("a task did not complete");
  const { id, result } = output;
  if (seen[id] !== 0) throw new Error(`task ${id} is unknown or came twice`);
  if (result !== (id % 1000) * 2 + payloadBytes) throw new Error(`task ${id} gave ${result}`);
  seen[id] = 1;
}
