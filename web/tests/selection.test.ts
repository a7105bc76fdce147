import { describe, expect, it } from 'vitest'
import { useSelection } from '@/lib/selection'

const rows = Array.from({ length: 10 }, (_, i) => ({ uid: `r${i}`, n: i }))
const keys = (selection: { chosen: { value: Map<string, unknown> } }): string => [...selection.chosen.value.keys()].join(' ')

describe('a selection of rows', () => {
  it('takes and leaves one', () => {
    const some = useSelection<{ uid: string }>((row) => row.uid)
    some.toggle(rows[3]!, 3)
    some.toggle(rows[5]!, 5)
    some.toggle(rows[3]!, 3)
    expect([keys(some), some.size.value]).toEqual(['r5', 1])
  })

  it('stretches from the last one touched, both ways, over rows that are here', () => {
    const some = useSelection<{ uid: string }>((row) => row.uid)
    some.toggle(rows[4]!, 4)
    some.stretch(6, (at) => rows[at])
    some.stretch(3, (at) => (at === 3 ? undefined : rows[at]))
    expect(keys(some)).toBe('r4 r5 r6')
    some.clear()
    some.stretch(2, (at) => rows[at])
    expect(keys(some)).toBe('r2')
  })

  it('keeps what it has when rows are added, and is replaced whole', () => {
    const some = useSelection<{ uid: string }>((row) => row.uid)
    some.add(rows.slice(0, 2))
    some.add(rows.slice(1, 4))
    expect(some.size.value).toBe(4)
    some.set(rows.slice(8))
    expect(keys(some)).toBe('r8 r9')
  })
})
