/** What ethers throws, with a code. */
import { faultOf } from "@wattbook/sdk";

/** Waits, and throws the coded error. */
export async function coded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}
