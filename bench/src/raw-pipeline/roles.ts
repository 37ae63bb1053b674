/**
 * The hand-written pipeline that everything else is measured against: ventilator → worker → sink over PUSH/PULL,
 * one MessagePack array of tasks per message, an async handler, and nothing acknowledged.
 *
 * It does what no such pipeline can leave out, and nothing more: no ids but those in the data, no header, no
 * second frame, no checks of what arrives except the sink's, without which a figure would mean nothing.
 * A message is packed while the one before it is being sent. The default time-outs stay: one `poll` call per
 * message costs little, and a time-out of 0 turns every full queue into an exception.
 */

import { Packr } from "msgpackr";
import { Pull, Push } from "zeromq";
import { runStage, type Stage, sharedNow } from "../pipeline/stage.ts";
import type { RawLoad } from "./raw-load.ts";

interface Input {
  readonly id: number;
  readonly value: number;
  readonly text?: string;
}

interface Output {
  readonly id: number;
  readonly result: number;
}

const packr = new Packr({ useRecords: false, variableMapSize: true });

runStage<RawLoad>({ ventilator: ventilate, worker: work, sink: collect });

async function ventilate(stage: Stage<RawLoad>): Promise<void> {
  const { load } = stage;
  const push = new Push({ linger: 0, sendHighWaterMark: queueLength(load) });
  await push.bind("tcp://127.0.0.1:*");
  stage.say({ said: "bound", endpoint: push.lastEndpoint ?? "" });
  const text = load.payloadBytes > 0 ? "x".repeat(load.payloadBytes) : undefined;

  async function send(from: number, to: number): Promise<void> {
    let sent = Promise.resolve();
    for (let first = from; first < to; first += load.tasksPerMessage) {
      const inputs = new Array<Input>(Math.min(load.tasksPerMessage, to - first));
      for (let index = 0; index < inputs.length; index++) {
        const id = first + index;
        inputs[index] = text === undefined ? { id, value: id % 1000 } : { id, value: id % 1000, text };
      }
      const message = packr.pack(inputs);
      await sent;
      sent = push.send(message);
    }
    await sent;
  }

  await send(0, load.warmUpTasks);
  await stage.start();
  stage.say({ said: "started", at: sharedNow() });
  await send(load.warmUpTasks, load.warmUpTasks + load.tasks);
  await stage.stop(() => push.close());
}

async function work(stage: Stage<RawLoad>): Promise<void> {
  const { load } = stage;
  const { ventilator, sink } = await stage.hear("connect");
  const pull = new Pull({ linger: 0, receiveHighWaterMark: queueLength(load) });
  const push = new Push({ linger: 0, sendHighWaterMark: queueLength(load) });
  pull.connect(ventilator);
  push.connect(sink);
  void stage.start().then(() => stage.stop(() => process.exit()));

  let sent = Promise.resolve();
  for (;;) {
    const [frame] = await pull.receive();
    const inputs = packr.unpack(frame as Buffer) as Input[];
    const outputs = new Array<Output>(inputs.length);
    for (let index = 0; index < inputs.length; index++) outputs[index] = await handle(inputs[index] as Input);
    const message = packr.pack(outputs);
    await sent;
    sent = push.send(message);
  }
}

async function handle({ id, value, text }: Input): Promise<Output> {
  return { id, result: value * 2 + (text?.length ?? 0) };
}

async function collect(stage: Stage<RawLoad>): Promise<void> {
  const { load } = stage;
  const pull = new Pull({ linger: 0, receiveHighWaterMark: queueLength(load) });
  await pull.bind("tcp://127.0.0.1:*");
  stage.say({ said: "bound", endpoint: pull.lastEndpoint ?? "" });
  const seen = new Uint8Array(load.warmUpTasks + load.tasks);

  async function receive(count: number): Promise<void> {
    for (let received = 0; received < count; ) {
      const [frame] = await pull.receive();
      const outputs = packr.unpack(frame as Buffer) as Output[];
      for (let index = 0; index < outputs.length; index++) {
        const { id, result } = outputs[index] as Output;
        if (seen[id] !== 0) throw new Error(`task ${id} is unknown or came twice`);
        if (result !== (id % 1000) * 2 + load.payloadBytes) throw new Error(`task ${id} gave ${result}`);
        seen[id] = 1;
      }
      received += outputs.length;
    }
  }

  await receive(load.warmUpTasks);
  stage.say({ said: "warm" });
  await stage.start();
  await receive(load.tasks);
  stage.say({ said: "done", at: sharedNow() });
  await stage.stop(() => pull.close());
}

/** Deep enough that nobody waits for the next message, shallow enough that memory stays small. */
function queueLength({ tasksPerMessage }: RawLoad): number {
  return Math.min(1000, Math.max(8, Math.ceil(8192 / tasksPerMessage)));
}
