/** Lets a large compilation run on all processors: solc takes one contract after the other. */
import { availableParallelism } from "node:os";
import type { HardhatPlugin } from "hardhat/types/plugins";
import type { CompilerInput, CompilerOutput } from "hardhat/types/solidity";

/** Sources from which on it is worth reading all of them once for every part. */
const LARGE = 100;

export const inParts: HardhatPlugin = {
  id: "in-parts",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            invokeSolc: async (context, compiler, input, config, next) => {
              if (Object.keys(input.sources).length < LARGE) return next(context, compiler, input, config);
              // More parts than processors: some take longer than others.
              const waiting = partsOf(input, 3 * availableParallelism());
              const outputs: CompilerOutput[] = [];
              const work = async () => {
                for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
                  outputs.push(await next(context, compiler, part, config));
                }
              };
              await Promise.all(Array.from({ length: availableParallelism() }, work));
              return merged(outputs);
            },
          }),
      }),
  },
};

/** @return The same sources and settings, hence the same code; each asks for the contracts of other files. */
function partsOf(input: CompilerInput, count: number): CompilerInput[] {
  const { "*": wanted = {} } = input.settings.outputSelection;
  const files = Object.keys(input.sources).sort();
  return Array.from({ length: count }, (_, part) => {
    const own = files.filter((_, index) => index % count === part);
    const outputSelection = Object.fromEntries(own.map((file) => [file, wanted]));
    return { ...input, settings: { ...input.settings, outputSelection } };
  });
}

/** Each file's tree and contracts from the part that asked for them: the others answer with its name alone. */
function merged(outputs: readonly CompilerOutput[]): CompilerOutput {
  const errors = outputs.flatMap((output) => output.errors ?? []);
  const distinct = new Map(errors.map((error) => [error.formattedMessage ?? error.message, error]));
  const sources = outputs.flatMap((output) => Object.entries(output.sources));
  return {
    errors: [...distinct.values()],
    sources: Object.fromEntries(sources.filter(([, { ast }]) => ast !== undefined)),
    contracts: Object.fromEntries(outputs.flatMap((output) => Object.entries(output.contracts ?? {}))),
  };
}
