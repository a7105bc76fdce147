/* Chosen rows of a long list, by key, with what is needed of each; a stretch is chosen from the last one touched. */
import { computed, ref, shallowRef } from 'vue'

export function useSelection<T>(keyOf: (row: T) => string) {
  const chosen = shallowRef(new Map<string, T>())
  const anchor = ref(-1)
  const size = computed(() => chosen.value.size)

  function set(next: Iterable<T>): void {
    chosen.value = new Map([...next].map((row) => [keyOf(row), row]))
  }

  function toggle(row: T, index: number): void {
    const next = new Map(chosen.value)
    if (!next.delete(keyOf(row))) next.set(keyOf(row), row)
    chosen.value = next
    anchor.value = index
  }

  /** Adds all rows between the last one touched and `index`. */
  function stretch(index: number, rowAt: (index: number) => T | undefined): void {
    const from = anchor.value < 0 ? index : anchor.value
    const next = new Map(chosen.value)
    for (let at = Math.min(from, index); at <= Math.max(from, index); at++) {
      const row = rowAt(at)
      if (row) next.set(keyOf(row), row)
    }
    chosen.value = next
  }

  function add(rows: Iterable<T>): void {
    const next = new Map(chosen.value)
    for (const row of rows) next.set(keyOf(row), row)
    chosen.value = next
  }

  const clear = (): void => { chosen.value = new Map(); anchor.value = -1 }
  return { chosen, size, set, add, toggle, stretch, clear }
}

export type Selection<T> = ReturnType<typeof useSelection<T>>
