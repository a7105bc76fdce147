/* A small stand-in for the reader, enough for the sample text of this folder: numbered items, owners in brackets, 一是 measures,
 * figures. It counts in code points, like the real one. */

const ITEM = /^(\d+)[.．、]\s*(.+)$/
const HEADING = /^[一二三四五六七八九十]+、.+$/
const OWNERS = /（牵头处室：([^；）]+)(?:；配合处室：([^）]+))?）/u
const FIGURE = /([^，。；、（）\n]{2,24}?)(达到|不低于|控制在|不超过|保持在|提高到)(\d+(?:\.\d+)?)(%|‰|\/10万|家|个|万人)(以上|以内)?/gu
const MEASURE = /(一|二|三|四|五)是([^；。\n]+)/gu

export function readDocument(text, resolve) {
  const points = Array.from(text)
  const lines = linesOf(points)
  const path = []
  const items = []
  for (const line of lines) {
    if (HEADING.test(line.text)) path[0] = line.text
    const match = ITEM.exec(line.text)
    if (match) items.push(newItem(match, line, path, items.length))
    else if (items.length > 0 && !HEADING.test(line.text)) items.at(-1).span[1] = line.to
  }
  for (const item of items) fillItem(item, points, resolve)
  return { items, findings: findingsOf(text, items), declared: declaredOf(text, items) }
}

function linesOf(points) {
  const lines = []
  let from = 0
  for (let i = 0; i <= points.length; i++)
    if (i === points.length || points[i] === '\n') {
      lines.push({ from, to: i, text: points.slice(from, i).join('') })
      from = i + 1
    }
  return lines
}

function newItem(match, line, path, index) {
  const stop = match[2].search(/[。（]/u)
  const title = stop > 0 ? match[2].slice(0, stop) : match[2]
  const start = line.from + Array.from(line.text).length - Array.from(match[2]).length
  return {
    index, no: match[1], label: line.text.slice(0, match[1].length + 1), kind: 'task', path: [...path], title, title_span: [start, start + Array.from(title).length],
    span: [line.from, line.to], problem: null, problem_span: null, lead: [], support: [], measures: [], targets: [], due: '2026-12-31', status: 'open', edited: [], part: null,
  }
}

function fillItem(item, points, resolve) {
  const text = points.slice(item.span[0], item.span[1]).join('')
  const spanOf = (unit, length) => {
    const from = item.span[0] + Array.from(text.slice(0, unit)).length
    return [from, from + length]
  }
  const owners = OWNERS.exec(text)
  if (owners) {
    item.lead = names(owners[1], text, spanOf, owners.index, resolve)
    if (owners[2]) item.support = names(owners[2], text, spanOf, owners.index, resolve)
  }
  for (const m of text.matchAll(MEASURE)) item.measures.push({ no: m[1], text: m[2], span: spanOf(m.index + 2, Array.from(m[2]).length) })
  for (const m of text.matchAll(FIGURE)) {
    const op = m[2] === '控制在' || m[2] === '不超过' ? '<=' : '>='
    item.targets.push({ quote: m[0], span: spanOf(m.index, Array.from(m[0]).length), metric: m[1], op, value: m[3], value2: null, unit: m[4], due: '2026-12-31', soft: text.slice(Math.max(0, m.index - 4), m.index + 3).includes('力争'), tense: 'target' })
  }
}

function names(list, text, spanOf, after, resolve) {
  return list.split('、').map((name) => ({ name, span: spanOf(text.indexOf(name, after), Array.from(name).length), ...resolve(name) }))
}

function findingsOf(text, items) {
  const findings = []
  let last = 0
  for (const item of items) {
    const no = Number(item.no)
    if (no === last) findings.push({ code: 'duplicate-number', at: item.no, span: item.title_span, message: `number ${no} occurs twice`, params: { no: item.no }, seen: false })
    if (no > last + 1) findings.push({ code: 'missing-number', at: item.no, span: item.title_span, message: `number ${last + 1} is missing`, params: { no: String(last + 1) }, seen: false })
    last = no
    const unknown = [...item.lead, ...item.support].find((owner) => !owner.org)
    if (unknown) findings.push({ code: 'unknown-owner', at: item.no, span: unknown.span, message: `no organisation is called ${unknown.name}`, params: { name: unknown.name }, seen: false })
  }
  for (const m of text.matchAll(/全覆盖|应采尽采|清零/gu)) {
    const from = Array.from(text.slice(0, m.index)).length
    findings.push({ code: 'wordy-target', at: '', span: [from, from + Array.from(m[0]).length], message: 'a quantity in words', params: { quote: m[0] }, seen: false })
  }
  return findings
}

function declaredOf(text, items) {
  const m = /(\d+)项重点任务/u.exec(text)
  if (!m) return []
  const from = Array.from(text.slice(0, m.index)).length
  return [{ what: 'items', value: Number(m[1]), quote: m[0], span: [from, from + Array.from(m[0]).length], found: items.length, ok: Number(m[1]) === items.length }]
}
