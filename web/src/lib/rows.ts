/* Pages of a list for a page of the screen: begins anew when the filters change, and is fetched again when something was done. */
import { ref, shallowRef, watch, type Ref } from 'vue'
import { get, type QueryValue } from '@/api/client'
import type { Rows } from '@/api/types'
import { Pages } from './pages'

export const CHUNK = 100
const AHEAD = 40

export interface LongList<T> {
  count: Ref<number>
  total: Ref<number | null>
  loading: Ref<boolean>
  problem: Ref<unknown>
  /** Changes whenever rows came or went: what reads `rowAt` depends on it. */
  turn: Ref<number>
  rowAt: (index: number) => T | undefined
  held: () => [index: number, row: T][]
  /** What is in view now; `hasty`: and gone the next moment, so that only the end of the list is worth fetching. */
  show: (from: number, to: number, hasty?: boolean) => void
  refresh: () => Promise<void>
}

export function useRows<T>(path: string, query: () => Record<string, QueryValue>, on: () => boolean = () => true): LongList<T> & { fresh: Ref<number> } {
  /* A list that begins anew lets go of what the old one still waits for. */
  const pagesOf = (signal: AbortSignal): Pages<T> => new Pages<T>(async (cursor) => {
    const page = await get<Rows<T>>(path, { ...query(), limit: CHUNK, cursor, ...(cursor ? {} : { total: 1 }) }, signal)
    return { rows: page.rows, next: page.next, ...(page.total === undefined ? {} : { total: page.total }) }
  }, CHUNK)
  let life = new AbortController()
  let pages = pagesOf(life.signal)
  let seen = { from: 0, to: CHUNK }
  const count = ref(0)
  const total = ref<number | null>(null)
  const loading = ref(true)
  const problem = shallowRef<unknown>(null)
  const turn = ref(0)
  /** Counts how often the list began anew: the view goes to its top. */
  const fresh = ref(0)

  async function load(one: Pages<T>): Promise<void> {
    loading.value = true
    try {
      await one.need(seen.from, seen.to)
      if (one !== pages) return
      problem.value = null
      count.value = one.count
      total.value = one.total
      turn.value++
    } catch (error) {
      if (one === pages) problem.value = error
    } finally {
      if (one === pages) loading.value = false
    }
  }

  function show(from: number, to: number, hasty = false): void {
    seen = { from, to }
    const more = !pages.complete && to + AHEAD >= pages.count
    if (more) seen.to = Math.max(to, pages.count + 1)
    let missing = more
    for (let at = from; !missing && !hasty && at < to; at++) missing = pages.rowAt(at) === undefined
    if (missing && !problem.value) void load(pages)
  }

  async function begin(): Promise<void> {
    life.abort()
    life = new AbortController()
    pages = pagesOf(life.signal)
    seen = { from: 0, to: CHUNK }
    fresh.value++
    await load(pages)
  }

  /** The same place with what stands there now. */
  async function refresh(): Promise<void> {
    pages.forget()
    if (seen.from >= CHUNK) await pages.need(0, 1).catch(() => false)
    await load(pages)
  }

  watch(() => (on() ? JSON.stringify(query()) : ''), (now) => { if (now !== '') void begin() }, { immediate: true })

  return { count, total, loading, problem, turn, fresh, rowAt: (index) => pages.rowAt(index), held: () => [...pages.each()], show, refresh }
}
