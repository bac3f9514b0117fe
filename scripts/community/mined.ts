/** Waiting for a transaction. */

import { faultOf } from "@wattbook/sdk";
import type { TransactionReceipt, TransactionResponse } from "ethers";

/**
 * The receipt of a transaction that succeeded.
 * @throws WattbookError
 */
export async function mined(transaction: TransactionResponse, waitMs: number): Promise<TransactionReceipt> {
  try {
    const receipt = await transaction.wait(1, waitMs);
    if (receipt === null) throw new Error("a transaction without receipt");
    return receipt;
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}
