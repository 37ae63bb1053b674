/** What a peer is told that came to an endpoint for others. */
import type { Refusal } from "@tq/common/protocol";
import type { Hello } from "@tq/common/wire";

/** `endpoints`: of each kind of peer, as far as there are any. */
export function refusalOf(hello: Hello, endpoints: Readonly<Record<string, string | undefined>>): Refusal {
  const { role, to } = hello;
  const endpoint = role === "ventilator" || to === "sink" ? endpoints.sinks : endpoints[`${role}s`];
  const where =
    endpoint === undefined ? "this ventilator has no endpoint for it" : `${endpoint} is the right one`;
  const message = `a ${role} said HELLO at the wrong endpoint; ${where}`;
  return { code: "TQ_ERR_WRONG_ENDPOINT", message, ...(endpoint === undefined ? {} : { endpoint }) };
}
