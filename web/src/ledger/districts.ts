/* Districts (or, where the server names none, owners) by lights, in the order asked for. */
import type { Counts } from '@/api/types'

export type DistrictOrder = 'red' | 'share' | 'n' | 'name'
export interface DistrictRow { uid: string; name: string; area: string | null; n: number; red: number; amber: number; grey: number; none: number; green: number; parts: { light: string; from: number; n: number }[] }

const PARTS = ['red', 'amber', 'grey', 'none', 'green'] as const

const SORTS: Record<DistrictOrder, (a: DistrictRow, b: DistrictRow) => number> = {
  red: (a, b) => b.red - a.red || b.amber - a.amber || b.n - a.n,
  share: (a, b) => b.red / b.n - a.red / a.n || b.red - a.red,
  n: (a, b) => b.n - a.n,
  name: () => 0,
}

/** `name` keeps the official order in which they come. */
export function districtRows(counts: Counts | null, order: DistrictOrder): DistrictRow[] {
  if (!counts) return []
  const found = counts.district?.map((one) => ({ uid: one.org.uid, name: one.org.name, area: one.area, n: one.n, red: one.red, amber: one.amber, grey: one.grey, none: one.none, green: one.green }))
    ?? counts.owner.map((one) => ({ uid: one.org.uid, name: one.org.name, area: null, n: one.n, red: one.red, amber: one.amber, grey: 0, none: one.n - one.red - one.amber, green: 0 }))
  const rows = found.filter((one) => one.n > 0).map((one) => ({ ...one, parts: partsOf(one) }))
  return order === 'name' ? rows : rows.sort(SORTS[order])
}

function partsOf(one: Omit<DistrictRow, 'parts'>): DistrictRow['parts'] {
  let from = 0
  return PARTS.map((light) => ({ light, from: (from += one[light]) - one[light], n: one[light] })).filter((part) => part.n > 0)
}
