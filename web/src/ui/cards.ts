/* What a cell is called where its head is not to be seen: on a telephone, where a row is a card. */

/** Gives each cell the words of its head, and marks those that have nothing to say. A head for ears alone (of a column of buttons) is no label. */
export function labelCells(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((head) => (head.querySelector('.sr') ? '' : (head.textContent ?? '').trim()))
  for (const body of [...table.tBodies, ...(table.tFoot ? [table.tFoot] : [])]) for (const row of body.rows) labelRow(row, heads)
}

function labelRow(row: HTMLTableRowElement, heads: readonly string[]): void {
  let at = 0
  for (const cell of row.cells) {
    set(cell, 'data-label', cell.colSpan > 1 ? '' : (heads[at] ?? ''))
    at += cell.colSpan
    const words = (cell.textContent ?? '').trim()
    cell.toggleAttribute('data-bare', words === '' && !cell.querySelector('input, select, textarea, svg, .track'))
  }
}

/* What has not changed is not written: a page that looks on is not woken. */
function set(cell: HTMLElement, name: string, value: string): void {
  if (cell.getAttribute(name) !== value) cell.setAttribute(name, value)
}
