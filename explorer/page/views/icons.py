"""The page's few icons: 20 by 20, one line of 1.5, in the colour of the text around them."""

from __future__ import annotations

PATHS = {
    "undo": '<path d="M7.5 4.5 4 8l3.5 3.5"/><path d="M4 8h8a4 4 0 0 1 0 8H9"/>',
    "redo": '<path d="M12.5 4.5 16 8l-3.5 3.5"/><path d="M16 8H8a4 4 0 0 0 0 8h3"/>',
    "history": '<circle cx="4.5" cy="10" r="1.75"/><circle cx="15.5" cy="5.5" r="1.75"/><circle cx="15.5" cy="14.5" r="1.75"/>'
    '<path d="M6.25 10h2c3 0 2-4.5 5.5-4.5M8.25 10c3 0 2 4.5 5.5 4.5"/>',
    "link": '<path d="M8.5 11.5a3 3 0 0 0 4.2 0l2.6-2.6a3 3 0 0 0-4.2-4.2l-1 1"/>'
    '<path d="M11.5 8.5a3 3 0 0 0-4.2 0l-2.6 2.6a3 3 0 0 0 4.2 4.2l1-1"/>',
    "theme": '<circle cx="10" cy="10" r="6.25"/><path d="M10 3.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor"/>',
    "keys": '<rect x="2.75" y="5.25" width="14.5" height="9.5" rx="1.5"/>'
    '<path d="M5.5 8.25h.01M8.5 8.25h.01M11.5 8.25h.01M14.5 8.25h.01M7 11.75h6"/>',
    "about": '<circle cx="10" cy="10" r="6.75"/><path d="M10 9.25v4M10 6.5v.01"/>',
    "explain": '<circle cx="10" cy="10" r="6.75"/><path d="M8 8a2 2 0 1 1 2.75 1.85c-.5.2-.75.6-.75 1.15v.25M10 13.5v.01"/>',
    "room": '<path d="M10 5.25C8.5 4.25 6.25 3.75 3.5 3.75v11c2.75 0 5 .5 6.5 1.5 1.5-1 3.75-1.5 6.5-1.5v-11"/>'
    '<path d="M16.5 3.75c-2.75 0-5 .5-6.5 1.5v11"/>',
    "lesson": '<path d="m10 4 7.5 3.5L10 11 2.5 7.5z"/><path d="M5.5 9.25v4.25c2.5 2 6.5 2 9 0V9.25M17.5 7.5v5"/>',
    "own": '<path d="M10 12.5V4M6.75 7 10 3.75 13.25 7"/><path d="M3.75 12.5v2.75h12.5V12.5"/>',
    "lasso": '<path d="M5.2 12.1C3.6 11.3 2.75 10 2.75 8.6c0-2.7 3.2-4.85 7.25-4.85s7.25 2.15 7.25 4.85-3.2 4.85-7.25 4.85'
    'c-.9 0-1.8-.1-2.6-.3"/><path d="M7.4 13.1a1.9 1.9 0 1 0-2.3-1.2c.5 1.4 0 3-1.6 3.9"/>',
    "box": '<rect x="3.75" y="3.75" width="12.5" height="12.5" rx="1" stroke-dasharray="2.6 2.4"/>',
    "pan": '<path d="M10 2.75v14.5M2.75 10h14.5M8 4.75l2-2 2 2M8 15.25l2 2 2-2M4.75 8l-2 2 2 2M15.25 8l2 2-2 2"/>',
    "plus": '<path d="M10 4.5v11M4.5 10h11"/>',
    "minus": '<path d="M4.5 10h11"/>',
    "fit": '<path d="M3.75 7.25v-3.5h3.5M16.25 7.25v-3.5h-3.5M3.75 12.75v3.5h3.5M16.25 12.75v3.5h-3.5"/>',
    "density": '<ellipse cx="10" cy="10" rx="7.25" ry="5.5"/><ellipse cx="9.2" cy="10.4" rx="4.4" ry="3.1"/>'
    '<circle cx="8.6" cy="10.8" r="1" fill="currentColor" stroke="none"/>',
    "picture": '<rect x="3.25" y="4.25" width="13.5" height="11.5" rx="1"/><circle cx="7.25" cy="8" r="1.25"/>'
    '<path d="m4 14.5 4-3.75 2.5 2.25 3-3.5 3 3.25"/>',
    "search": '<circle cx="9" cy="9" r="5"/><path d="m12.75 12.75 3.5 3.5"/>',
    "pin": '<path d="M7 3.5h6l-.75 5 2.25 2.5h-9L7.75 8.5z"/><path d="M10 11v5.5"/>',
    "save": '<path d="M10 3.75v8.5M6.75 9.25 10 12.5l3.25-3.25"/><path d="M3.75 12.5v3.75h12.5V12.5"/>',
    "brush": '<path d="M16.25 3.75c-3.5 1.75-6.5 4.5-8 7l1.75 1.75c2.5-1.5 5-4.75 6.25-8.75z"/>'
    '<path d="M7.5 11.5c-2 0-2.25 1.5-2.5 2.75-.2 1-.9 1.6-1.75 1.75 2 .9 5.75.6 6-2.5"/>',
    "difference": '<circle cx="7.75" cy="10" r="4.75"/><circle cx="12.25" cy="10" r="4.75"/>',
    "close": '<path d="m5.25 5.25 9.5 9.5M14.75 5.25l-9.5 9.5"/>',
    "play": '<path d="M6.5 4.25v11.5L15.5 10z" fill="currentColor"/>',
    "camera": '<path d="M3 7h3l1.25-2h5.5L14 7h3v8.5H3z"/><circle cx="10" cy="11" r="2.75"/>',
}


def icon(name: str) -> str:
    """An icon as inline SVG, hidden from screen readers: the button around it carries the words."""
    return (
        '<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{PATHS[name]}</svg>'
    )
