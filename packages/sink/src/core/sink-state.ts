/** How the sink stands, as a subscriber who comes late gets it. */
import { type SinkState, snapshotPeersMax } from "@tq/common/events";
import type { ServerSession } from "@tq/common/protocol";

type Counts = Pick<SinkState, "definitions"> & SinkState["totals"];

export function sinkState(sessions: Iterable<ServerSession>, stats: Counts): SinkState {
  const peers: SinkState["peers"][number][] = [];
  for (const { id, hello } of sessions) {
    if (peers.length === snapshotPeersMax) break;
    peers.push({ role: hello.role === "worker" ? "worker" : "ventilator", peer: hello.name, session: id });
  }
  const { workers, ventilators, committed, duplicates, definitions } = stats;
  return {
    role: "sink",
    peers,
    definitions: definitions.slice(0, snapshotPeersMax),
    totals: { workers, ventilators, committed: { ...committed }, duplicates },
  };
}
