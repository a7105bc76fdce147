import { describe, expect, it } from 'vitest'
import { CodePointText, paragraphsOf, type Mark } from '@/lib/spans'

const mark = (from: number, to: number, kind: Mark['kind'] = 'item', ref = 'i0'): Mark => ({ span: [from, to], kind, ref })
const markedText = (text: string, from: number, to: number): string =>
  paragraphsOf(new CodePointText(text), [mark(from, to)]).map((paragraph) => paragraph.runs.filter((run) => run.marks.length > 0).map((run) => run.text).join('')).filter(Boolean).join('\n')

describe('code points', () => {
  it('counts as the API does, not in UTF-16 units', () => {
    const text = new CodePointText('一😀二𠮷三')
    expect(text.length).toBe(5)
    expect(text.slice([2, 3])).toBe('二')
    expect(text.slice([1, 2])).toBe('😀')
    expect(text.slice([3, 5])).toBe('𠮷三')
  })

  it('agrees with Array.from at every place of a mixed text', () => {
    const source = '示例市😀卫健委\r\n👩‍⚕️牵头：𠮷处、é室\n一、🏥🏥达到95%以上'.repeat(7)
    const points = Array.from(source)
    const text = new CodePointText(source)
    expect(text.length).toBe(points.length)
    for (let from = 0; from <= points.length; from++) {
      expect(text.unitOf(from)).toBe(points.slice(0, from).join('').length)
      expect(text.codePointOf(text.unitOf(from))).toBe(from)
    }
    expect(text.slice([3, 40])).toBe(points.slice(3, 40).join(''))
  })

  it('keeps to the text where a span runs over its end', () => {
    expect(new CodePointText('甲乙').slice([1, 99])).toBe('乙')
    expect(new CodePointText('').slice([0, 3])).toBe('')
  })

  it('takes a lone surrogate as one', () => {
    expect(new CodePointText('a\ud83db').length).toBe(3)
  })
})

describe('marking', () => {
  it('does not move after an emoji', () => {
    expect(markedText('工作😀要点\n牵头：疾控处', 9, 12)).toBe('疾控处')
  })

  it('does not move after CR LF: the CR is counted and not shown', () => {
    const text = '第一行\r\n牵头：疾控处\r\n'
    expect(Array.from(text).slice(8, 11).join('')).toBe('疾控处')
    expect(markedText(text, 8, 11)).toBe('疾控处')
    expect(markedText(text, 0, 5)).toBe('第一行')
  })

  it('keeps every character of the text, once, in order', () => {
    const source = '一、😀甲乙\n\n（一）丙丁𠮷\n末行'
    const text = new CodePointText(source)
    const paragraphs = paragraphsOf(text, [mark(2, 9), mark(3, 4, 'lead'), mark(8, 13, 'target')])
    expect(paragraphs.map((paragraph) => paragraph.runs.map((run) => run.text).join('')).join('\n')).toBe(source)
  })

  it('nests and overlaps, and goes over line ends', () => {
    const text = new CodePointText('甲乙丙\n丁戊')
    const [first, second] = paragraphsOf(text, [mark(0, 6), mark(1, 3, 'target'), mark(2, 5, 'finding', 'f0')])
    expect(first?.runs.map((run) => [run.text, run.marks.map((one) => one.kind).join()])).toEqual([['甲', 'item'], ['乙', 'item,target'], ['丙', 'item,target,finding']])
    expect(second?.runs.map((run) => [run.text, run.marks.map((one) => one.kind).join()])).toEqual([['丁', 'item,finding'], ['戊', 'item']])
  })

  it('leaves out empty and reversed marks', () => {
    expect(paragraphsOf(new CodePointText('甲乙'), [mark(1, 1), mark(2, 0)])[0]?.runs).toHaveLength(1)
  })

  it('marks a text of a megabyte with thousands of marks in well under a second', () => {
    const line = '12．巩固国家免疫规划接种成果😀，接种率保持在95%以上。（牵头处室：疾控处）\n'
    const length = Array.from(line).length
    const count = 9000
    const marks = Array.from({ length: count }, (_, n) => [mark(n * length, (n + 1) * length - 1, 'item', `i${n}`), mark(n * length + 20, n * length + 28, 'target', `i${n}`)]).flat()
    const begun = performance.now()
    const paragraphs = paragraphsOf(new CodePointText(line.repeat(count)), marks)
    expect(performance.now() - begun).toBeLessThan(2000)
    expect(paragraphs).toHaveLength(count + 1)
    expect(paragraphs[count - 1]?.runs[1]?.marks.map((one) => one.ref)).toEqual([`i${count - 1}`, `i${count - 1}`])
  })
})
