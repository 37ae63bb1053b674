/** One beat after the other: what a heart says to each ventilator, read from the worker's table. */
import type { ClientLink } from "@tq/common/transport";
import { encodeMessage } from "@tq/common/wire";
import type { HeartTable } from "./heart-table.ts";

/** Twice per heartbeat and more: two may be lost, and a third be late. */
export const beatMs = 250;

/** `links` lead to the ventilators, in their order. The timer keeps its thread alive. */
export function startBeats(
  table: HeartTable,
  links: readonly Pick<ClientLink, "send">[],
  everyMs: number,
): NodeJS.Timeout {
  return setInterval(() => {
    const stuckMs = table.stuckMs();
    for (const [ventilator, link] of links.entries()) {
      const known = table.session(ventilator);
      if (known === undefined) continue;
      const { session, bootId, epoch } = known;
      const started = table.started(ventilator, epoch);
      link.send(encodeMessage({ verb: "HEART", session, bootId, stuckMs, started }));
    }
  }, everyMs);
}
