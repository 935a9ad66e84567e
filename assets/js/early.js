/** Begun from the document's head, while Gradio still puts itself together: the theme. */

import "./core/theme.js";
