import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse, parseDocument, stringify } from "yaml";
import { eventually } from "../cli/running.ts";
import { Folder } from "../services/operation/folder.ts";
import { lastingPort } from "../services/support/ports.ts";
import { Doors, seriesOf } from "./numbers.ts";
import { judge, type Series } from "./promql.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit: string; readonly decimals: number } };
}

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Scrape {
  readonly scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  rule_files: string[];
  global: Record<string, string>;
}

const PROMETHEUS = "compose/prometheus/prometheus.yml";
const ALERTS = "compose/prometheus/alerts.yml";
const GRAFANA = "compose/grafana";

const board = JSON.parse(readFileSync(`${GRAFANA}/dashboards/wattbook.json`, "utf8")) as {
  uid: string;
  panels: Panel[];
};
const shown = board.panels.filter(({ type }) => type !== "row");
const rules = (parse(readFileSync(ALERTS, "utf8")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));

/** Names in `{{name}}` or `{{ $labels.name }}`. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z_]+)\b[^}]*\}\}/g)].map(([, name = ""]) => name);
}

/** Why a test that runs Prometheus' programs cannot be run here. */
const missing = spawnSync("promtool", ["--version"]).error === undefined ? "" : " (prometheus is not installed)";

let folder: Folder;
let doors: Doors;
/** Those of the services, of the rules, and of Prometheus itself. */
const known = new Map<string, Series>();

before(async () => {
  folder = new Folder();
  doors = await Doors.open(folder.path, { host: "127.0.0.1", port: 0 });
  for (const [name, series] of await seriesOf(doors.all)) known.set(name, series);
  for (const { record, expr } of rules) {
    if (record !== undefined) known.set(record, { labels: judge(expr, known).labels ?? new Set(), values: new Map() });
  }
  const ofAlerts = alerts.flatMap(({ expr, labels = {} }) => [
    ...(judge(expr, known).labels ?? []),
    ...Object.keys(labels),
  ]);
  known.set("ALERTS", {
    labels: new Set(["alertname", "alertstate", ...ofAlerts]),
    values: new Map([["alertstate", new Set(["pending", "firing"])]]),
  });
});
after(async () => {
  await doors.close();
  folder.remove();
});

describe("reading PromQL", () => {
  const mistakes = [
    ["wattbook_keeper_waitng > 0", 'no number is called "wattbook_keeper_waitng"'],
    ['wattbook_keeper_waiting{tusk="clear"}', 'wattbook_keeper_waiting has no label "tusk"'],
    ['wattbook_keeper_waiting{task=~"clear|setle"}', 'wattbook_keeper_waiting is never {task="setle"}'],
    ['up{job="node"}', 'up is never {job="node"}'],
    ["sum by (kind) (up)", 'nothing to aggregate has a label "kind": sum by (kind) (up)'],
    ["up / on (meter) up", 'not both sides have a label "meter": up / on (meter) up'],
    ["up - wattbook_relayer_block", "operands of different labels never match: up - wattbook_relayer_block"],
    ["rate(up[5m]", "no PromQL at 11: rate(up[5m]"],
  ] as const;
  for (const [expression, problem] of mistakes) {
    it(`finds that ${problem}`, () => {
      expect(judge(expression, known).problems).to.deep.equal([problem]);
    });
  }

  it("knows which labels are left", () => {
    const left = (expression: string) => [...(judge(expression, known).labels ?? [])].sort();
    expect(left("sum by (job) (rate(wattbook_keeper_waiting[5m] offset 1m)) > 0")).to.deep.equal(["job"]);
    expect(left("max without (task, service) (wattbook_keeper_waiting)")).to.deep.equal(["instance", "job"]);
    expect(left("count(up) or vector(0)")).to.deep.equal([]);
    expect(left("time() - (up == 0)")).to.deep.equal(["instance", "job"]);
  });
});

describe("the alerts", () => {
  it("name numbers that exist, with labels and values that they have", () => {
    expect(alerts).to.have.length.above(15);
    for (const { expr, alert, record = alert } of rules) {
      expect(judge(expr, known).problems, record).to.deep.equal([]);
    }
  });

  it("say what is wrong, by labels that they have, and what to do", () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).to.equal(alerts.length);
    for (const { alert, expr, labels, annotations = {} } of alerts) {
      expect(["warning", "critical"], alert).to.include(labels?.["severity"]);
      expect(Object.keys(annotations), alert).to.deep.equal(["summary", "action"]);
      const has = judge(expr, known).labels ?? new Set();
      for (const name of Object.values(annotations).flatMap(namesIn)) expect([...has], alert).to.include(name);
    }
  });

  it(`fire when they should, and not before${missing}`, function () {
    if (missing !== "") this.skip();
    this.timeout(60_000);
    for (const args of [
      ["check", "config", PROMETHEUS],
      ["test", "rules", "test/pilot/alerts.yml"],
    ]) {
      const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
      expect(status, `${stdout}${stderr}`).to.equal(0);
    }
  });

  it("each stand in the tests of what fires", () => {
    const tests = readFileSync("test/pilot/alerts.yml", "utf8");
    for (const { alert } of alerts) expect(tests).to.include(`alertname="${alert}"`);
  });
});

