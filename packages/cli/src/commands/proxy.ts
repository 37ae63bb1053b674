/** `tq proxy`: gives many publishers of events one address. */
import type { Command } from "commander";
import { type Environment, flag, option } from "../command-line/options.ts";
import { serve } from "../command-line/serve.ts";
import type { ExitCode } from "../exit-codes.ts";
import { createCliLogger, type LogLevel } from "../output/create-cli-logger.ts";
import { printReady } from "../output/ready-line.ts";

export interface ProxyCommandOptions {
  readonly publishers: string;
  readonly subscribers: string;
  readonly insecure: boolean;
  readonly logLevel: LogLevel;
}

export function describeProxy(command: Command, environment: Environment): Command {
  return command
    .description("give many publishers of events one address")
    .addOption(
      option(
        "--publishers <ep>",
        "bind here for ventilators and sinks (their --events-proxy); port * for any free one",
      ).makeOptionMandatory(),
    )
    .addOption(
      option(
        "--subscribers <ep>",
        "bind here for subscribers, such as tq events --from",
      ).makeOptionMandatory(),
    )
    .addOption(flag("--insecure", "allow to bind beyond the loopback, unencrypted", environment));
}

export async function runProxy(options: ProxyCommandOptions): Promise<ExitCode> {
  const { publishers, subscribers, insecure, logLevel } = options;
  const log = createCliLogger("proxy", logLevel);
  const { startEventProxy } = await import("@tq/events");
  const proxy = await startEventProxy({ publishers, subscribers, insecure });
  const ended = printReady({ role: "proxy", pid: process.pid, ...proxy.endpoints }).then(() => proxy.closed);
  // It holds nothing that could be drained.
  const running = { drain: () => proxy.close(), close: () => proxy.close() };
  return serve({ running, ended, log });
}
