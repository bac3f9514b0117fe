import { inflateSync } from "node:zlib";
import { expect } from "chai";
import {
  asAmount,
  asMember,
  asPeriod,
  asPrice,
  asSignedAmount,
  asWh,
  communityTerms,
  flatTariff,
  previewSharing,
  type Bill,
  type CommunityTerms,
  type SharingPreview,
} from "@wattbook/sdk";
import { billPdf } from "../../cli/src/pdf/bill-pdf.ts";
import { magnitude, moneyText, sumRows, type BillSheet } from "../../cli/src/pdf/sheet.ts";
import { account } from "../sdk/support.ts";

const TERMS = communityTerms({
  ...{ paymentToken: account(1), coordinator: account(2), dso: account(3), feeCollector: account(4) },
});
const MONEY = { symbol: "EUR", decimals: 6n };

/** A sunny day: one home with a roof, one without. */
function day(slotsPerPeriod: bigint): { readonly preview: SharingPreview; readonly terms: CommunityTerms } {
  const terms = { ...TERMS, slotsPerPeriod };
  const count = Number(slotsPerPeriod);
  const values = (of: (slot: number) => readonly [number, number]) =>
    Array.from({ length: count }, (_, slot) => {
      const [imported, exported] = of(slot);
      return { imported: asWh(BigInt(imported)), exported: asWh(BigInt(exported)) };
    });
  const sunny = (slot: number) => slot > count / 3 && slot < (2 * count) / 3;
  const homes = [
    values((slot) => (sunny(slot) ? [0, 500 + slot] : [120, 0])),
    values((slot) => [slot % 7 === 0 ? 0 : 200 + slot, 0]),
  ];
  const members = homes.map((all, index) => ({
    member: asMember(BigInt(index + 4)),
    tariffClass: 0n,
    metering: { kind: "metered" as const, values: all, gapLeg: asSignedAmount(0n) },
    budget: asAmount(9_000_000n),
  }));
  const tariff = flatTariff(terms, asPrice(20n), [{ importPrice: asPrice(300n), exportPrice: asPrice(80n) }]);
  const scheme = { rule: "sdr", compensation: asPrice(0n) } as const;
  return { preview: previewSharing(terms, { period: asPeriod(20_620n), tariff, scheme, members }), terms };
}

function sheetOf(slots = 96n, change: Partial<Bill> = {}, member = 0): BillSheet {
  const { preview, terms } = day(slots);
  const bill = preview.members[member]?.bill;
  if (bill === undefined) throw new Error("no bill");
  const names = { community: "Sunny Street", member: "Adler" };
  return { ...names, money: MONEY, terms, bill: { ...bill, ...change }, shared: preview.slots, rule: "sdr" };
}

/** The words of a page, in the order in which they were drawn. */
function wordsOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  const streams = [...text.matchAll(/stream\n([\s\S]*?)\nendstream/g)].map(([, body = ""]) =>
    inflateSync(Buffer.from(body, "latin1")).toString("latin1"),
  );
  const drawn = streams.join("\n").matchAll(/\[([^\]]*)\] TJ/g);
  return [...drawn]
    .map(([, parts = ""]) =>
      [...parts.matchAll(/<([0-9a-f]*)>/g)].map(([, hex = ""]) => Buffer.from(hex, "hex").toString("latin1")).join(""),
    )
    .join("\n");
}

const pagesOf = (bytes: Uint8Array) =>
  [
    ...Buffer.from(bytes)
      .toString("latin1")
      .matchAll(/\/Type \/Page\b(?!s)/g),
  ].length;

describe("A bill as PDF", function () {
  for (const slots of [4n, 24n, 96n, 144n]) {
    it(`is one page with every one of ${slots} slots`, async function () {
      const sheet = sheetOf(slots);
      const bytes = await billPdf(sheet);
      expect(pagesOf(bytes)).to.equal(1);
      const words = wordsOf(bytes).split("\n");
      for (const { start } of sheet.bill.lines) {
        const time = new Date(Number(start) * 1_000).toISOString().slice(11, 16);
        expect(words, time).to.include(time);
      }
      const cells = sheet.bill.lines.map(({ total }) => moneyText(sheet, total));
      expect(cells.filter((cell) => cell !== "0.0000" && !words.includes(cell))).to.deep.equal([]);
    });
  }

  it("says what is paid, what for, and what it would be elsewhere", async function () {
    const sheet = sheetOf();
    const { bill } = sheet;
    const words = wordsOf(await billPdf(sheet));
    expect(words).to.include(`${moneyText(sheet, magnitude(bill.total), 2n)} EUR`);
    for (const { label, energy, amount } of sumRows(sheet)) {
      for (const part of [label, energy, amount]) expect(words).to.include(part);
    }
    for (const amount of [bill.withoutFeedIn, bill.retailOnly, bill.total]) {
      expect(words).to.include(moneyText(sheet, amount));
    }
    expect(words).to.include("2026-06-16 00:00 to 2026-06-17 00:00 UTC");
    expect(words).to.include('Shared by the rule "sdr".');
  });

  it("adds up: the rows of the sum are the total", function () {
    for (const member of [0, 1]) {
      const { bill } = sheetOf(96n, {}, member);
      const parts = bill.lines.reduce(
        (sum, line) => sum + line.paid - line.received + line.networkFee + line.gridLeg,
        0n,
      );
      expect(bill.total).to.equal(parts + bill.settlementFee);
    }
  });

  it("shows both values where a late reading replaced an estimate, and says what is estimated", async function () {
    const corrected = wordsOf(await billPdf(sheetOf(96n, { estimate: asSignedAmount(7_200_000n) })));
    expect(corrected).to.include("a late reading replaced the estimate (7.2000 estimated for the grid");
    const estimated = wordsOf(await billPdf(sheetOf(96n, { estimated: true })));
    expect(estimated).to.include("Estimated: no reading came in time.");
  });

  it("has the same bytes whenever it is made, and no letter that its fonts lack", async function () {
    const sheet = sheetOf();
    const one = await billPdf(sheet);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(Buffer.from(await billPdf(sheet)).equals(Buffer.from(one))).to.equal(true);
    const words = wordsOf(await billPdf({ ...sheet, member: "Łucja 😀 Müller" }));
    expect(words).to.include("?ucja ?? M\u00fcller of Sunny Street");
  });

  it("rounds half up, away from zero, for tokens of any decimals", function () {
    const at = (decimals: bigint, amount: bigint) => moneyText({ money: { symbol: "T", decimals } }, amount);
    expect(at(6n, 1_234_550n)).to.equal("1.2346");
    expect(at(6n, -1_234_550n)).to.equal("-1.2346");
    expect(at(6n, -49n)).to.equal("0.0000");
    expect(at(18n, 10n ** 18n)).to.equal("1.0000");
    expect(at(2n, 150n)).to.equal("1.5000");
  });
});
