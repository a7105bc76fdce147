import { describe, expect, it } from 'vitest'
import { anyFilter, filtersFrom, queryFrom, type FilterSpec } from '@/lib/address'

const SPEC = { q: 'text', plan: 'one', state: 'many', late: 'yes' } as const satisfies FilterSpec

describe('filters and the address', () => {
  it('gives a plain address for no filter', () => {
    const none = filtersFrom(SPEC, {})
    expect(none).toEqual({ q: '', plan: '', state: [], late: false })
    expect(queryFrom(SPEC, none)).toEqual({})
    expect(anyFilter(SPEC, none)).toBe(false)
  })

  it('comes back as it went, whatever the text holds', () => {
    const filters = { q: '95% & 以上=?#', plan: 'abc', state: ['issued', 'working'], late: true }
    const query = queryFrom(SPEC, filters)
    expect(query).toEqual({ q: '95% & 以上=?#', plan: 'abc', state: 'issued,working', late: '1' })
    const address = new URLSearchParams(query).toString()
    expect(filtersFrom(SPEC, Object.fromEntries(new URLSearchParams(address)))).toEqual(filters)
  })

  it('takes the first of a repeated name and drops empty parts', () => {
    expect(filtersFrom(SPEC, { plan: ['a', 'b'], state: ' issued,, closed ', late: 'yes' })).toEqual({ q: '', plan: 'a', state: ['issued', 'closed'], late: false })
    expect(filtersFrom(SPEC, { q: null, state: [null] })).toEqual({ q: '', plan: '', state: [], late: false })
  })

  it('ignores what it does not know', () => {
    expect(filtersFrom(SPEC, { nothing: '1', cursor: 'x' })).not.toHaveProperty('nothing')
  })
})
