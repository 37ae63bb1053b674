/**
 * Questions about what the ventilator keeps, from its own process or from a producer: finds who answers, and sees to it that
 * each gets one answer, whatever the parameters are.
 */
import { isTqError } from "@tq/common";
import type { Method, QuestionReply } from "@tq/common/protocol";
import {
  decodeValues,
  encodeValues,
  type NumberedContent,
  nilValues,
  type Values,
  wireLimits,
} from "@tq/common/wire";

/** Answers one method. `params` is whatever the peer sent. May answer later. */
export type Answerer = (now: number, params: unknown, reply: (reply: QuestionReply) => void) => void;

export class Questions {
  readonly #answerers: ReadonlyMap<string, Answerer>;

  constructor(answerers: Readonly<Record<Method, Answerer>>) {
    this.#answerers = new Map(Object.entries(answerers));
  }

  ask(
    now: number,
    { method, params }: { readonly method: string; readonly params: unknown },
    reply: (reply: QuestionReply) => void,
  ): void {
    const answerer = this.#answerers.get(method);
    if (answerer === undefined) {
      const message = `${method} cannot be asked here; there are ${[...this.#answerers.keys()].join(", ")}`;
      return reply({ ok: false, code: "TQ_ERR_INVALID_OPTION", message });
    }
    answerer(now, params, reply);
  }
}

/** The parameters of a REQUEST; nothing if they cannot be read. */
export function readOneValue(values: Values): unknown {
  return decodeValues(values, () => undefined)[0];
}

/** A reply as a message. What is too large for one is answered with the reason. */
export function responseTo(request: number, reply: QuestionReply): NumberedContent {
  if (!reply.ok) {
    const { code, message } = reply;
    return { verb: "RESPONSE", request, code, message: cut(message), values: nilValues(1) };
  }
  try {
    const values = encodeValues([reply.answer], { payloadBytesMax: wireLimits.bodyBytesMax });
    return { verb: "RESPONSE", request, values };
  } catch (error) {
    if (!isTqError(error, "TQ_ERR_PAYLOAD_TOO_LARGE")) throw error;
    return responseTo(request, { ok: false, code: error.code, message: error.message });
  }
}

const cut = (text: string): string => text.slice(0, wireLimits.textCharsMax).toWellFormed();
