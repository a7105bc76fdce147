#!/usr/bin/env python3
"""Makes the organisations and people of 示例市, which does not exist (organisations.csv, people.csv).

usage: make_city.py [--check]

Area codes begin with 99, which no real place has; so no legal code and no identity number made here can belong to
anyone, although their check digits are right. The same run gives the same bytes.
"""
import csv
import io
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
CITY = "990000"

ORG_HEAD = "机构代码,机构名称,简称,类别,上级代码,行政区划,排序,统一社会信用代码,职能,别名,成员,设立日期,撤销日期".split(",")
PEOPLE_HEAD = "账号,姓名,机构代码,角色,职务,电话,证件号码".split(",")

# name, short name, functions, aliases
DEPARTMENTS = [
    ("办公室", "办公室", "office", "委办公室；办公室（信访办）；信访办；示例市卫生健康委员会办公室"),
    ("组织人事处", "组织人事处", "personnel", "人事处；组织处；组织人事部门"),
    ("规划发展与信息化处", "规划信息处", "planning_info", "规划处；信息处；规划发展与信息化处（统计处）"),
    ("财务审计处", "财务处", "finance", "财审处；财务审计处（内部审计处）"),
    ("政策法规处", "政策法规处", "law", "法规处"),
    ("体制改革处", "体改处", "reform", "市医改办；医改办；体制改革处（市医改办）"),
    ("疾病预防控制处", "疾控处", "disease_control", "疾病控制处；疾病预防控制处（血地防办）；市血地防办"),
    ("医政医管处", "医政医管处", "medical_administration", "医政处；医政医管处（医疗质量管理处）"),
    ("基层卫生健康处", "基层卫生处", "primary_care", "基层处；基层卫生健康处（农村卫生处）"),
    ("卫生应急办公室", "应急办", "emergency", "卫生应急办；应急处；卫生应急办公室（突发公共卫生事件应急指挥中心）"),
    ("科技教育处", "科教处", "science", "科技教育处（国际合作处）"),
    ("综合监督处", "综合监督处", "supervision", "监督处；综合监督处（食品安全标准与监测评估处）"),
    ("药物政策与基本药物制度处", "药政处", "drug_policy", "药物政策处"),
    ("老龄健康处", "老龄健康处", "ageing", "老龄处；老龄办；市老龄办"),
    ("妇幼健康处", "妇幼健康处", "maternal", "妇幼处"),
    ("职业健康处", "职业健康处", "occupational_health", "职业处"),
    ("人口监测与家庭发展处", "人口家庭处", "family_planning", "人口家庭发展处；家庭发展处；计划生育协调处"),
    ("宣传处", "宣传处", "publicity", "新闻宣传处"),
    ("健康促进处", "健康促进处", "health_promotion", "市爱卫办；爱卫办；健康促进处（市爱卫办）；健康示例推进办"),
    ("中医药管理处", "中医药处", "tcm", "中医处；中医药管理处（市中医药管理局）；市中医药管理局"),
    ("干部保健处", "保健处", "cadre_health", "市保健办；保健办"),
    ("行政审批处", "行政审批处", "approval", "审批处；许可处；行政审批处（政务服务处）"),
    ("机关党委", "机关党委", "party", "直属机关党委；机关纪委"),
    ("离退休干部处", "离退休干部处", "retired", "老干部处"),
    ("市医务工会", "工会", "union", "委工会；市医务工会委员会"),
    ("委团委", "团委", "youth", "共青团示例市卫生健康委员会委员会"),
]
# full name, short name, functions, further aliases
BUREAUS = [
    ("示例市发展和改革委员会", "市发展改革委", "planning", "市发改委"),
    ("示例市教育局", "市教育局", "education", ""),
    ("示例市科学技术局", "市科技局", "science", ""),
    ("示例市工业和信息化局", "市工业和信息化局", "industry", "市工信局"),
    ("示例市公安局", "市公安局", "police", ""),
    ("示例市民政局", "市民政局", "civil_affairs", ""),
    ("示例市司法局", "市司法局", "justice", ""),
    ("示例市财政局", "市财政局", "finance", ""),
    ("示例市人力资源和社会保障局", "市人力资源社会保障局", "labour", "市人社局"),
    ("示例市自然资源和规划局", "市自然资源和规划局", "land", "市资规局"),
    ("示例市生态环境局", "市生态环境局", "environment", ""),
    ("示例市住房和城乡建设局", "市住房城乡建设局", "housing", "市住建局"),
    ("示例市城市管理局", "市城管局", "city_management", "市城市管理局"),
    ("示例市交通运输局", "市交通运输局", "transport", ""),
    ("示例市水务局", "市水务局", "water", ""),
    ("示例市农业农村局", "市农业农村局", "agriculture", ""),
    ("示例市商务局", "市商务局", "commerce", ""),
    ("示例市文化广电和旅游局", "市文广旅局", "culture", "市文广旅游局"),
    ("示例市应急管理局", "市应急管理局", "emergency_management", "市应急局"),
    ("示例市审计局", "市审计局", "audit", ""),
    ("示例市市场监督管理局", "市市场监管局", "market_regulation", ""),
    ("示例市体育局", "市体育局", "sports", ""),
    ("示例市统计局", "市统计局", "statistics", ""),
    ("示例市医疗保障局", "市医保局", "health_insurance", "市医疗保障局"),
    ("示例市数据局", "市数据局", "data", "市大数据管理局"),
    ("示例市信访局", "市信访局", "petitions", ""),
    ("中共示例市委宣传部", "市委宣传部", "publicity", ""),
    ("中共示例市委机构编制委员会办公室", "市委编办", "establishment", "市编办"),
    ("示例市总工会", "市总工会", "union", ""),
    ("共青团示例市委员会", "团市委", "youth", "共青团市委"),
    ("示例市妇女联合会", "市妇联", "women", ""),
    ("示例市残疾人联合会", "市残联", "disabled", ""),
    ("示例市红十字会", "市红十字会", "red_cross", ""),
    ("示例市计划生育协会", "市计生协", "family_planning", "市计划生育协会"),
]
# code, name, number of towns, share of them that are 街道
DISTRICTS = [
    ("990101", "示中区", 8, 8), ("990102", "示东区", 10, 8), ("990103", "示西区", 10, 7), ("990104", "示南区", 9, 6),
    ("990105", "示北区", 9, 6), ("990121", "示河县", 14, 2), ("990122", "示湖县", 12, 2), ("990181", "示山市", 14, 4),
]
# name, short name, functions; a district's commission has these
OFFICES = [
    ("办公室", "办公室", "office", "委办公室"), ("人事科", "人事科", "personnel", "组织人事科"),
    ("规划财务信息科", "规财科", "planning_info；finance", "规划财务科；规划信息科；财务科"),
    ("疾病预防控制科", "疾控科", "disease_control；emergency", "疾控应急科；卫生应急科"),
    ("医政医管科", "医政科", "medical_administration；drug_policy", "医政药政科；药政科"),
    ("基层卫生健康科", "基层科", "primary_care", "基层卫生科"),
    ("妇幼与人口家庭科", "妇幼科", "maternal；family_planning", "妇幼健康科；人口家庭科"),
    ("综合监督与审批科", "监督科", "supervision；approval；law", "综合监督科；法规监督科"),
    ("健康促进与爱卫科", "爱卫科", "health_promotion", "爱卫办；健康促进科"),
    ("老龄与中医药科", "老龄中医科", "ageing；tcm", "中医科；老龄健康科；中医药科"),
]
DISTRICT_BUREAUS = [("财政局", "finance"), ("教育局", "education"), ("民政局", "civil_affairs"), ("医疗保障局", "health_insurance"),
                    ("人力资源和社会保障局", "labour"), ("市场监督管理局", "market_regulation"),
                    ("发展和改革局", "planning"), ("农业农村局", "agriculture")]
