import { expect } from "chai";
import type { BaseContract, FunctionFragment } from "ethers";
import { acceptCoordinator, contracts, otherModuleAppends, table, type ContractName, type Row } from "./roles/table.ts";
import { answerTo, viewsOf } from "./roles/views.ts";
import { buildWorld, type Role, type World } from "./roles/world.ts";

const isFunction = (fragment: { type: string }): fragment is FunctionFragment => fragment.type === "function";

/** Signatures of everything in the ABI that can change state. */
const writing = (contract: BaseContract) =>
  contract.interface.fragments.filter(isFunction).filter(({ constant }) => !constant);

describe("Roles: who may call what", function () {
  let w: World;
  let roles: Role[];

  before(async function () {
    w = await buildWorld();
    roles = Object.keys(w.roles) as Role[];
  });

  /** Calls as every role in turn, without sending a transaction: nothing changes between two calls. */
  async function check(contract: ContractName, name: string, row: Row) {
    const target: BaseContract = w[contract];
    const inner: Partial<Record<string, BaseContract>> = { ModuleNotEnabled: w.escrow, NoCommit: w.commitBook };
    const errors = inner[row.then?.error ?? ""] ?? target;
    for (const role of roles) {
      const from = w.roles[role];
      const connected = target.connect(w.as(role));
      const call = connected.getFunction(name).staticCall(...row.args(w, from));
      const allowed = row.may === "anyone" || row.may.includes(role);
      if (!allowed) {
        if (!row.refusal) throw new Error(`${name} has no refusal`);
        await expect(call, role)
          .to.be.revertedWithCustomError(target, row.refusal.error)
          .withArgs(...row.refusal.args(w, from));
      } else if (row.then) {
        await expect(call, role)
          .to.be.revertedWithCustomError(errors, row.then.error)
          .withArgs(...row.then.args(w));
      } else {
        await expect(call, role).to.be.fulfilled;
      }
    }
  }

  describe("the table", function () {
    for (const contract of contracts) {
      it(`lists every function of the ${contract} that changes state, and no other`, function () {
        const names = writing(w[contract]).map(({ name }) => name);
        expect(names.sort()).to.deep.equal(Object.keys(table[contract]).sort());
      });

      it(`leaves no way to send ether to the ${contract}`, function () {
        const { fragments, receive, fallback } = w[contract].interface;
        expect(fragments.filter(isFunction).filter(({ payable }) => payable)).to.deep.equal([]);
        expect(receive || fallback).to.not.equal(true);
      });
    }
  });

  for (const contract of contracts) {
    describe(contract, function () {
      for (const [name, row] of Object.entries(table[contract])) {
        const who = row.may === "anyone" ? "anyone" : row.may.join(" or ");
        it(`${name}: ${who}`, async function () {
          await check(contract, name, row);
        });
      }
    });
  }

  describe("views", function () {
    for (const contract of contracts) {
      it(`answer a stranger as they answer every role: all of the ${contract}`, async function () {
        const views = viewsOf(w[contract]);
        expect(views).not.to.have.length(0);
        for (const view of views) {
          const told = await answerTo(w, w.roles.stranger, w[contract], view);
          expect(told, view.name).to.match(/^0x([0-9a-f]{64})+$/);
          for (const role of roles) {
            expect(await answerTo(w, w.roles[role], w[contract], view), `${view.name}, ${role}`).to.equal(told);
          }
        }
      });
    }
  });

  describe("roles in the middle of a handover", function () {
    it("only the coordinator to be accepts the coordinator's role", async function () {
      await check("registry", "acceptOwnership", acceptCoordinator);
    });

    it("a module appends under its own index only", async function () {
      await check("escrow", "append", otherModuleAppends);
    });
  });

  describe("in a paused community", function () {
    let running: Awaited<ReturnType<World["takeSnapshot"]>>;

    before(async function () {
      running = await w.takeSnapshot();
      await w.registry.connect(w.pauser).pause(w.community);
    });
    after(async function () {
      await running.restore();
    });

    for (const contract of contracts) {
      for (const [name, row] of Object.entries(table[contract])) {
        it(`${contract}.${name}: ${row.pausable ? "nobody" : "as ever"}`, async function () {
          if (!row.pausable) {
            await check(contract, name, row);
            return;
          }
          for (const role of roles) {
            const call = w[contract]
              .connect(w.as(role))
              .getFunction(name)
              .staticCall(...row.args(w, w.roles[role]));
            await expect(call, role).to.be.revertedWithCustomError(w[contract], "TradingPaused").withArgs(w.community);
          }
        });
      }
    }
  });

  describe("the deployer", function () {
    it("may call nothing that a stranger may not", function () {
      const rows = contracts.flatMap((contract) => Object.values(table[contract]));
      for (const { may } of rows) expect(may === "anyone" || !may.includes("deployer")).to.equal(true);
    });

    it("owns no member of the community and has no key in it", async function () {
      const count = Number(await w.registry.memberCount(w.community));
      for (let member = 0; member < count; member++) {
        expect(await w.registry.ownerOf(w.community, member)).to.not.equal(w.deployer.address);
        const { word, meterKey } = await w.registry.meterFor(w.community, member, w.period);
        expect(word & ((1n << 160n) - 1n)).to.not.equal(BigInt(w.deployer.address));
        expect(meterKey).to.not.equal(w.deployer.address);
      }
    });

    it("appears in no contract's addresses", async function () {
      const known = [
        await w.registry.escrow(),
        await w.registry.settlement(),
        await w.escrow.registry(),
        await w.escrow.settlement(),
        await w.settlement.registry(),
        await w.settlement.escrow(),
        await w.settlement.energyToken(),
        await w.auction.registry(),
        await w.auction.escrow(),
        await w.sealedAuction.registry(),
        await w.sealedAuction.escrow(),
        await w.sealedAuction.commitBook(),
        await w.sealedAuction.bondKeeper(),
        await w.commitBook.registry(),
        await w.commitBook.escrow(),
        await w.commitBook.auction(),
        await w.energyToken.settlement(),
      ];
      expect(known).to.not.include(w.deployer.address);
    });
  });
});
