/**
 * Questions to one ventilator, and their answers. A question lives as long as the session it was sent in: when that ends
 * without an answer, nobody can say whether a command was carried out, and a new session knows nothing of it.
 */
import type { QuestionReply } from "@tq/common/protocol";
import { decodeValues, encodeValues, type NumberedContent, type Response } from "@tq/common/wire";

/** Called once. */
export type Replying = (reply: QuestionReply) => void;

export class Asking {
  readonly #endpoint: string;
  /** By number. */
  readonly #asked = new Map<number, Replying>();
  #unsent: NumberedContent[] = [];
  #last = 0;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  ask({ method, params }: { readonly method: string; readonly params: unknown }, reply: Replying): void {
    this.#last += 1;
    this.#asked.set(this.#last, reply);
    this.#unsent.push({ verb: "REQUEST", request: this.#last, method, values: encodeValues([params]) });
  }

  takeUnsent(): readonly NumberedContent[] {
    return this.#unsent.splice(0);
  }

  /** False if nobody has asked that. */
  answered({ request, code, message = "", values }: Response): boolean {
    const reply = this.#asked.get(request);
    if (reply === undefined) return false;
    this.#asked.delete(request);
    if (code !== undefined)
      reply({ ok: false, code, message: `${message} (the ventilator at ${this.#endpoint})` });
    else reply(this.#read(values));
    return true;
  }

  /** Its session is over. */
  ended(): void {
    const message = `contact with the ventilator at ${this.#endpoint} was lost before it had answered; a command may have been carried out`;
    this.#unsent = [];
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const reply of asked) reply({ ok: false, code: "TQ_ERR_UNKNOWN_OUTCOME", message });
  }

  #read(values: Response["values"]): QuestionReply {
    let reason: string | undefined;
    const [answer] = decodeValues(values, (_index, error) => {
      reason = error.message;
    });
    if (reason !== undefined) return { ok: false, code: "TQ_ERR_UNDECODABLE", message: reason };
    // Whoever asked looks at each field that it needs.
    return { ok: true, answer: answer as Extract<QuestionReply, { ok: true }>["answer"] };
  }
}