CITY_HOSPITALS = [
    ("示例市第一人民医院", "市第一人民医院", "市一院"), ("示例市第二人民医院", "市第二人民医院", "市二院"),
    ("示例市第三人民医院", "市第三人民医院", "市三院；示例市传染病医院；市传染病医院"), ("示例市第四人民医院", "市第四人民医院", "市四院；示例市肿瘤医院；市肿瘤医院"),
    ("示例市中医院", "市中医院", "示例市中医医院；市中医医院"), ("示例市妇幼保健院", "市妇幼保健院", "市妇保院；示例市妇女儿童医院"),
    ("示例市儿童医院", "市儿童医院", "市儿院"), ("示例市精神卫生中心", "市精神卫生中心", "市精卫中心；示例市第七人民医院"),
    ("示例市口腔医院", "市口腔医院", ""), ("示例市康复医院", "市康复医院", ""), ("示例市老年病医院", "市老年病医院", ""),
]
CITY_PUBLIC_HEALTH = [
    ("JK", "示例市疾病预防控制中心", "市疾控中心", "cdc", "市疾病预防控制中心"),
    ("JD", "示例市卫生监督所", "市卫生监督所", "supervision", "市监督所；示例市卫生健康综合行政执法支队"),
    ("XZ", "示例市中心血站", "市中心血站", "blood", "市血站"),
    ("JZ", "示例市急救医疗中心", "市急救中心", "ambulance", "示例市120急救中心；市急救医疗中心"),
    ("FB", "示例市妇幼健康服务中心", "市妇幼健康服务中心", "mch", ""),
    ("XX", "示例市卫生健康统计信息中心", "市卫生信息中心", "information", "市卫生健康统计信息中心"),
    ("JX", "示例市健康教育所", "市健康教育所", "health_education", "市健教所"),
    ("ZF2", "示例市职业病防治院", "市职防院", "occupational_health", "市职业病防治院"),
    ("RC", "示例市卫生人才服务中心", "市卫生人才中心", "personnel", ""),
    ("ZK", "示例市医疗质量控制中心", "市医疗质控中心", "quality", "市质控中心"),
]
TOWN_CHARS = "安宁和丰清明秀兴福康乐平顺昌盛荣华瑞祥嘉庆永泰恒源泽润德仁义礼智信忠勤俭朴达通景怡悦欣宜佳美善谦诚敬恩惠慈良朗晴旭晨曦曙霞霁云岚松柏竹梅兰菊荷桂枫杨柳桐溪湾岭谷原野畔洲渚岩峰"
VILLAGES = "东南西北上下前后中新"
OLD = [
    ("990000-WSJ", "示例市卫生局", "市卫生局", "1990-01-01", "2014-12-31"),
    ("990000-WJS", "示例市卫生和计划生育委员会", "市卫生计生委", "2015-01-01", "2019-02-28"),
]

