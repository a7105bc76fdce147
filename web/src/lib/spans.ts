/* Text addressed by code points, as the API counts, over JavaScript strings, which count UTF-16 units: the two differ
 * after every character outside the basic plane (an emoji, a rare family name). */

/** A half-open place in a text, in code points. */
export type Span = readonly [from: number, to: number]

/** A text that can be cut by code points in the time of the cut, whatever its length. */
export class CodePointText {
  readonly length: number
  /** The code point index of each character that takes two UTF-16 units, ascending. */
  private readonly wide: number[] = []

  constructor(readonly text: string) {
    let index = 0
    for (let unit = 0; unit < text.length; unit++, index++) {
      const high = text.charCodeAt(unit)
      if (high < 0xd800 || high > 0xdbff) continue
      const low = text.charCodeAt(unit + 1)
      if (low >= 0xdc00 && low <= 0xdfff) {
        this.wide.push(index)
        unit++
      }
    }
    this.length = index
  }

  /** The UTF-16 offset of a code point; beyond the end, the end. */
  unitOf(codePoint: number): number {
    const at = Math.max(0, Math.min(codePoint, this.length))
    let low = 0
    let high = this.wide.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.wide[middle] as number) < at) low = middle + 1
      else high = middle
    }
    return at + low
  }

  /** The code point at a UTF-16 offset: what a selection in the page is turned into. */
  codePointOf(unit: number): number {
    let low = 0
    let high = this.wide.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.wide[middle] as number) + middle + 1 < unit) low = middle + 1
      else high = middle
    }
    return Math.min(unit - low, this.length)
  }

  slice([from, to]: Span): string {
    return this.text.slice(this.unitOf(from), this.unitOf(to))
  }
}

/** Something marked in the text. `rank` decides nesting: the lower one lies outside. */
export interface Mark {
  span: Span
  kind: 'item' | 'lead' | 'support' | 'target' | 'measure' | 'finding' | 'title'
  /** What the mark belongs to, so that the panes move together. */
  ref: string
}

/** A piece of text under one set of marks. */
export interface Run {
  from: number
  to: number
  text: string
  marks: Mark[]
}

export interface Paragraph {
  from: number
  to: number
  runs: Run[]
}

/** Cuts `text` into paragraphs at LF (CR LF too: the CR is counted, and not shown), and those into runs, so that every
 * mark is a whole number of runs. Marks may nest and overlap; empty and reversed ones are left out. */
export function paragraphsOf(text: CodePointText, marks: readonly Mark[]): Paragraph[] {
  const sorted = marks.filter((mark) => mark.span[1] > mark.span[0]).sort((a, b) => a.span[0] - b.span[0] || b.span[1] - a.span[1])
  const paragraphs: Paragraph[] = []
  let next = 0
  let open: Mark[] = []
  for (const [from, to] of linesOf(text)) {
    open = open.filter((mark) => mark.span[1] > from)
    while (next < sorted.length && (sorted[next] as Mark).span[0] < to) open.push(sorted[next++] as Mark)
    paragraphs.push({ from, to, runs: runsOf(text, from, to, open) })
  }
  return paragraphs
}

function linesOf(text: CodePointText): Span[] {
  const lines: Span[] = []
  let from = 0
  let unit = 0
  while (unit <= text.text.length) {
    let end = text.text.indexOf('\n', unit)
    if (end < 0) end = text.text.length
    const to = text.codePointOf(end)
    lines.push([from, to])
    from = to + 1
    unit = end + 1
  }
  return lines
}

function runsOf(text: CodePointText, from: number, to: number, marks: readonly Mark[]): Run[] {
  const cuts = new Set<number>([from, to])
  for (const { span } of marks) {
    if (span[0] > from && span[0] < to) cuts.add(span[0])
    if (span[1] > from && span[1] < to) cuts.add(span[1])
  }
  const edges = [...cuts].sort((a, b) => a - b)
  return edges.slice(0, -1).map((start, index) => {
    const end = edges[index + 1] as number
    return {
      from: start,
      to: end,
      text: text.slice([start, end]).replace(/\r$/, ''),
      marks: marks.filter((mark) => mark.span[0] < end && mark.span[1] > start),
    }
  })
}
