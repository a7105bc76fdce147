/* Months as `2026-09`: counting, ends, and tasks laid out by month and lane. */
import type { TaskRow } from '@/api/types'

export function monthOf(date: string): string {
  return date.slice(0, 7)
}

export function addMonths(month: string, count: number): string {
  const index = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + count
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`
}

export function monthsFrom(month: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => addMonths(month, i))
}

export function firstDay(month: string): string {
  return `${month}-01`
}

export function lastDay(month: string): string {
  const day = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate()
  return `${month}-${String(day).padStart(2, '0')}`
}

export interface Lane { key: string; name: string; cells: Map<string, TaskRow[]>; n: number }

/** Lanes in the order in which they first occur, largest first; a task with several leads stands in each of their lanes. */
export function lanesOf(rows: readonly TaskRow[], by: 'plan' | 'owner', nobody: string): Lane[] {
  const lanes = new Map<string, Lane>()
  for (const row of rows) {
    const places = by === 'plan' ? [{ uid: row.plan.uid, name: row.plan.title }] : row.lead.length > 0 ? row.lead : [{ uid: '', name: nobody }]
    for (const place of places) {
      const lane = lanes.get(place.uid) ?? { key: place.uid, name: place.name, cells: new Map<string, TaskRow[]>(), n: 0 }
      lanes.set(place.uid, lane)
      const month = monthOf(row.due ?? '')
      lane.cells.set(month, [...(lane.cells.get(month) ?? []), row])
      lane.n++
    }
  }
  return [...lanes.values()].sort((a, b) => b.n - a.n)
}