SURNAMES = {"赵": "zhao", "钱": "qian", "孙": "sun", "李": "li", "周": "zhou", "吴": "wu", "郑": "zheng", "王": "wang", "冯": "feng",
            "陈": "chen", "蒋": "jiang", "沈": "shen", "韩": "han", "杨": "yang", "朱": "zhu", "秦": "qin", "许": "xu", "何": "he",
            "吕": "lv", "张": "zhang", "孔": "kong", "曹": "cao", "严": "yan", "金": "jin", "魏": "wei", "陶": "tao", "姜": "jiang",
            "谢": "xie", "邹": "zou", "潘": "pan", "葛": "ge", "范": "fan", "彭": "peng", "鲁": "lu", "马": "ma", "方": "fang",
            "任": "ren", "袁": "yuan", "柳": "liu", "唐": "tang", "欧阳": "ouyang"}
GIVEN = {"示": "shi", "例": "li", "文": "wen", "样": "yang", "本": "ben", "明": "ming", "安": "an", "静": "jing", "宁": "ning",
         "川": "chuan", "晓": "xiao", "平": "ping", "海": "hai", "林": "lin", "雨": "yu", "青": "qing", "禾": "he", "志": "zhi",
         "远": "yuan", "书": "shu", "衡": "heng", "知": "zhi", "行": "xing", "若": "ruo", "初": "chu", "子": "zi", "墨": "mo"}


