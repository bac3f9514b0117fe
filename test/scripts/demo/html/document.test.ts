import { expect } from "chai";
import { columnOf, valuesOf } from "../../../../scripts/demo/html/columns.ts";
import type { PageData } from "../../../../scripts/demo/html/data.ts";
import { embed, renderDocument } from "../../../../scripts/demo/html/document.ts";
import { detailOf, Trace } from "../../../../scripts/demo/trace.ts";

const HOSTILE = "</script><script>alert(1)<!-- \u2028 &lt;";
const BUNDLE = { script: "draw()", style: "p{color:red}" };

describe("the document of the page", function () {
  it("embeds any text so that it cannot leave its element, and so that nothing of it is lost", function () {
    const text = embed({ name: HOSTILE });
    expect(text).not.to.match(/[<\u2028\u2029]/);
    expect(JSON.parse(text)).to.deep.equal({ name: HOSTILE });
  });

  it("escapes its title, allows no script but its own, and no request at all", function () {
    const html = renderDocument({ title: HOSTILE } as PageData, BUNDLE);
    expect(html.match(/<script/g)).to.have.lengthOf(2);
    expect(html).to.include("default-src 'none'; script-src 'sha256-");
    expect(html).not.to.match(/(?:src|href)="?(?:https?:|\/\/)/);
  });

  it("refuses code and style that would end their own element", function () {
    const render = (bundle: typeof BUNDLE) => () => renderDocument({ title: "" } as PageData, bundle);
    expect(render({ ...BUNDLE, script: "'</script>'" })).to.throw();
    expect(render({ ...BUNDLE, style: "</style>" })).to.throw();
  });

  it("packs a column of exact integers with gaps, and unpacks it", function () {
    const values = [0n, -12n, undefined, 2n ** 70n];
    expect(valuesOf(columnOf(values))).to.deep.equal(values);
    expect(valuesOf(columnOf([]))).to.deep.equal([]);
  });

  it("keeps the detail of as many days and homes as fit, and of one day at least", function () {
    expect(detailOf(16, 96, 1)).to.deep.equal({ days: 1, homes: 16 });
    expect(detailOf(150, 96, 31)).to.deep.equal({ days: 4, homes: 150 });
    expect(detailOf(2_000, 288, 2)).to.deep.equal({ days: 1, homes: 208 });
    const trace = new Trace(1);
    for (const day of [0, 0, 1]) trace.add({ day, clearings: [], homes: [] });
    expect(trace.periods).to.have.lengthOf(2);
  });
});