describe("the dashboard", () => {
  it("asks for numbers that exist, with labels and values that they have", () => {
    for (const { title, targets = [] } of shown) {
      expect(targets, title).not.to.have.length(0);
      for (const { expr, legendFormat } of targets) {
        const { labels, problems } = judge(expr, known);
        expect(problems, title).to.deep.equal([]);
        for (const name of namesIn(legendFormat)) expect([...(labels ?? [])], title).to.include(name);
      }
    }
  });

  it("has panels that each answer a question, with a unit and room of their own", () => {
    expect(shown).to.have.length.above(20);
    expect(new Set(board.panels.map(({ id }) => id)).size).to.equal(board.panels.length);
    const taken = new Set<string>();
    for (const { title, description, fieldConfig, gridPos } of shown) {
      expect(title).to.match(/^[A-Z].*\?$/);
      expect(description, title).to.match(/\.$/);
      const { unit, decimals } = fieldConfig?.defaults ?? {};
      expect(["none", "s", "bytes", "percentunit", "suffix: coin", "suffix: days"], title).to.include(unit);
      expect(decimals, title).to.be.a("number");
      expect(gridPos.x + gridPos.w, title).to.be.at.most(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), title).to.equal(false);
          taken.add(`${x},${y}`);
        }
    }
  });

  it("shows all numbers that the services have of their own", () => {
    const asked = [...shown.flatMap(({ targets = [] }) => targets), ...rules].map(({ expr }) => expr).join("\n");
    const own = [...known.keys()].filter((name) => name.startsWith("wattbook_"));
    expect(own).to.have.length.above(20);
    for (const name of own) expect(asked).to.match(new RegExp(`\\b${name}\\b`));
  });

  it("finds its data source, and its database the three services", () => {
    const [source] = (
      parse(readFileSync(`${GRAFANA}/provisioning/datasources/prometheus.yml`, "utf8")) as {
        datasources: { uid: string; url: string }[];
      }
    ).datasources;
    for (const { title, datasource } of shown) expect(datasource?.uid, title).to.equal(source?.uid);
    const { services } = parse(readFileSync("compose.yaml", "utf8"), { merge: true }) as {
      services: Record<string, { healthcheck: { test: string[] } } | undefined>;
    };
    expect(services).to.have.property(new URL(source?.url ?? "").hostname);
    const { scrape_configs: jobs } = parse(readFileSync(PROMETHEUS, "utf8")) as Scrape;
    expect(jobs.map(({ job_name: name }) => name)).to.have.members(Object.keys(doors.all));
    for (const {
      job_name: job,
      static_configs: [found],
    } of jobs) {
      expect(found?.targets).to.deep.equal([`${job}:${services[job]?.healthcheck.test.at(-1)}`]);
    }
  });

  it("is provisioned by files without mistakes", () => {
    const files = readdirSync(`${GRAFANA}/provisioning`, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".yml"))
      .map((name) => join(GRAFANA, "provisioning", name));
    expect(files).to.have.length(2);
    for (const path of [...files, PROMETHEUS, ALERTS]) {
      const { errors, warnings } = parseDocument(readFileSync(path, "utf8"));
      expect([...errors, ...warnings], path).to.deep.equal([]);
    }
  });
});

describe(`the database of the dashboard${missing}`, function () {
  this.timeout(120_000);

  /** The configuration of the pilot, for doors on this machine and a test's patience. */
  const configure = () => {
    const config = parse(readFileSync(PROMETHEUS, "utf8")) as Scrape;
    config.global = { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" };
    config.rule_files = [join(process.cwd(), ALERTS)];
    for (const { job_name: job, static_configs: places } of config.scrape_configs) {
      const { url = "" } = doors.all[job as keyof Doors["all"]];
      places.splice(0, places.length, { targets: [new URL(url).host] });
    }
    return folder.write("prometheus.yml", stringify(config));
  };

  it("answers all that the dashboard and the alerts ask", async function () {
    if (missing !== "") this.skip();
    const url = `127.0.0.1:${await lastingPort()}`;
    const paths = [`--config.file=${configure()}`, `--storage.tsdb.path=${join(folder.path, "tsdb")}`];
    const daemon = spawn("prometheus", [...paths, `--web.listen-address=${url}`], { stdio: "ignore" });
    const ended = once(daemon, "exit");
    const ask = async (query: string) => {
      const response = await fetch(`http://${url}/api/v1/query`, {
        method: "POST",
        body: new URLSearchParams({ query }),
      });
      return (await response.json()) as { status: string; error?: string; data: { result: unknown[] } };
    };
    const found = async (query: string) => (await ask(query).catch(() => undefined))?.data.result.length ?? 0;
    try {
      // Rates need two samples of each service.
      await eventually(
        () => found("count_over_time(up[1m]) > 2"),
        (count) => count === 3,
      );
      expect(await found("up == 1")).to.equal(3);
      for (const { expr, alert, record = alert } of rules) {
        const { status, error } = await ask(expr);
        expect(status, `${record}: ${error}`).to.equal("success");
      }
      const silent: string[] = [];
      for (const { title, targets = [] } of shown) {
        for (const { expr } of targets) {
          const { status, error, data } = await ask(expr);
          expect(status, `${title} ${error}`).to.equal("success");
          if (data.result.length === 0) silent.push(title);
        }
      }
      // No alert fires yet, and what was spent is not known before a minute is over.
      expect(silent).to.deep.equal([
        "What is wrong now?",
        "For how many days is that enough?",
        "What does gas cost per hour?",
        "What did gas cost in the last 24 hours?",
      ]);
    } finally {
      daemon.kill();
      await ended;
    }
  });
});
