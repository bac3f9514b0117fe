/** Connects a wallet, deposits with a permit, signs a strip, and shows what it filled. */
import * as sdk from "@wattbook/sdk";
import { every, field, offerSlots, showFills, status, step } from "./page.ts";
import { findWallet } from "./wallet.ts";

const query = new URLSearchParams(location.search);
const community = sdk.asCommunity(BigInt(query.get("community") ?? 0));
const member = sdk.asMember(BigInt(query.get("member") ?? 4));

step("connect", async () => {
  const deployment: unknown = await (await fetch("deployment.json")).json();
  const wattbook = await sdk.connect(await findWallet(), deployment);
  const { account, signer, provider, escrow, market, domains } = wattbook;
  if (account === null || signer === null) throw new Error("The wallet offers no account. Unlock it and try again.");
  const token = await wattbook.paymentToken(community);
  const [decimals, symbol] = [await token.decimals(), await token.symbol()];
  const terms = await wattbook.registry.terms(community);
  const logs = await wattbook.logs(community);
  const now = async () => sdk.asSeconds(BigInt((await provider.getBlock("latest"))?.timestamp ?? 0));
  const money = (amount: sdk.Amount) => `${sdk.formatAmount(amount, decimals)} ${symbol}`;

  const showAccount = async () => {
    const { free } = await escrow.account(community, member);
    const reserved = (await logs.reserved()).get(member) ?? sdk.asAmount(0n);
    status("account", `${account}: ${money(free)} free, ${money(reserved)} reserved`);
  };
  const fillsOf = (period: sdk.Period) => sdk.fillsOf(logs, terms, member, period, wattbook.deployment);

  step("deposit", async () => {
    const value = sdk.parseAmount(field("amount"), decimals);
    const deadline = sdk.asSeconds((await now()) + 3_600n);
    const permit = { owner: account, spender: escrow.address, value, nonce: await token.nonceOf(account), deadline };
    const signed = await sdk.signPermit(await token.domain(), permit, signer);
    await (await escrow.send.depositWithPermit(community, member, value, signed)).wait();
    await showAccount();
  });

  step("order", async () => {
    const slot = sdk.asSlot(BigInt(field("slot")));
    const period = sdk.periodOf(terms, slot);
    const side = field("side") === "buy" ? "buy" : "sell";
    const price = sdk.parsePrice(field("price"), decimals);
    const { header, context } = await sdk.prepareStrip(wattbook, community, member, period);
    const order = { slot, side, price, energy: sdk.asWh(BigInt(field("energy"))) } as const;
    const strip = sdk.buildStrip(terms, header, [order], context);
    const signature = await sdk.signStrip(domains.market, strip, signer);
    await (await market.send.post(community, period, [{ strip, signature }])).wait();
    const skipped = (await logs.skipped(period, wattbook.deployment)).filter((item) => item.member === member).at(-1);
    if ((await fillsOf(period)).length === 0) throw new Error(`The market skipped the strip: ${skipped?.reason}.`);
    await showAccount();
    every(2_000, async () => {
      showFills(await fillsOf(period), terms, decimals);
    });
  });

  offerSlots(terms, await now());
  await showAccount();
});
