/**
 * Every verb of TQP/1: who says it to whom, whether it is numbered, and each field of its header.
 *
 * The single source: the codec reads and writes by these tables, and those in `docs/protocol.md` are made from them.
 */
import { controlGrammar } from "./grammar-control.ts";
import { pipeGrammar } from "./grammar-pipes.ts";
import { producerGrammar } from "./grammar-producers.ts";
import { sessionGrammar } from "./grammar-session.ts";
import { taskGrammar } from "./grammar-tasks.ts";
import type { Message, NumberedMessage, Role, SessionMessage, Verb } from "./messages.ts";
import type { Flow, VerbSpec } from "./verb-spec.ts";

export const grammar: { readonly [V in Verb]: VerbSpec<Extract<Message, { verb: V }>> } = {
  ...sessionGrammar,
  ...taskGrammar,
  ...controlGrammar,
  ...pipeGrammar,
  ...producerGrammar,
};

/** Whether that role may say this verb to the other. */
export function mayCarry(verb: Verb, from: Role, to: Role): boolean {
  const flow: Flow = `${from} → ${to}`;
  return grammar[verb].flows.includes(flow);
}

/** Numbered messages are delivered once and in order while the session lives. */
export function isNumbered(message: Message): message is NumberedMessage {
  return grammar[message.verb].place === "numbered";
}

/** Whether the message belongs to a session, numbered or not. HEART does not: it names one, over its own connection. */
export function inSession(message: Message): message is SessionMessage {
  const { place } = grammar[message.verb];
  return place === "numbered" || place === "unnumbered";
}
