/* The datasets that one may see, and one of them whole: fetched once for all pages. */
import { shallowReactive, shallowRef, watch, type Ref } from 'vue'
import { get } from '@/api/client'
import type { Rows } from '@/api/types'
import type { Dataset, DatasetRow, Field } from './types'

const list = shallowRef<DatasetRow[] | null>(null)
const kept = new Map<string, Promise<Dataset>>()

export function useDatasets(): { datasets: Ref<DatasetRow[] | null>; problem: Ref<unknown> } {
  const problem = shallowRef<unknown>(null)
  if (!list.value) get<Rows<DatasetRow>>('/datasets').then(({ rows }) => { list.value = rows }, (error: unknown) => { problem.value = error })
  return { datasets: list, problem }
}

export function fetchDataset(id: string): Promise<Dataset> {
  const known = kept.get(id)
  if (known) return known
  const asked = get<Dataset>(`/datasets/${id}`)
  kept.set(id, asked)
  asked.catch(() => kept.delete(id))
  return asked
}

const fields = shallowReactive(new Map<string, readonly Field[]>())

/** The fields of a dataset; none at first, and when they have come whatever was drawn with them is drawn again. */
export function fieldsOf(id: string): readonly Field[] {
  const known = fields.get(id)
  if (known) return known
  if (!asked.has(id)) {
    asked.add(id)
    fetchDataset(id).then((whole) => fields.set(id, whole.fields), () => asked.delete(id))
  }
  return []
}
const asked = new Set<string>()

/** The dataset whose id `id()` gives, whole; null while it is not there. */
export function useDataset(id: () => string | null | undefined): { dataset: Ref<Dataset | null>; problem: Ref<unknown> } {
  const dataset = shallowRef<Dataset | null>(null)
  const problem = shallowRef<unknown>(null)
  watch(id, async (now) => {
    dataset.value = null
    problem.value = null
    if (!now) return
    try {
      const found = await fetchDataset(now)
      if (id() === now) dataset.value = found
    } catch (error) {
      if (id() === now) problem.value = error
    }
  }, { immediate: true })
  return { dataset, problem }
}
