/** Begun from the document's head, while Gradio still puts itself together: the theme, and the drawing bundle. */

import { plotly } from "./core/bundles.js";
import "./core/theme.js";

plotly(2).catch(() => {
  // The map asks again and says so at its place.
});
