"""Lessons: Markdown files of `assets/lessons` that open beside the page, one step at a time; see `docs/lessons.md`."""
