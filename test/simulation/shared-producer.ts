/** A producer in a process of its own that has a link to each ventilator, and hands over to whichever has the most credit. */
import { forEachId, idRun, type SubmitEvents } from "@tq/common/protocol";
import { encodeValues, type IdRuns } from "@tq/common/wire";
import { ProducerCore } from "../../packages/producer/src/core/producer-core.ts";
import type { Cluster } from "./cluster.ts";
import { policy, recordingEvents, timing } from "./pipeline.ts";
import { SimulatedNode } from "./world.ts";

interface Owner {
  readonly origins: { readonly sink: string; readonly answer: string };
  readonly next: { sink: number; answer: number };
  credit: number;
}

export class SharedProducer {
  readonly core: ProducerCore;
  readonly node: SimulatedNode;
  readonly origins = new Set<string>();
  /** Not handed over yet. */
  waiting = 0;
  readonly #cluster: Cluster;
  readonly #owners: readonly Owner[];

  constructor(cluster: Cluster, options: { sinkGraceMs: number; keptBytesMax?: number }) {
    this.#cluster = cluster;
    const { world } = cluster;
    this.#owners = Array.from({ length: cluster.options.ventilators }, () => {
      const origins = { sink: `${world.draw64().slice(1)}1`, answer: `${world.draw64().slice(1)}2` };
      this.origins.add(origins.sink).add(origins.answer);
      return { origins, next: { sink: 1, answer: 1 }, credit: 0 };
    });
    this.node = new SimulatedNode(world);
    const ventilators = this.#owners.map(({ origins }, place) => {
      const channel = `ventilator:${place}`;
      this.node.connect(channel, `v${place}.producers`);
      return { channel, endpoint: `memory:v${place}`, origins };
    });
    const events: SubmitEvents = {
      ...recordingEvents(cluster.records, () => this.core),
      credit: (tasks, _bytes, place = 0) => {
        const owner = this.#owners[place];
        if (owner !== undefined) owner.credit = tasks;
      },
    };
    this.core = new ProducerCore({
      now: world.clock.now(),
      timing,
      name: "producer",
      ventilators,
      limits: options,
      port: {
        send: (to, message) => this.node.send(to, undefined, message),
        report: cluster.report,
        drawBootId: world.draw64,
        events,
      },
    });
    this.node.run(this.core);
  }

  /** Within the credit there is, as soon as there is some. */
  submit(count: number, reply: "sink" | "answer"): void {
    this.waiting += count;
    let left = count;
    const attempt = (): void => {
      while (left > 0) {
        const [place, owner] = this.#richest();
        if (owner.credit <= 0) return this.node.after(5, attempt);
        const size = Math.min(left, owner.credit);
        left -= size;
        this.waiting -= size;
        // Before it is handed over: inside, the credit is told anew.
        const ids = idRun(owner.origins[reply], owner.next[reply], size);
        owner.next[reply] += size;
        const inputs: number[] = [];
        forEachId(ids, (origin, seq) => {
          inputs.push(seq);
          this.#cluster.records.of(origin, seq);
        });
        const definition = { name: "work", policy };
        this.core.submit({ definition, reply, ids, options: {}, values: encodeValues(inputs) }, place);
      }
    };
    this.node.after(0, attempt);
  }

  cancel(ids: IdRuns): void {
    this.node.after(0, () => this.core.cancel(ids));
  }

  /** As `close` of its shell. */
  close(): void {
    this.core.flush(this.#cluster.world.clock.now());
    this.core.close("closed");
    this.node.crash();
  }

  #richest(): [place: number, owner: Owner] {
    let best = 0;
    for (const [place, { credit }] of this.#owners.entries()) {
      if (credit > (this.#owners[best]?.credit ?? 0)) best = place;
    }
    const owner = this.#owners[best];
    if (owner === undefined) throw new Error("a producer has ventilators");
    return [best, owner];
  }
}
