import type { HardhatPlugin } from "hardhat/types/plugins";

/** Warnings that a contract's code or its initcode is too large to deploy: no matter for test contracts. */
const SIZE_WARNINGS = new Set(["5574", "3860"]);

/** Transient storage outlives a call: meant so, a part stays the same for the whole transaction. */
const MEANT = {
  code: "2394",
  sources: ["Parts.sol", "AuctionLanes.sol", "ShareLoops.sol"].map((file) => `contracts/libraries/${file}`),
};

/** Fails the build on a compiler warning about a file of ours, and drops those about files of others. */
export const warningsAreErrors: HardhatPlugin = {
  id: "warnings-are-errors",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            invokeSolc: async (context, compiler, input, config, next) => {
              const output = await next(context, compiler, input, config);
              const errors = (output.errors ?? []).filter(({ severity, errorCode = "", formattedMessage = "" }) => {
                if (severity !== "warning") return true;
                if (errorCode === MEANT.code && MEANT.sources.some((file) => formattedMessage.includes(file)))
                  return false;
                if (/--> (npm|\.\/node_modules)\//.test(formattedMessage)) return false;
                return !(SIZE_WARNINGS.has(errorCode) && formattedMessage.includes("--> project/test/"));
              });
              const ours = errors.filter(({ severity }) => severity === "warning");
              // Coverage compiles instrumented sources, which bring warnings of their own.
              if (ours.length > 0 && !context.globalOptions.coverage) {
                throw new Error(ours.map((e) => e.formattedMessage ?? e.message).join("\n"));
              }
              return { ...output, errors };
            },
          }),
      }),
  },
};
