/** How long things last in a scenario: as long as it says, or as long as `test` has time for. */
export const realTimeVariable = "TQ_REAL_TIME";

const isRealTime = process.env[realTimeVariable] === "1";

/** `realMs` is what the scenario is about; `shortMs` shows the same where the virtual clock of the simulation has shown the rest. */
export const span = (realMs: number, shortMs: number): number => (isRealTime ? realMs : shortMs);
