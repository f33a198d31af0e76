"""Opens an HTML page in a headless browser and checks what it has become there: browse.py BROWSER PAGE [ROWS CURVES]

Nothing is said on the console, nothing is wider than the window, every drawing keeps its text and marks within its
edges, no two labels of an axis overlap, and links lead somewhere. ROWS of the table and CURVES must be there."""

import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHECK = r"""
<script>
const faults = [];
window.addEventListener("error", event => faults.push("error: " + event.message));
const outside = (inner, outer) => inner.left < outer.left - 1 || inner.right > outer.right + 1 ||
  inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
if (document.documentElement.scrollWidth > window.innerWidth)
  faults.push("the page is " + document.documentElement.scrollWidth + " wide, the window " + window.innerWidth);
for (const drawing of document.querySelectorAll("svg")) {
  const frame = drawing.getBoundingClientRect();
  if (!frame.width || !frame.height)
    faults.push("a drawing has no size");
  for (const mark of drawing.querySelectorAll("text, circle, line, polyline, path, rect"))
    if (outside(mark.getBoundingClientRect(), frame))
      faults.push(mark.outerHTML.slice(0, 200) + " is outside of its drawing");
  const texts = [...drawing.querySelectorAll("text")].map(text => text.getBoundingClientRect());
  texts.forEach((a, i) => texts.slice(i + 1).forEach(b => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom - 3 && b.top < a.bottom - 3)
      faults.push("two labels overlap");
  }));
}
for (const link of document.querySelectorAll("a"))
  if (!document.querySelector(link.getAttribute("href")))
    faults.push(link.outerHTML + " leads nowhere");
const answer = {faults, rows: document.querySelectorAll("tbody tr").length,
  curves: document.querySelectorAll("svg[role=img]").length,
  color: getComputedStyle(document.body).color, title: document.title};
document.body.innerHTML = "";
document.body.append("ANSWER" + JSON.stringify(answer) + "END");
</script>
"""


def browse(browser, page, *options):
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.html"
        copy.write_text(page.read_text().replace("</body>", CHECK + "</body>"))
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
                   *options, "--dump-dom", copy.as_uri()]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r"ANSWER(.*?)END", html.unescape(result.stdout), re.S)
    assert found, f"the page did not answer: {result.stdout[-2000:]}\n{result.stderr[-2000:]}"
    return json.loads(found[1])


def main():
    browser, page = sys.argv[1], Path(sys.argv[2])
    colors = set()
    for options in (["--window-size=1200,900"], ["--window-size=520,900"],
                    ["--window-size=900,900", "--blink-settings=preferredColorScheme=0"]):
        answer = browse(browser, page, *options)
        print(options, json.dumps(answer))
        assert not answer["faults"], "\n".join(answer["faults"])
        colors.add(answer["color"])
        if len(sys.argv) > 3:
            assert [answer["rows"], answer["curves"]] == [int(number) for number in sys.argv[3:]], answer
    assert len(colors) == 2, f"light and dark pages are of one colour: {colors}"


main()