def legal_code(kind, area, serial):
    """GB 32100: two letters of registry and kind, area, GB 11714 organisation code, check digit."""
    digits = f"{serial:08d}"
    total = sum(int(d) * w for d, w in zip(digits, (3, 7, 9, 10, 5, 8, 4, 2)))
    check = (11 - total % 11) % 11
    body = kind + area + digits + ("X" if check == 10 else str(check))
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def identity_number(area, birthday, serial):
    """GB 11643: area, birthday, serial, check digit by ISO 7064 MOD 11-2."""
    body = f"{area}{birthday}{serial:03d}"
    total = sum(int(d) * (pow(2, 17 - i, 11)) for i, d in enumerate(body))
    return body + "10X98765432"[total % 11]


class City:
    def __init__(self):
        self.rows, self.rank, self.serial = [], 0, 10000
        self.towns, self.by_kind = {}, {}

    def add(self, code, name, short, kind, parent, area, functions="", aliases="", members=(), since="2019-03-01",
            until="", legal=None):
        self.rank += 10
        number = ""
        if legal:
            self.serial += 1
            number = legal_code(legal, area, self.serial)
        self.rows.append([code, name, short, kind, parent, area, str(self.rank), number, functions,
                          "；".join(a for a in aliases.split("；") if a and a not in (name, short)),
                          "；".join(members), since, until])
        self.by_kind.setdefault(kind, []).append(code)
        return code

    def codes(self, *tests):
        return [r[0] for r in self.rows if not r[12] and all(t(r) for t in tests)]


def municipal(city):
    city.add("990000-ZF", "示例市人民政府", "市政府", "government", "", CITY, "", "示例市政府", since="1983-01-01", legal="11")
    city.add("990000-WJW", "示例市卫生健康委员会", "市卫生健康委", "commission", "990000-ZF", CITY, "",
             "市卫健委；示例市卫健委；示例市卫生健康委；中共示例市卫生健康委员会党组；委党组", legal="11")
    for i, (name, short, functions, aliases) in enumerate(DEPARTMENTS, 1):
        city.add(f"990000-WJW-{i:02d}", name, short, "department", "990000-WJW", CITY, functions, aliases)
    city.add("990000-WJW-90", "计划生育考核处", "考核处", "department", "990000-WJW", CITY, "", "", until="2022-06-30")
    for code, name, short, since, until in OLD:
        city.add(code, name, short, "commission", "990000-ZF", CITY, since=since, until=until)
    for i, (name, short, functions, aliases) in enumerate(BUREAUS, 1):
        city.add(f"990000-B{i:02d}", name, short, "bureau", "990000-ZF", CITY, functions, aliases, legal="11")
    for i, (name, short, aliases) in enumerate(CITY_HOSPITALS, 1):
        city.add(f"990000-YY{i:02d}", name, short, "hospital", "990000-WJW", CITY, "", aliases, since="1985-10-01", legal="12")
    for code, name, short, functions, aliases in CITY_PUBLIC_HEALTH:
        city.add(f"990000-{code}", name, short, "public_health", "990000-WJW", CITY, functions, aliases, since="2001-07-01",
                 legal="12")
    city.add("990000-KFQ", "示例经济开发区管理委员会", "市经开区管委会", "other", "990000-ZF", CITY, "", "经开区管委会；示例经开区", legal="11")
    city.add("990000-KFQ-SS", "示例经济开发区社会事业局", "市经开区社会事业局", "other", "990000-KFQ", CITY, "", "经开区社会事业局", legal="11")


