import { CreditAccount } from "../../../../packages/common/src/protocol/credit.ts";
import { around, type Mutant } from "../mutant.ts";

export const incrementalCredit: Mutant = {
  name: "incremental-credit",
  about: "a grant adds to the one before, where it should replace it",
  apply() {
    const totals = new WeakMap<CreditAccount, { tasks: number; bytes: number }>();
    return around(CreditAccount.prototype, "grant", ({ self, args: [tasks, bytes], proceed }) => {
      const before = totals.get(self) ?? { tasks: 0, bytes: 0 };
      const total = { tasks: before.tasks + tasks, bytes: before.bytes + bytes };
      totals.set(self, total);
      return proceed(total.tasks, total.bytes);
    });
  },
};
