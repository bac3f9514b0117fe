/** Finds an injected wallet: the first that announces itself (EIP-6963), else `window.ethereum` (EIP-1193). */
import type { Eip1193Provider } from "ethers";

export function findWallet(patience = 500): Promise<Eip1193Provider> {
  return new Promise((resolve, reject) => {
    addEventListener("eip6963:announceProvider", (event) => {
      resolve((event as CustomEvent<{ provider: Eip1193Provider }>).detail.provider);
    });
    dispatchEvent(new Event("eip6963:requestProvider"));
    setTimeout(() => {
      const { ethereum } = window as { ethereum?: Eip1193Provider };
      if (ethereum) resolve(ethereum);
      else reject(new Error("No wallet found. Install one, such as MetaMask or Rabby, and load this page again."));
    }, patience);
  });
}
