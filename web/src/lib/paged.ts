/* One page of a list at a time, by cursor; filters and place live in the address. Nothing loads whole. */
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { get, type QueryValue } from '@/api/client'
import type { Rows } from '@/api/types'
import { filtersFrom, queryFrom, type Filters, type FilterSpec } from './address'
import { useSending } from './sending'

export const PAGE_ROWS = 100

export interface Paged<T> {
  rows: Ref<T[]>
  total: Ref<number | null>
  loading: Ref<boolean>
  problem: Ref<unknown>
  /** Index of the first row shown. */
  from: Ref<number>
  hasNext: Ref<boolean>
  hasBack: Ref<boolean>
  reload: () => Promise<void>
  forward: () => void
  back: () => void
}

/** Filters of the page in view, as one object to read, and a way to change some of them. */
export function useFilters<S extends FilterSpec>(spec: S) {
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => filtersFrom(spec, route.query) as Filters<S>)

  function change(next: Partial<Filters<S>>): void {
    const others = Object.fromEntries(Object.entries(route.query).filter(([name]) => !(name in spec) && name !== 'cursor' && name !== 'from'))
    void router.replace({ query: { ...others, ...queryFrom(spec, { ...filters.value, ...next }) } })
  }

  const clear = (): void => change(filtersFrom(spec, {}) as Partial<Filters<S>>)
  return { filters, change, clear }
}

/** `counted`: whether the list tells how many there are in all; the longest do not. */
export function usePaged<T>(path: string | (() => string), query: () => Record<string, QueryValue>, counted = true): Paged<T> {
  const route = useRoute()
  const router = useRouter()
  const rows = shallowRef<T[]>([]) as Ref<T[]>
  const total = ref<number | null>(null)
  const { busy: loading, problem, latest } = useSending(true)
  const next = ref<string | null>(null)
  const been: { cursor: string; from: string }[] = []
  const cursor = computed(() => (typeof route.query.cursor === 'string' ? route.query.cursor : ''))
  const from = computed(() => Number(route.query.from ?? 0) || 0)
  const home = route.path
  const list = (): string => (typeof path === 'string' ? path : path())

  async function reload(): Promise<void> {
    await latest(async (signal) => {
      const page = await get<Rows<T>>(list(), { ...query(), limit: PAGE_ROWS, cursor: cursor.value, total: counted }, signal)
      if (signal.aborted) return
      rows.value = page.rows
      next.value = page.next
      total.value = page.total ?? total.value
    })
  }

  function move(to: { cursor: string; from: string }): void {
    const { cursor: _c, from: _f, ...rest } = route.query
    void router.push({ query: to.cursor ? { ...rest, ...to } : rest })
  }

  function forward(): void {
    if (!next.value) return
    been.push({ cursor: cursor.value, from: String(from.value) })
    move({ cursor: next.value, from: String(from.value + rows.value.length) })
  }

  const back = (): void => move(been.pop() ?? { cursor: '', from: '0' })

  watch(() => JSON.stringify([list(), query(), cursor.value]), () => {
    if (route.path === home) void reload()
  }, { immediate: true })

  return { rows, total, loading, problem, from, hasNext: computed(() => next.value !== null), hasBack: computed(() => from.value > 0), reload, forward, back }
}
