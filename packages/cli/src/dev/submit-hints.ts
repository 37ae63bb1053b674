/** How each task is submitted, told when it is new or takes something else than before. */
import type { LoadedTask } from "../worker/worker-messages.ts";
import { quoted } from "./own-command.ts";

export interface SubmitHintsOptions {
  /** How `tq` is called here. */
  readonly tq: string;
  /** The producers' endpoint. */
  readonly producers: string;
  readonly say: (line: string) => void;
}

export class SubmitHints {
  readonly #options: SubmitHintsOptions;
  #commands: ReadonlySet<string> = new Set();

  constructor(options: SubmitHintsOptions) {
    this.#options = options;
  }

  /** For a shell; one for each task. */
  get commands(): readonly string[] {
    return [...this.#commands];
  }

  tell(tasks: readonly LoadedTask[]): void {
    const { tq, producers, say } = this.#options;
    const commands = new Set<string>();
    for (const { name, sample } of tasks) {
      const command = `${tq} submit ${name} ${quoted(sample ?? "null")} --ventilator ${producers}`;
      commands.add(command);
      const remark = sample === undefined ? " (its input in place of null)" : "";
      if (!this.#commands.has(command)) say(`submit with${remark}: ${command}`);
    }
    this.#commands = commands;
  }
}
