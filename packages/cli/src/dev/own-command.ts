/** How whoever started this process runs `tq`, so that what is printed to be pasted works in their shell. */
import { basename, delimiter, dirname, relative, resolve } from "node:path";

export interface OwnCommandSource {
  /** The module that runs, as `process.argv[1]`. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** `tq` itself, by way of the package manager that ran it, or `node` with the module. */
export function ownCommand({ script, environment, folder }: OwnCommandSource): string {
  const { npm_lifecycle_event: script_, npm_command: command, PATH = "" } = environment;
  const manager = managerOf(environment);
  if (manager !== undefined && script_ === "tq") {
    return manager === "npm" ? "npm run --silent tq --" : `${manager} tq`;
  }
  if (manager === "npm" && script_ === "npx") return "npx tq";
  if (manager !== undefined && command === "exec") return `${manager} exec tq`;
  const path = resolve(folder, script);
  if (basename(path) === "tq") {
    return PATH.split(delimiter).includes(dirname(path)) ? "tq" : quoted(`./${relative(folder, path)}`);
  }
  return `node ${quoted(relative(folder, path))}`;
}

/** `npm`, or pnpm as it is called: by npx where npx has fetched it. */
function managerOf({ npm_config_user_agent: agent = "", npm_execpath: path = "" }: NodeJS.ProcessEnv) {
  if (agent.startsWith("npm/")) return "npm";
  const [, version] = /^pnpm\/(\S+)/.exec(agent) ?? [];
  if (version === undefined) return undefined;
  return /[\\/]_npx[\\/]/.test(path) ? `npx -y pnpm@${version}` : "pnpm";
}

/** A word for a POSIX shell. */
export const quoted = (word: string): string =>
  /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
