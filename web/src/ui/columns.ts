/* The columns of a table, and which of them the user put away. */
import { computed, ref } from 'vue'

export interface Column { key: string; label: string; width?: string; align?: 'right'; fixed?: boolean; off?: boolean; order?: string }

export function useColumns(name: () => string, columns: () => Column[]) {
  const hidden = ref(new Set<string>(read()))
  const shown = computed(() => columns().filter((column) => column.fixed || !hidden.value.has(column.key)))

  function read(): string[] {
    try {
      const stored = localStorage.getItem(`bihuan.columns.${name()}`)
      if (stored) return JSON.parse(stored) as string[]
    } catch {
      /* unreadable: the defaults */
    }
    return columns().filter((column) => column.off).map((column) => column.key)
  }

  function hide(next: Set<string>): void {
    hidden.value = next
    try {
      localStorage.setItem(`bihuan.columns.${name()}`, JSON.stringify([...next]))
    } catch {
      /* kept for this page only */
    }
  }
  return { hidden, shown, hide }
}
