import type { Submit } from "@tq/common/wire";

/** What an owner hands over, without what only a session knows. */
export type Submission = Pick<
  Submit,
  "definition" | "reply" | "sink" | "handedOn" | "promised" | "ids" | "options" | "values"
>;