def institutions(city, area, name, level):
    w = f"{area}-WJW"
    for i, (full, aliases) in enumerate(((f"{name}人民医院", f"{level}人民医院"), (f"{name}中医院", f"{level}中医院；{name}中医医院"),
                                         (f"{name}第二人民医院", f"{level}第二人民医院")), 1):
        city.add(f"{area}-YY{i:02d}", full, "", "hospital", w, area, "", aliases, since="1988-05-01", legal="12")
    for code, full, functions, aliases in (
            ("JK", f"{name}疾病预防控制中心", "cdc", f"{name}疾控中心；{level}疾控中心"),
            ("FY", f"{name}妇幼保健院", "mch", f"{level}妇幼保健院；{name}妇幼保健所；{name}妇保院"),
            ("JD", f"{name}卫生监督所", "supervision", f"{level}卫生监督所")):
        city.add(f"{area}-{code}", full, "", "public_health", w, area, functions, aliases, since="2002-04-01", legal="12")


def towns(city, area, name, count, streets, chars):
    made = []
    for t in range(count):
        char, street = chars[t], t < streets
        place = f"例{char}街道" if street else f"例{char}镇"
        town = city.add(f"{area}-X{t + 1:02d}", f"{name}{place}" + ("办事处" if street else "人民政府"), place, "town", f"{area}-ZF",
                        area, "", f"{name}{place}", since="2001-01-01", legal="11")
        centre = city.add(f"{area}-JC{t + 1:02d}", f"{name}{place}社区卫生服务中心" if street else f"{name}{place}卫生院",
                          f"{place}社区卫生服务中心" if street else f"{place}卫生院", "centre", f"{area}-WJW", area, "primary_care",
                          f"{place}中心卫生院" if not street and t % 4 == 0 else "", since="2006-01-01", legal="12")
        closed = t == count - 1
        for v in range(9 if street else 11):
            ground = VILLAGES[v % 10] + ("" if v < 10 else "坊")
            city.add(f"{area}-CW{t + 1:02d}{v + 1:02d}",
                     f"{name}{place}{char}{ground}社区卫生服务站" if street else f"{name}{place}{char}{ground}村卫生室",
                     f"{char}{ground}社区卫生服务站" if street else f"{char}{ground}村卫生室", "clinic", centre, area, "primary_care",
                     since="2009-09-01", until="2024-12-31" if closed and v == 8 else "")
        made.append((town, centre))
    city.towns[area] = made


def districts(city):
    used = 0
    for area, name, count, streets in DISTRICTS:
        level = {"区": "区", "县": "县", "市": "市"}[name[-1]]
        office = "" if level == "市" else level  # 市卫生健康委 means the city's own
        city.add(f"{area}-ZF", f"{name}人民政府", name, "district_government", "990000-ZF", area, "", f"{name}政府", since="1983-01-01",
                 legal="11")
        city.add(f"{area}-WJW", f"{name}卫生健康委员会", f"{name}卫生健康委", "district_commission", f"{area}-ZF", area, "",
                 f"{name}卫健委；中共{name}卫生健康委员会党委" + (f"；{office}卫生健康委；{office}卫健委" if office else ""), legal="11")
        for i, (full, short, functions, aliases) in enumerate(OFFICES, 1):
            city.add(f"{area}-WJW-{i:02d}", full, short, "department", f"{area}-WJW", area, functions, aliases)
        for i, (bureau, functions) in enumerate(DISTRICT_BUREAUS, 1):
            brief = bureau.replace("人力资源和社会保障局", "人社局").replace("医疗保障局", "医保局").replace(
                "市场监督管理局", "市场监管局").replace("发展和改革局", "发改局")
            city.add(f"{area}-B{i:02d}", name + bureau, name + brief, "bureau", f"{area}-ZF", area, functions,
                     (f"{office}{brief}；{office}{bureau}" if office else ""), legal="11")
        institutions(city, area, name, level if office else name)
        towns(city, area, name, count, streets, TOWN_CHARS[used:used + count])
        used += count
        city.add(f"{area}-MY01", f"{name}惠民医院", "", "hospital", f"{area}-WJW", area, "", "", since="2015-08-01", legal="52")
        for i in range(1, 4):
            city.add(f"{area}-MZ{i:02d}", f"{name}康健{'一二三'[i - 1]}诊所", "", "clinic", f"{area}-WJW", area, since="2018-03-01", legal="92")


