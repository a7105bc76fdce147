import { describe, expect, it } from 'vitest'
import type { OneDocument } from '@/api/types'
import { editsOf, escapePart, inverseOf, valueAt } from '@/document/edits'
import { figureText } from '@/document/figure'
import { holder } from '@/document/marks'
import { documentChanges } from '@/lib/conflict'

const target = (metric: string) => ({ quote: '', span: null, metric, op: '>=', value: '95', value2: null, unit: '%', due: null, soft: false, tense: 'target' })
const doc = (title = '甲'): OneDocument =>
  ({
    title: '要点', issuer_org: { uid: 'o1', name: '办公室' }, owners: [{ name: 'A/B', items: 1, org: null, candidates: [] }], findings: [{ seen: false }],
    items: [{ index: 0, no: '1', label: '1.', kind: 'task', title, lead: [{ name: '疾控处', org: null }], support: [], measures: [{ no: '一', text: '培训' }], targets: [target('接种率')], due: null, status: 'open', edited: [] }],
  }) as unknown as OneDocument

describe('edits', () => {
  it('say what stands at each path', () => {
    const now = doc()
    expect(valueAt(now, '/title')).toBe('要点')
    expect(valueAt(now, '/issuer_org')).toBe('o1')
    expect(valueAt(now, '/items/0/title')).toBe('甲')
    expect(valueAt(now, '/items/0/lead')).toEqual(['疾控处'])
    expect(valueAt(now, '/items/0/targets/0/value')).toBe('95')
    expect(valueAt(now, '/items/0/targets/-')).toBeNull()
    expect(valueAt(now, '/items/0/measures/0')).toBe('培训')
    expect(valueAt(now, `/owners/${escapePart('A/B')}`)).toBeNull()
    expect(valueAt(now, '/findings/0/seen')).toBe(false)
  })

  it('can be taken back', () => {
    const before = doc()
    const set = editsOf(before, [{ path: '/items/0/title', new: '乙' }])
    expect(set).toEqual([{ path: '/items/0/title', old: '甲', new: '乙' }])
    expect(inverseOf(set, doc('乙'))).toEqual([{ path: '/items/0/title', new: '甲' }])
    const added = editsOf(before, [{ path: '/items/0/targets/-', new: target('签约率') }])
    const after = doc()
    after.items[0]!.targets.push(target('签约率') as never)
    expect(inverseOf(added, after)).toEqual([{ path: '/items/0/targets/1', new: null }])
    const removed = editsOf(before, [{ path: '/items/0/targets/0', new: null }])
    expect(inverseOf(removed, before)).toEqual([{ path: '/items/0/targets/0', new: target('接种率') }])
    before.items[0]!.targets[0]!.removed = true
    expect(valueAt(before, '/items/0/targets/0')).toBeNull()
  })

  it('of somebody else are named', async () => {
    const changes = documentChanges(doc(), doc('乙'))
    expect(changes).toHaveLength(1)
    expect([changes[0]?.before, changes[0]?.now]).toEqual(['甲', '乙'])
  })
})

describe('figures', () => {
  it('are written as people write them', () => {
    expect(figureText({ op: '>=', value: '95', value2: null, unit: '%' })).toBe('≥ 95%')
    expect(figureText({ op: '<=', value: '7', value2: null, unit: '/10万' })).toBe('≤ 7/10万')
    expect(figureText({ op: 'range', value: '1', value2: '2', unit: '所' })).toBe('1–2所')
    expect(figureText({ op: '>=', value: null, value2: null, unit: null })).toBe('≥ ?')
  })
})

describe('places', () => {
  const items = [[2, 5], [5, 9], [12, 14]].map((span) => ({ span: span as [number, number] }))
  it.each([[1, undefined], [2, 0], [4, 0], [5, 1], [8, 1], [9, undefined], [13, 2], [14, undefined]])('%i lies in item %s', (at, index) => {
    expect(holder(items, at)).toBe(index === undefined ? undefined : items[index])
  })
})
