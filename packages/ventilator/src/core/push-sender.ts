/**
 * Decides which waiting tasks go into the pipe next, and puts them there.
 *
 * Origins take turns. Readers of a pipe get its messages in turn, so a message holds at most each one's share of what may be
 * sent: many tasks where much waits and much may be under way, one where each slot has one.
 */
import { bytesOfValues, type Origin } from "@tq/common/wire";
import type { VentilatorLimits } from "./limits.ts";
import type { PushFlow } from "./push-flow.ts";
import { takeContent } from "./push-message.ts";
import type { PushOrigin } from "./push-origin.ts";
import type { SinkAssignment } from "./sink-peers.ts";
import type { TaskTable } from "./task-table.ts";
import type { VentilatorPort } from "./ventilator-port.ts";

export interface PushSenderParts {
  readonly identity: { readonly bootId: string; readonly epoch: number };
  readonly limits: VentilatorLimits;
  readonly port: VentilatorPort;
  readonly table: TaskTable;
  readonly assignment: SinkAssignment;
  readonly origins: ReadonlyMap<Origin, PushOrigin>;
  readonly flow: PushFlow;
}

/** The channel of the pipe. */
const channel = "push";

export class PushSender {
  readonly #parts: PushSenderParts;
  /** Whose turn it is. */
  #turn = 0;

  constructor(parts: PushSenderParts) {
    this.#parts = parts;
  }

  /** Sends what can be sent now, origin by origin. `settle` is called of each one before and after it had its turn. */
  sendAll(now: number, settle: (origin: PushOrigin) => void): void {
    const { origins, port } = this.#parts;
    const waiting = [...origins.values()].filter((origin) => origin.waiting > 0);
    if (waiting.length === 0) return;
    const held = this.#heldNames();
    for (let passedOver = 0; passedOver < waiting.length && port.isWritable(channel); ) {
      const origin = waiting[this.#turn % waiting.length];
      this.#turn += 1;
      const isSent =
        origin !== undefined && !held.has(origin.queue.name) && this.#sendOf(now, origin, settle);
      passedOver = isSent ? 0 : passedOver + 1;
    }
  }

  /** Whether outcomes have somewhere to go. An origin that was given a sink stays with it. */
  hasSink(origin: PushOrigin): boolean {
    if (origin.sink === undefined) {
      origin.sink = this.#parts.assignment.ofPushed(origin.origin);
      origin.sinkStart = origin.sink?.bootId;
    }
    return origin.sink?.client.session !== undefined && origin.sink.push !== undefined;
  }

  #sendOf(now: number, origin: PushOrigin, settle: (origin: PushOrigin) => void): boolean {
    if (!this.hasSink(origin)) return false;
    settle(origin);
    const tasks = this.#share(origin);
    if (tasks === 0) return false;
    this.#send(now, origin, tasks);
    settle(origin);
    return true;
  }

  /** How many of its tasks may go in one message. */
  #share({ waiting, queue, window }: PushOrigin): number {
    if (waiting === 0 || queue.pushTakers === 0 || queue.isPaused) return 0;
    // Half of what one reader may have under way, so that it has something while the other half comes.
    const share = Math.ceil(Math.min(waiting, window.tasks / 2) / queue.pushTakers);
    return Math.min(share, window.room, this.#parts.limits.pushTasksPerMessageMax);
  }

  #send(now: number, origin: PushOrigin, tasks: number): void {
    const { port, identity, limits, table, flow } = this.#parts;
    const { queue, sink, window, waiting } = origin;
    const { name, contract } = queue;
    const content = takeContent(now, origin, { tasks, bytes: limits.bytesPerMessageTarget });
    const count = waiting - origin.waiting;
    table.hold(-count, -bytesOfValues(content.values));
    queue.pushed -= count;
    flow.count(now, window, count);
    port.send(channel, undefined, {
      verb: "PUSH",
      bootId: identity.bootId,
      epoch: identity.epoch,
      definition: contract === undefined ? { name } : { name, contract },
      sink: sink?.endpoint ?? "",
      ...content,
    });
  }

  /** Names of which nothing is sent, because a sink of theirs was started anew: it begins when nothing is under way. */
  #heldNames(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { sink, sinkStart, queue } of this.#parts.origins.values())
      if (sink?.client.session !== undefined && sink.bootId !== sinkStart) names.add(queue.name);
    return names;
  }
}