def collectives(city):
    def kind(*kinds):
        return lambda r: r[3] in kinds

    def area(code):
        return lambda r: r[5] == code

    def add(n, name, aliases, members, parent="990000-WJW", where=CITY):
        city.add(f"{where}-JH{n:02d}", name, "", "collective", parent, where, "", aliases, members)
    add(1, "各县（市、区）人民政府", "各县(市、区)人民政府；各县区人民政府；各区、县人民政府；各县区；各县（市、区）",
        city.codes(kind("district_government")), "990000-ZF")
    add(2, "各县（市、区）卫生健康委", "各县区卫生健康委；各县区卫健委；各县（市、区）卫健委；各区、县卫生健康委", city.codes(kind("district_commission")))
    add(3, "各相关处室", "各处室；委机关各处室；相关处室；各有关处室；机关各处室",
        city.codes(kind("department"), area(CITY)))
    add(4, "各直属单位", "委直属各单位；各有关直属单位；直属各单位；市直各医疗卫生单位",
        city.codes(kind("hospital", "public_health"), area(CITY)))
    add(5, "市各有关部门", "市有关部门；市级有关部门；各有关部门；市各相关部门", city.codes(kind("bureau"), area(CITY)), "990000-ZF")
    add(6, "各公立医院", "各市属医院；市属各医院；各市直医院", city.codes(kind("hospital"), area(CITY)))
    add(7, "各级疾控机构", "各疾控中心；各级疾控中心", city.codes(lambda r: r[8] == "cdc"))
    add(8, "各妇幼保健机构", "各级妇幼保健机构", city.codes(lambda r: r[8] == "mch"))
    add(9, "各基层医疗卫生机构", "各乡镇卫生院和社区卫生服务中心；各乡镇卫生院、社区卫生服务中心", city.codes(kind("centre")))
    for code, name, _, _ in DISTRICTS:
        level = name if name.endswith("市") else name[-1]
        add(1, "各镇（街道）", f"各镇、街道；各乡镇（街道）；{name}各镇（街道）", [t for t, _ in city.towns[code]], f"{code}-ZF", code)
        add(2, "各镇卫生院、社区卫生服务中心", f"各镇卫生院；各基层医疗机构；{name}各基层医疗卫生机构", [c for _, c in city.towns[code]],
            f"{code}-WJW", code)
        add(3, "各科室", "委机关各科室；各相关科室", city.codes(kind("department"), area(code)), f"{code}-WJW", code)
        add(4, f"{level}各有关部门", f"{level}有关部门；{name}各有关部门", city.codes(kind("bureau"), area(code)), f"{code}-ZF", code)


