/* A long list of which only some pages are in memory: each page is remembered by the cursor that gave it, so that it can be
 * let go and fetched again. The rows in view and those around them are held, whatever the length of the list. */

export interface Piece<T> { rows: T[]; next: string | null; total?: number | undefined }

export type Fetch<T> = (cursor: string) => Promise<Piece<T>>

export class Pages<T> {
  /** Rows known to be there, in memory or not. */
  count = 0
  total: number | null = null
  private readonly cursors: string[] = ['']
  private readonly held = new Map<number, T[]>()
  private readonly coming = new Map<number, Promise<void>>()
  private ended = false

  constructor(private readonly fetch: Fetch<T>, readonly size: number, private readonly most = 12) {}

  get complete(): boolean {
    return this.ended
  }

  rowAt(index: number): T | undefined {
    return this.held.get(Math.floor(index / this.size))?.[index % this.size]
  }

  /** Rows held now, with their places, in order. */
  *each(): Generator<[index: number, row: T]> {
    for (const page of [...this.held.keys()].sort((a, b) => a - b)) for (const [at, row] of (this.held.get(page) as T[]).entries()) yield [page * this.size + at, row]
  }

  /** Sees to it that rows `from` to `to` (not included) are here; says whether anything had to be fetched. */
  async need(from: number, to: number): Promise<boolean> {
    const first = Math.floor(Math.max(0, from) / this.size)
    const last = Math.floor(Math.max(0, to - 1) / this.size)
    let fetched = false
    for (let page = first; page <= last; page++) {
      if (this.held.has(page)) continue
      if (page >= this.cursors.length && !(await this.reach(page))) break
      await this.load(page)
      fetched = true
    }
    if (fetched) this.letGo(first, last)
    return fetched
  }

  /** Lets all rows go, but keeps their places: what is needed is fetched as it stands now. */
  forget(): void {
    this.held.clear()
    this.coming.clear()
  }

  /** A cursor is only known once the page before it came. */
  private async reach(page: number): Promise<boolean> {
    while (page >= this.cursors.length && !this.ended) await this.load(this.cursors.length - 1)
    return page < this.cursors.length
  }

  private load(page: number): Promise<void> {
    const under = this.coming.get(page)
    if (under) return under
    const run = this.take(page).finally(() => this.coming.delete(page))
    this.coming.set(page, run)
    return run
  }

  private async take(page: number): Promise<void> {
    const piece = await this.fetch(this.cursors[page] as string)
    this.held.set(page, piece.rows)
    if (piece.total !== undefined) this.total = piece.total
    if (page !== this.cursors.length - 1) return
    this.count = page * this.size + piece.rows.length
    if (piece.next && piece.rows.length === this.size) this.cursors.push(piece.next)
    else this.ended = true
  }

  private letGo(first: number, last: number): void {
    const far = [...this.held.keys()].sort((a, b) => away(b) - away(a))
    function away(page: number): number {
      return page < first ? first - page : Math.max(0, page - last)
    }
    for (const page of far) {
      if (this.held.size <= this.most) return
      if (away(page) > 0) this.held.delete(page)
    }
  }
}
