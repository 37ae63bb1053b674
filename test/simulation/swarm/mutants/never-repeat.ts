import { ReliableStream } from "../../../../packages/common/src/protocol/reliable-stream.ts";
import { around, type Mutant } from "../mutant.ts";

export const neverRepeat: Mutant = {
  name: "never-repeat",
  about: "what was lost on the way is not said again",
  apply: () => around(ReliableStream.prototype, "rewind", () => {}),
};