class People:
    def __init__(self):
        self.rows, self.names, self.users = [], 0, set()

    def person(self):
        n = self.names
        self.names += 1
        surnames, given = list(SURNAMES), list(GIVEN)
        s = surnames[n * 7 % len(surnames)]
        a, b = given[n * 5 % len(given)], given[(n * 11 + n // 27) % len(given)]
        first = a if n % 6 == 0 or a == b else a + b
        user = SURNAMES[s] + "".join(GIVEN[c] for c in first)
        base, i = user, 1
        while user in self.users:
            i += 1
            user = f"{base}{i}"
        self.users.add(user)
        return s + first, user, n

    def identity(self, n, area):
        if n % 41 == 40:
            return ""  # some are registered without
        year, month, day = 1964 + n * 13 % 36, 1 + n * 5 % 12, 1 + n * 7 % 28
        return identity_number(area, f"{year}{month:02d}{day:02d}", 1 + n % 998)

    def add(self, org, role, post, user=None):
        name, made, n = self.person()
        area = org[:6]
        self.rows.append([user or made, name, org, role, post, f"1990000{n:04d}", self.identity(n, area)])

    def second_account(self, row, user, org, role, post):
        """The same human being once more: same name and identity number, another account."""
        self.rows.append([user, row[1], org, role, post, row[5], row[6]])


# the first rows: one account a role that is easy to remember
FIRST = [
    ("handler01", "990000-WJW-07", "handler", "一级主任科员"), ("head01", "990000-WJW-07", "unit_head", "处长"),
    ("issuer01", "990000-WJW-01", "issuer", "办公室主任"), ("reviewer01", "990000-WJW-12", "reviewer", "二级调研员"),
    ("inspector01", "990000-WJW-23", "inspector", "机关纪委书记"), ("leader01", "990000-WJW", "leader", "副主任"),
    ("reporter01", "990101-JC01", "reporter", "公共卫生科科长"), ("sysadmin01", "990000-XX", "system_admin", "系统管理员"),
    ("secadmin01", "990000-XX", "security_admin", "安全管理员"), ("auditadmin01", "990000-WJW-04", "audit_admin", "审计管理员"),
]


def people(city):
    p = People()
    for user, org, role, post in FIRST:
        p.add(org, role, post, user)
    p.add("990000-WJW", "leader", "党组书记、主任")
    for _ in range(3):
        p.add("990000-WJW", "leader", "副主任")
    for i in range(1, len(DEPARTMENTS) + 1):
        org = f"990000-WJW-{i:02d}"
        p.add(org, "unit_head", "处长")
        p.add(org, "handler", "一级主任科员")
        p.add(org, "handler", "四级主任科员")
        p.add(org, "reviewer", "副处长")
    p.add("990000-WJW-23", "inspector", "督查专员")
    p.add("990000-WJW-01", "issuer", "副主任")
    for i in range(1, len(BUREAUS) + 1):
        p.add(f"990000-B{i:02d}", "handler", "联络员")
    for i in range(1, len(CITY_HOSPITALS) + 1):
        p.add(f"990000-YY{i:02d}", "unit_head", "院长")
        p.add(f"990000-YY{i:02d}", "reporter", "信息科科长")
    for code, *_ in CITY_PUBLIC_HEALTH:
        p.add(f"990000-{code}", "unit_head", "主任")
        p.add(f"990000-{code}", "reporter", "统计员")
    for area, *_ in DISTRICTS:
        w = f"{area}-WJW"
        p.add(w, "leader", "主任")
        p.add(w, "issuer", "副主任")
        p.add(w, "reviewer", "三级主任科员")
        for i in range(1, len(OFFICES) + 1):
            p.add(f"{w}-{i:02d}", "handler", "科员")
        p.add(f"{w}-01", "unit_head", "办公室主任")
        p.add(f"{w}-04", "reviewer", "副科长")
        p.add(f"{w}-08", "reviewer", "副科长")
        p.add(f"{area}-ZF", "leader", "副区长" if area < "990121" else "副县（市）长")
        p.add(f"{area}-JK", "unit_head", "主任")
        p.add(f"{area}-JK", "reporter", "统计员")
        p.add(f"{area}-FY", "reporter", "信息员")
        p.add(f"{area}-YY01", "reporter", "信息科科长")
        for _, centre in city.towns[area][:5]:
            p.add(centre, "reporter", "防保科科长")
    p.second_account(p.rows[0], "handler01b", "990000-WJW-09", "reviewer", "挂职副处长")
    p.second_account(p.rows[3], "reviewer01b", "990000-WJW-15", "handler", "借调干部")
    return p.rows


def as_csv(head, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def main():
    city = City()
    municipal(city)
    districts(city)
    collectives(city)
    codes = [r[0] for r in city.rows]
    persons = people(city)
    assert len(set(codes)) == len(codes) and {r[4] for r in city.rows} <= set(codes) | {""}
    assert {p[2] for p in persons} <= set(codes) and len({p[0] for p in persons}) == len(persons)
    stale = 0
    for name, data in (("organisations.csv", as_csv(ORG_HEAD, city.rows)), ("people.csv", as_csv(PEOPLE_HEAD, persons))):
        path = HERE / name
        if path.exists() and path.read_bytes() == data:
            continue
        stale += 1
        if "--check" in sys.argv[1:]:
            print("differs: " + name)
        else:
            path.write_bytes(data)
            print("written: " + name)
    print(f"{len(city.rows)} organisations, {len(persons)} accounts")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
