/* The facets of what the filters hold; where the server has none, the views say so and do without. */
import { ref, shallowRef, watch } from 'vue'
import { get } from '@/api/client'
import type { Counts } from '@/api/types'

export function useCounts(query: () => Record<string, string>, more: Record<string, number> = {}) {
  const counts = shallowRef<Counts | null>(null)
  const problem = shallowRef<unknown>(null)
  const loading = ref(false)
  let asked = 0

  async function load(): Promise<void> {
    const mine = ++asked
    loading.value = true
    try {
      const { order: _, ...filters } = query()
      const found = await get<Counts>('/tasks/counts', { ...filters, ...more })
      if (mine !== asked) return
      counts.value = found
      problem.value = null
    } catch (error) {
      if (mine === asked) problem.value = error
    } finally {
      if (mine === asked) loading.value = false
    }
  }

  watch(() => JSON.stringify(query()), () => void load(), { immediate: true })
  return { counts, problem, loading, load }
}
