/**
 * The raw pipeline with a layout in place of the one array: the ventilator's process packs batches as a producer
 * would and cuts messages out of them without decoding, the worker answers each input with itself, the sink
 * decodes and checks. Otherwise the same sockets, queues and order of work as the raw pipeline.
 */

import { Pull, Push } from "zeromq";
import { runStage, type Stage, sharedNow } from "../pipeline/stage.ts";
import type { LayoutLoad } from "./layout-load.ts";
import { type Layout, layouts } from "./layouts.ts";
import { makeValues, type Shape } from "./values.ts";

/** Values are made once and sent again with new ids: making them anew would cost more than sending them. */
const poolSizes: Record<Shape, number> = { small: 4096, "100B": 4096, "4KiB": 1024 };

runStage<LayoutLoad>({ ventilator: ventilate, worker: work, sink: collect });

async function ventilate(stage: Stage<LayoutLoad>): Promise<void> {
  const { load } = stage;
  const layout = findLayout(load);
  const pool = makeValues(load.shape, poolSizes[load.shape]);
  const push = new Push({ linger: 0, sendHighWaterMark: queueLength(load) });
  await push.bind("tcp://127.0.0.1:*");
  stage.say({ said: "bound", endpoint: push.lastEndpoint ?? "" });

  async function send(from: number, to: number): Promise<void> {
    let sent = Promise.resolve();
    const batchTasks = load.tasksPerMessage * load.messagesPerBatch;
    for (let first = from; first < to; first += batchTasks) {
      const values = new Array<{ id: number }>(Math.min(batchTasks, to - first));
      for (let index = 0; index < values.length; index++) {
        const value = pool[(first + index) % pool.length] as { id: number };
        value.id = first + index;
        values[index] = value;
      }
      const packed = layout.pack(values);
      for (let start = 0; start < values.length; start += load.tasksPerMessage) {
        const frames = layout.cut(packed, start, Math.min(start + load.tasksPerMessage, values.length));
        await sent;
        sent = push.send(frames);
      }
    }
    await sent;
  }

  await send(0, load.warmUpTasks);
  await stage.start();
  stage.say({ said: "started", at: sharedNow() });
  await send(load.warmUpTasks, load.warmUpTasks + load.tasks);
  await stage.stop(() => push.close());
}

async function work(stage: Stage<LayoutLoad>): Promise<void> {
  const { load } = stage;
  const layout = findLayout(load);
  const { ventilator, sink } = await stage.hear("connect");
  const pull = new Pull({ linger: 0, receiveHighWaterMark: queueLength(load) });
  const push = new Push({ linger: 0, sendHighWaterMark: queueLength(load) });
  pull.connect(ventilator);
  push.connect(sink);
  void stage.start().then(() => stage.stop(() => process.exit()));

  let sent = Promise.resolve();
  for (;;) {
    const inputs = layout.unpack(await pull.receive());
    const outputs = new Array<unknown>(inputs.length);
    for (let index = 0; index < inputs.length; index++) outputs[index] = await handle(inputs[index]);
    const frames = layout.cut(layout.pack(outputs), 0, outputs.length);
    await sent;
    sent = push.send(frames);
  }
}

async function handle(input: unknown): Promise<unknown> {
  return input;
}

async function collect(stage: Stage<LayoutLoad>): Promise<void> {
  const { load } = stage;
  const layout = findLayout(load);
  const pool = makeValues(load.shape, poolSizes[load.shape]);
  const pull = new Pull({ linger: 0, receiveHighWaterMark: queueLength(load) });
  await pull.bind("tcp://127.0.0.1:*");
  stage.say({ said: "bound", endpoint: pull.lastEndpoint ?? "" });
  const seen = new Uint8Array(load.warmUpTasks + load.tasks);

  async function receive(count: number): Promise<void> {
    for (let received = 0; received < count; ) {
      const values = layout.unpack(await pull.receive()) as { id: number }[];
      for (let index = 0; index < values.length; index++) {
        const { id } = values[index] as { id: number };
        if (seen[id] !== 0) throw new Error(`task ${id} is unknown or came twice`);
        seen[id] = 1;
      }
      // One whole value per message: comparing all would cost more than what is measured.
      const last = values.at(-1);
      if (last !== undefined) assertSame(last, { ...pool[last.id % pool.length], id: last.id });
      received += values.length;
    }
  }

  await receive(load.warmUpTasks);
  stage.say({ said: "warm" });
  await stage.start();
  await receive(load.tasks);
  stage.say({ said: "done", at: sharedNow() });
  await stage.stop(() => pull.close());
}

function assertSame(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) throw new Error(`got ${JSON.stringify(actual)}`);
}

function findLayout({ layout: name }: LayoutLoad): Layout {
  const layout = layouts.find((candidate) => candidate.name === name);
  if (layout === undefined) throw new Error(`no layout is called ${name}`);
  return layout;
}

function queueLength({ tasksPerMessage }: LayoutLoad): number {
  return Math.min(1000, Math.max(8, Math.ceil(8192 / tasksPerMessage)));
}
