/** Nobody is sent more than it has granted. */
import { countIds, forEachGrant } from "@tq/common/protocol";
import type { Message } from "@tq/common/wire";
import type { CreateInvariant } from "../invariant.ts";
import type { Spoken } from "../surroundings.ts";

const name = "within the credit";

/** What was granted and spent in one session, by definition. */
interface Account {
  readonly granted: Map<number, number>;
  readonly spent: Map<number, number>;
  /** Numbers of messages that were counted: what leaves again costs nothing. */
  counted: number;
}

/** The definition that a message spends credit of, in a session that gives credit for it. */
const definitionOf = (message: Message, { process }: Spoken): number | undefined => {
  if (message.verb === "TASKS") return message.definition;
  if (message.verb === "SUBMIT") return message.reply === "push" ? undefined : 0;
  if (message.verb === "RESULTS") return process.name.startsWith("w") ? message.definition : undefined;
  return undefined;
};

export const withinCredit: CreateInvariant = (world) => {
  const accounts = new Map<string, Account>();
  const accountOf = (process: number, session: number): Account => {
    const key = `${process}/${session}`;
    const known = accounts.get(key);
    if (known !== undefined) return known;
    const made: Account = { granted: new Map(), spent: new Map(), counted: 0 };
    accounts.set(key, made);
    return made;
  };
  return {
    name,
    heard({ process, message }) {
      if (message.verb !== "GRANT" && message.verb !== "HEARTBEAT") return;
      const { granted } = accountOf(process.number, message.session);
      forEachGrant(message.grants ?? [], (definition, tasks) => {
        granted.set(definition, Math.max(granted.get(definition) ?? 0, tasks));
      });
    },
    said(spoken) {
      const { process, message } = spoken;
      const definition = definitionOf(message, spoken);
      if (definition === undefined || !("number" in message) || !("ids" in message)) return;
      // Answers go back to the ventilator without credit: room for them was reserved.
      if (message.verb === "RESULTS" && spoken.from.channel.startsWith("ventilator:")) return;
      const account = accountOf(process.number, message.session);
      if (message.number <= account.counted) return;
      account.counted = message.number;
      const spent = (account.spent.get(definition) ?? 0) + countIds(message.ids);
      account.spent.set(definition, spent);
      const granted = account.granted.get(definition) ?? 0;
      if (spent > granted)
        world.violated(name, `${process.name} sent ${spent} with ${message.verb} and was granted ${granted}`);
    },
  };
};
