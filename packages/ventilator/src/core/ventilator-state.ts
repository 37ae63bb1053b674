/** How the ventilator stands, as a subscriber who comes late gets it. Costs a look at each batch, not at each task. */
import { snapshotPeersMax, type VentilatorState } from "@tq/common/events";
import type { DefinitionQueues } from "./definition-queues.ts";
import type { PauseRule } from "./pause-rules.ts";
import type { ProducerPeer } from "./producer-peer.ts";
import type { SinkPeer } from "./sink-peers.ts";
import type { TaskQueue } from "./task-batch.ts";
import type { TaskTable } from "./task-table.ts";
import type { WorkerPeer } from "./worker-peer.ts";
import type { Workers } from "./workers.ts";

export interface StateParts {
  readonly table: TaskTable;
  readonly queues: DefinitionQueues;
  readonly workers: Workers;
  readonly sinks: readonly SinkPeer[];
  readonly producers: Iterable<ProducerPeer>;
  readonly pauses: readonly PauseRule[];
}

export function ventilatorState(parts: StateParts): VentilatorState {
  const { table, workers } = parts;
  const definitions = definitionsOf(parts);
  const producers = [...parts.producers];
  const sum = (field: "ready" | "leased" | "suspects"): number =>
    definitions.reduce((total, definition) => total + definition[field], 0);
  return {
    role: "ventilator",
    workers: [...workers].slice(0, snapshotPeersMax).map(workerState),
    producers: producers.slice(0, snapshotPeersMax).map(({ owner, session }) => ({
      producer: owner.name,
      isConnected: session !== undefined,
    })),
    sinks: parts.sinks.map(({ endpoint, stableId, client }) => ({
      endpoint,
      sink: stableId,
      isConnected: client.session !== undefined,
    })),
    definitions: definitions.slice(0, snapshotPeersMax),
    pauses: parts.pauses,
    totals: {
      workers: workers.size,
      producers: producers.length,
      sinks: parts.sinks.length,
      unsettled: table.tasks,
      unsettledBytes: table.bytes,
      ready: sum("ready"),
      leased: sum("leased"),
      suspects: sum("suspects"),
    },
  };
}

function workerState(worker: WorkerPeer): VentilatorState["workers"][number] {
  const { name, session, leases, isBlocked, quarantine } = worker;
  const { definitions, slots, tags } = session.hello;
  const state = isBlocked ? "blocked" : quarantine === "open" ? "open" : "apart";
  return {
    worker: name,
    tasks: definitions.map((definition) => definition.name),
    slots,
    tags,
    leases,
    state,
  };
}

function definitionsOf({ table, queues, workers }: StateParts): VentilatorState["definitions"] {
  const unsettled = new Map<TaskQueue, number>();
  for (const { queue, unsettled: count } of table.unsettledBatches()) {
    unsettled.set(queue, (unsettled.get(queue) ?? 0) + count);
  }
  const leased = new Map<TaskQueue, number>();
  for (const { leasesByBatch } of workers) {
    for (const [{ queue }, count] of leasesByBatch) leased.set(queue, (leased.get(queue) ?? 0) + count);
  }
  return [...queues].map((queue) => ({
    task: queue.name,
    contract: queue.contract,
    workers: queue.workers.length,
    unsettled: unsettled.get(queue) ?? 0,
    ready: queue.ready,
    leased: leased.get(queue) ?? 0,
    suspects: queue.suspects.length,
  }));
}
