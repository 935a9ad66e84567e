/** The history of this tab: a drawer, opened beside undo and redo, that is loaded when it is opened first. */

import { byId } from "../core/dom.js";
import { tell } from "../core/notices.js";

/**
 * @param {{store: import("../core/scene.js").Store, facts: () => import("../panels/facts.js").Facts, go: Function,
 *   hands: import("../map/hands.js").Hands, groups: import("../map/groups.js").Groups}} page
 */
export function history(page) {
  const button = byId("history");
  let panel = null;
  let loading = null;

  const put = () => {
    const open = Boolean(panel?.open);
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-pressed", String(open));
  };

  async function toggle() {
    try {
      loading ??= import("./history-panel.js");
      const { HistoryPanel } = await loading;
      panel ??= new HistoryPanel({ ...page, put });
      panel.toggle();
    } catch {
      loading = null;
      tell("The history couldn't be loaded; press again to try once more.", "history");
    }
  }

  document.addEventListener("do-history", toggle);
}
