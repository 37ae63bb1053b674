/** The verbs by which a ventilator steers its workers: reservations, control, and leaving the push lane. */

import { contractLimits, parseTaskName } from "../contract/index.ts";
import { envelope } from "./grammar-session.ts";
import { anyUint, positiveUint } from "./grammar-structures.ts";
import type {
  Control,
  ControlCommand,
  Controlled,
  Detach,
  Release,
  Reserve,
  Reserved,
  Tally,
} from "./messages.ts";
import { numbered } from "./numbered.ts";
import type { VerbSpec } from "./verb-spec.ts";

const commands = ["pause", "resume", "drain"] as const satisfies readonly ControlCommand[];

const reservation = { ...positiveUint, doc: "Number of the reservation; the last one counts." } as const;
const control = { ...positiveUint, doc: "Number of the command, growing." } as const;

const toWorker = ["ventilator → worker"] as const;
const toVentilator = ["worker → ventilator"] as const;

export const controlGrammar = {
  RESERVE: numbered<Reserve>(
    "Finish what runs, then start only what this ventilator sends from RESERVED to RELEASE.",
    toWorker,
    { reservation },
  ),
  RESERVED: numbered<Reserved>("Nothing else runs, and nothing else will be started.", toVentilator, {
    reservation,
  }),
  RELEASE: numbered<Release>("The reservation is over.", toWorker, { reservation }),
  CONTROL: numbered<Control>("Do this.", toWorker, {
    control,
    command: { type: "enum", of: commands, doc: "What to do." },
    task: {
      type: "text",
      charsMin: 1,
      charsMax: contractLimits.taskNameCharsMax,
      parse: parseTaskName,
      rule: "`A-Z a-z 0-9 . _ : / -`",
      optional: true,
      doc: "Name of the tasks it is about. Absent: all of this ventilator's.",
    },
  }),
  CONTROLLED: numbered<Controlled>("It is done; a `drain` has begun.", toVentilator, { control }),
  TALLY: {
    doc: "Push lane: how many tasks this worker's process has read and settled, of this start of the ventilator.",
    flows: toVentilator,
    place: "unnumbered",
    reaction: "end",
    fields: {
      ...envelope,
      counts: {
        type: "grants",
        doc: "In triples: place in the definitions of HELLO, tasks read, tasks whose outcome is in the sink's pipe.",
      },
      strays: { ...anyUint, doc: "Tasks of definitions that it has not: read, and failed." },
      leaving: { type: "bool", doc: "It wants to close its PULL: push nothing until DETACH has been said." },
    },
  } satisfies VerbSpec<Tally>,
  DETACH: numbered<Detach>("Push lane: nothing is on its way to this worker any more.", toWorker, {}),
};
