/**
 * Every role of the command line is a process of its own: what reaches no further than its own process connects nothing.
 * And what is empty, as from a variable that nobody has set, is told by its option: its value says nothing.
 */
import { TqError } from "@tq/common";
import type { Command, Option } from "commander";

/** Looks at every option of a command that takes endpoints. Errors: `TQ_ERR_INVALID_ENDPOINT`. */
export function refuseInproc(command: Command): void {
  for (const option of command.options) {
    if (!option.flags.includes("<ep")) continue;
    for (const value of [command.getOptionValue(option.attributeName())].flat()) {
      if (value === "") throw emptyEndpoint(option);
      if (typeof value !== "string" || !/^(inproc|memory):/.test(value)) continue;
      const [kind] = value.split(":", 1);
      throw new TqError(
        "TQ_ERR_INVALID_ENDPOINT",
        `${option.long}: ${value}: ${kind} stays within one process, and tq ${command.name()} is a process of its own; ` +
          "on one machine, use ipc:///tmp/NAME or tcp://127.0.0.1:PORT.",
        { details: { endpoint: value } },
      );
    }
  }
}

const emptyEndpoint = ({ long, envVar }: Option): TqError =>
  new TqError(
    "TQ_ERR_INVALID_ENDPOINT",
    `${long} (or ${envVar} in the environment) is empty: give an endpoint such as tcp://127.0.0.1:5557, or leave it out`,
    { details: { endpoint: "" } },
  );
