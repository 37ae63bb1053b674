/**
 * What a forked stage of a measured pipeline says to the process that measures it, and hears from it.
 *
 * Only the control goes this way, over the channel of `fork`; tasks never do. The order is fixed: `bound`, then
 * `connect`, then the warm-up, then `start` and `marked`, the measured run, `done` by the sink, `stop`, `usage`.
 * A stage ends with the process that started it.
 */

export type StageRole = "ventilator" | "worker" | "sink";

export type FromStage =
  | { readonly said: "bound"; readonly endpoint: string }
  | { readonly said: "warm" }
  | { readonly said: "marked" }
  | { readonly said: "started"; readonly at: number }
  | { readonly said: "done"; readonly at: number }
  | { readonly said: "wrong"; readonly reason: string }
  | { readonly said: "usage"; readonly cpuMicroseconds: number };

export type ToStage =
  | { readonly say: "connect"; readonly ventilator: string; readonly sink: string }
  | { readonly say: "start" }
  | { readonly say: "stop" };

export interface Stage<Load> {
  readonly role: StageRole;
  readonly load: Load;
  say(message: FromStage): void;
  hear<Kind extends ToStage["say"]>(kind: Kind): Promise<Extract<ToStage, { say: Kind }>>;
  /** Waits for `start` and counts this process's CPU time from then on. */
  start(): Promise<void>;
  /** Waits for `stop`, says the CPU time since `start`, calls `close` and lets go of the parent. */
  stop(close: () => void): Promise<void>;
}

/** Milliseconds on the clock that all processes of this machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Runs the function for the role that this process was forked for. What it throws is told to the parent. */
export function runStage<Load>(roles: Record<StageRole, (stage: Stage<Load>) => Promise<void>>): void {
  const stage = openStage<Load>();
  roles[stage.role](stage).catch((error: unknown) => {
    stage.say({
      said: "wrong",
      reason: `${stage.role}: ${error instanceof Error ? error.stack : String(error)}`,
    });
  });
}

function openStage<Load>(): Stage<Load> {
  const [role, load] = process.argv.slice(2);
  const heard: ToStage[] = [];
  let wake = (): void => {};
  process.on("message", (message) => {
    heard.push(message as ToStage);
    wake();
  });
  process.on("disconnect", () => process.exit());
  let cpuAtStart = process.cpuUsage();

  const stage: Stage<Load> = {
    role: role as StageRole,
    load: JSON.parse(load ?? "null") as Load,
    say: (message) => void process.send?.(message),
    async hear(kind) {
      for (;;) {
        const index = heard.findIndex((message) => message.say === kind);
        if (index >= 0) return heard.splice(index, 1)[0] as never;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async start() {
      await stage.hear("start");
      cpuAtStart = process.cpuUsage();
      stage.say({ said: "marked" });
    },
    async stop(close) {
      await stage.hear("stop");
      const { user, system } = process.cpuUsage(cpuAtStart);
      stage.say({ said: "usage", cpuMicroseconds: user + system });
      close();
    },
  };
  return stage;
}
