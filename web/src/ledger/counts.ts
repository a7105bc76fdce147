/* The facets of what the filters hold; where the server has none, the views say so and do without. */
import { shallowRef, watch } from 'vue'
import { get } from '@/api/client'
import type { Counts } from '@/api/types'
import { useSending } from '@/lib/sending'

export function useCounts(query: () => Record<string, string>, more: Record<string, number> = {}) {
  const counts = shallowRef<Counts | null>(null)
  const { busy: loading, problem, latest } = useSending()

  async function load(): Promise<void> {
    await latest(async (signal) => {
      const { order: _, ...filters } = query()
      const found = await get<Counts>('/tasks/counts', { ...filters, ...more }, signal)
      if (signal.aborted) return
      counts.value = found
    })
  }

  watch(() => JSON.stringify(query()), () => void load(), { immediate: true })
  return { counts, problem, loading, load }
}
