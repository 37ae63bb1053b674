/**
 * Questions about what the ventilator keeps, from its own process or from a producer: finds who answers, and sees to it that
 * each gets one answer, whatever the parameters are.
 */
import type { Method, QuestionReply } from "@tq/common/protocol";

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
