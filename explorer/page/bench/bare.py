"""The yardstick: the smallest app of the same Gradio, whose callbacks return what they are given.

Run as a program it serves; `round_trip` visits it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

from explorer.page.bench.report import spread

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COMMAND = ["-m", "explorer.page.bench.bare"]
READY = "() => !!document.querySelector('#direct-in input[type=range]')"
# From the input event to the changed text, painted; one after the other.
WALK = """async ([ident, n]) => {
  const slider = document.querySelector(`#${ident}-in input[type=range]`);
  const field = document.querySelector(`#${ident}-out :is(textarea, input)`);
  const times = [];
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  for (let k = 0; k < n + 5; k++) {
    const value = String((k * 37) % 1000 + 1);
    const from = performance.now();
    set.call(slider, value);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (field.value !== value) {
      if (performance.now() - from > 20000) throw new Error("no answer");
      await new Promise(requestAnimationFrame);
    }
    times.push(performance.now() - from);
  }
  return times.slice(5);
}"""


def round_trip(browser: Browser, url: str, n: int) -> dict[str, Any]:
    """Slider to text through an identity callback, queued and not queued: p50 and p95 of n, in milliseconds."""
    page = browser.new_page()
    try:
        page.goto(url)
        page.wait_for_selector("#direct-in input[type=range]")
        return {ident: spread(page.evaluate(WALK, [ident, n])) for ident in ("direct", "queued")}
    finally:
        page.close()


def serve(port: Annotated[int, "to listen on"]) -> None:
    """Serve the two sliders until killed."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    with gr.Blocks(analytics_enabled=False) as app:
        for ident, queue in (("direct", False), ("queued", True)):
            slider = gr.Slider(0, 1001, value=0, step=1, elem_id=f"{ident}-in")
            text = gr.Textbox(elem_id=f"{ident}-out")
            slider.input(
                lambda value: str(int(value)),
                slider,
                text,
                queue=queue,
                show_progress="hidden",
                trigger_mode="always_last",
            )
    app.launch(server_name="127.0.0.1", server_port=port, quiet=True)


if __name__ == "__main__":
    import typer

    def main(port: int = 7861) -> None:
        """Serve the yardstick."""
        serve(port)

    typer.run(main)
