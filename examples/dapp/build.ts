/** Bundles the example for browsers, ethers included; with `--serve` also serves it on this machine. */
import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { context } from "esbuild";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Bundles once into `dist/`. */
export async function bundleExample(outdir = here("dist")): Promise<void> {
  const bundler = await bundlerTo(outdir);
  await bundler.rebuild();
  await bundler.dispose();
}

function bundlerTo(outdir: string) {
  return context({
    entryPoints: [here("main.ts")],
    outdir,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: "esm",
    platform: "browser",
    logLevel: "warning",
  });
}

/** The folder `deployments/<network>/` whose contracts the page talks to: the first argument behind `--serve`. */
async function serve(network: string): Promise<void> {
  await mkdir(here("dist"), { recursive: true });
  const file = here(`../../deployments/${network}/deployment.json`);
  await copyFile(file, here("deployment.json")).catch((cause: unknown) => {
    throw new Error(`There is no ${file}. Deploy first: npm run deploy -- --network ${network}`, { cause });
  });
  const bundler = await bundlerTo(here("dist"));
  await bundler.watch();
  const { port } = await bundler.serve({ servedir: here("."), host: "127.0.0.1", port: 8000 });
  console.log(`example: http://127.0.0.1:${port}/?community=0&member=4`);
}

if (process.argv[2] === "--serve") await serve(process.argv[3] ?? "localhost");
