/* An invented city: a commission with its departments, bureaus, eight districts with towns, hospitals and centres. */
import { createHash } from 'node:crypto'

export function uid(seed) {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  const bytes = createHash('sha256').update(seed).digest()
  return Array.from({ length: 26 }, (_, i) => alphabet[bytes[i] & 31]).join('')
}

const DEPARTMENTS = ['办公室', '人事处', '规划信息处', '财务处', '政策法规处', '体改处', '疾病预防控制处', '医政处', '基层卫生处', '综合监督处', '药物政策处', '妇幼健康处', '职业健康处', '人口家庭处', '宣传处', '中医药管理处']
const BUREAUS = [['市医疗保障局', '市医保局'], ['市教育局', '市教育局'], ['市财政局', '市财政局'], ['市政府督查室', '督查室']]
const DISTRICTS = ['东湖区', '西山区', '南河区', '北塘县', '青浦县', '云岭县', '临江区', '高新区']

export function cityOrgs(size) {
  const orgs = []
  const add = (code, name, short_name, kind, parent, area, aliases = []) => {
    orgs.push({ uid: uid(code), code, name, short_name, kind, parent, area, rank: orgs.length, aliases, closed: null, version: 1, legal_code: null, functions: [], members: [] })
    return orgs.at(-1)
  }
  const city = add('999900', '示例市', '示例市', 'government', null, '999900')
  if (size === 'empty') return orgs
  const commission = add('9999-wjw', '示例市卫生健康委员会', '市卫健委', 'commission', city.uid, '999900', ['市卫生健康委', '市卫健委'])
  for (const name of DEPARTMENTS) add(`9999-${name}`, name, name.replace('疾病预防控制处', '疾控处').replace('基层卫生处', '基卫处'), 'department', commission.uid, '999900', [`市卫健委${name}`])
  for (const [name, short] of BUREAUS) add(`9999-${name}`, name, short, 'bureau', city.uid, '999900', [short])
  DISTRICTS.forEach((name, d) => {
    const area = `9999${String(d + 1).padStart(2, '0')}`
    const district = add(area, name, name, 'government', city.uid, area)
    const local = add(`${area}-wjw`, `${name}卫生健康局`, `${name.slice(0, 2)}卫健局`, 'commission', district.uid, area)
    const towns = size === 'much' ? 18 : 2
    add(`${area}-h1`, `${name}人民医院`, `${name.slice(0, 2)}人民医院`, 'hospital', local.uid, area)
    for (let t = 1; t <= towns; t++) {
      const centre = add(`${area}-c${t}`, `${name}第${t}社区卫生服务中心`, `第${t}中心`, 'centre', local.uid, area)
      for (let c = 1; c <= (size === 'much' ? 7 : 1); c++) add(`${area}-c${t}-${c}`, `${name}第${t}中心第${c}服务站`, `第${c}站`, 'clinic', centre.uid, area)
    }
  })
  return orgs
}
