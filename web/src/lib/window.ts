/* Which rows of a long list are drawn, and which of these in full. */

export interface Span { from: number; to: number }

/** Rows drawn beyond the view on each side. */
export const AROUND = 8

/** The rows to draw for a place of the scroll bar, some more on both sides. */
export function windowOf(scrolled: number, height: number, rowHeight: number, count: number, around = AROUND): Span {
  const from = Math.max(0, Math.floor(scrolled / rowHeight) - around)
  const to = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + around)
  return { from: Math.min(from, to), to }
}

/** What of `view` is drawn in full: what was so and is still there, and at most `more` rows beside it, downwards first. Where nothing is left, it begins with the first that can be seen. */
export function wholeOf(was: Span, view: Span, more: number): Span {
  const kept = { from: Math.max(was.from, view.from), to: Math.min(was.to, view.to) }
  if (kept.from >= kept.to) kept.from = kept.to = Math.min(view.from === 0 ? 0 : view.from + AROUND, view.to)
  const down = Math.min(more, view.to - kept.to)
  const up = Math.min(more - down, kept.from - view.from)
  return { from: kept.from - up, to: kept.to + down }
}

export const covers = (whole: Span, view: Span): boolean => whole.from <= view.from && whole.to >= view.to
