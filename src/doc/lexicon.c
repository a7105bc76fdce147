/* lexicon.c: the lexicon of the quantity stage: words that tell what a figure stands for. One pass over a sentence looks each position up, the
 * longest word first; a word hides the shorter ones inside it, so words that only protect (签约 holds no 约) are rows too. */
#include "doc/quantity.h"

#include "base/banned.h"

#define ROW(s, class) { WORD_INIT(U##s), class, OP_EQ }

static const LexWord rows[] = {
    ROW("力争", WORD_SOFT), ROW("争取", WORD_SOFT), ROW("鼓励", WORD_SOFT), ROW("力求", WORD_SOFT), ROW("力争在", WORD_SOFT), ROW("力争实现", WORD_SOFT),

    ROW("建成", WORD_BRING), ROW("打造", WORD_BRING), ROW("培养", WORD_BRING), ROW("培育", WORD_BRING), ROW("创建", WORD_BRING),
    ROW("创成", WORD_BRING), ROW("争创", WORD_BRING), ROW("完成", WORD_BRING), ROW("开展", WORD_BRING), ROW("举办", WORD_BRING),
    ROW("组织", WORD_BRING), ROW("提供", WORD_BRING), ROW("推广", WORD_BRING), ROW("遴选", WORD_BRING), ROW("遴选培养", WORD_BRING),
    ROW("引进培养", WORD_BRING), ROW("培养引进", WORD_BRING), ROW("引进和培育", WORD_BRING), ROW("引进和培养", WORD_BRING), ROW("引进培育", WORD_BRING),
    ROW("选拔", WORD_BRING), ROW("评选", WORD_BRING), ROW("认定", WORD_BRING), ROW("命名", WORD_BRING), ROW("设立", WORD_BRING),
    ROW("设置", WORD_BRING), ROW("组建", WORD_BRING), ROW("成立", WORD_BRING), ROW("建立", WORD_BRING), ROW("配备", WORD_BRING),
    ROW("配置", WORD_BRING), ROW("配齐", WORD_BRING), ROW("购置", WORD_BRING), ROW("添置", WORD_BRING), ROW("引育", WORD_BRING),
    ROW("招收", WORD_BRING), ROW("建强", WORD_BRING), ROW("建好", WORD_BRING), ROW("布局", WORD_BRING), ROW("建立健全", WORD_BRING),
    ROW("选树", WORD_BRING), ROW("创设", WORD_BRING), ROW("开设", WORD_BRING), ROW("改造", WORD_BRING), ROW("改建", WORD_BRING),
    ROW("扩建", WORD_BRING), ROW("改扩建", WORD_BRING), ROW("建成投用", WORD_BRING), ROW("实施", WORD_BRING), ROW("研发", WORD_BRING),
    ROW("孵化", WORD_BRING), ROW("建成并投用", WORD_BRING), ROW("办好", WORD_BRING), ROW("安排", WORD_BRING), ROW("落地", WORD_BRING),
    ROW("形成", WORD_BRING), ROW("培育形成", WORD_BRING), ROW("改造提升", WORD_BRING), ROW("有", WORD_BRING), ROW("设有", WORD_BRING),

    ROW("竣工", WORD_ADD), ROW("开工", WORD_ADD), ROW("完工", WORD_ADD), ROW("投用", WORD_ADD), ROW("新增", WORD_ADD), ROW("新建", WORD_ADD),
    ROW("新创", WORD_ADD), ROW("新改扩建", WORD_ADD), ROW("新改建", WORD_ADD), ROW("新(改、扩)建", WORD_ADD), ROW("新(改)建", WORD_ADD),
    ROW("新建改建", WORD_ADD), ROW("新建、改扩建", WORD_ADD), ROW("新建、改建", WORD_ADD), ROW("新建(改建)", WORD_ADD), ROW("新建成", WORD_ADD),
    ROW("新建和改扩建", WORD_ADD), ROW("启动", WORD_ADD), ROW("引进", WORD_ADD), ROW("申报", WORD_ADD), ROW("获批", WORD_ADD), ROW("新招", WORD_ADD),
    ROW("新招聘", WORD_ADD), ROW("新设", WORD_ADD), ROW("新设置", WORD_ADD), ROW("新开", WORD_ADD), ROW("新开设", WORD_ADD), ROW("新开办", WORD_ADD),
    ROW("新培养", WORD_ADD), ROW("新培育", WORD_ADD), ROW("新引进", WORD_ADD), ROW("新认定", WORD_ADD), ROW("新配备", WORD_ADD), ROW("新购置", WORD_ADD),
    ROW("新发展", WORD_ADD), ROW("增设", WORD_ADD), ROW("增加", WORD_ADD), ROW("减少", WORD_ADD), ROW("增配", WORD_ADD), ROW("立项", WORD_ADD),
    ROW("招聘", WORD_ADD), ROW("招录", WORD_ADD), ROW("聘用", WORD_ADD), ROW("选派", WORD_ADD), ROW("柔性引进", WORD_ADD), ROW("全职引进", WORD_ADD),
    ROW("接诊", WORD_ADD), ROW("转化", WORD_ADD), ROW("招募", WORD_ADD), ROW("清理", WORD_ADD), ROW("核减", WORD_ADD), ROW("清退", WORD_ADD),

    ROW("建设", WORD_BUILD), ROW("升级", WORD_BUILD), ROW("更新", WORD_BUILD), ROW("开发", WORD_BUILD), ROW("发展", WORD_BUILD),

    ROW("办理", WORD_DO), ROW("培训", WORD_DO), ROW("服务", WORD_DO), ROW("筛查", WORD_DO), ROW("救治", WORD_DO), ROW("签约", WORD_DO),
    ROW("覆盖", WORD_DO), ROW("监测", WORD_DO), ROW("检测", WORD_DO), ROW("检查", WORD_DO), ROW("抽查", WORD_DO), ROW("抽检", WORD_DO),
    ROW("巡查", WORD_DO), ROW("接种", WORD_DO), ROW("补种", WORD_DO), ROW("随访", WORD_DO), ROW("发放", WORD_DO), ROW("资助", WORD_DO),
    ROW("投入", WORD_DO), ROW("奖励", WORD_DO), ROW("支持", WORD_DO), ROW("扶持", WORD_DO), ROW("通过", WORD_DO), ROW("整合", WORD_DO),
    ROW("推出", WORD_DO), ROW("关停", WORD_DO), ROW("合并", WORD_DO), ROW("提拔", WORD_DO), ROW("上报", WORD_DO), ROW("派驻", WORD_DO),
    ROW("派出", WORD_DO), ROW("下派", WORD_DO), ROW("接入", WORD_DO), ROW("开通", WORD_DO), ROW("上线", WORD_DO), ROW("纳入", WORD_DO),
    ROW("捐献", WORD_DO), ROW("采集", WORD_DO), ROW("献血", WORD_DO), ROW("制定", WORD_DO), ROW("修订", WORD_DO), ROW("出台", WORD_DO),
    ROW("印发", WORD_DO), ROW("发布", WORD_DO), ROW("查处", WORD_DO), ROW("罚款", WORD_DO), ROW("罚没", WORD_DO), ROW("追缴", WORD_DO),
    ROW("退回", WORD_DO), ROW("退还", WORD_DO), ROW("挽回", WORD_DO), ROW("减免", WORD_DO), ROW("节省", WORD_DO), ROW("立案", WORD_DO),
    ROW("处罚", WORD_DO), ROW("评估", WORD_DO), ROW("验收", WORD_DO), ROW("投放", WORD_DO), ROW("储备", WORD_DO), ROW("调剂", WORD_DO),
    ROW("盘活", WORD_DO), ROW("化解", WORD_DO), ROW("帮扶", WORD_DO), ROW("指导", WORD_DO), ROW("选送", WORD_DO), ROW("选聘", WORD_DO), ROW("入选", WORD_DO),
    ROW("获得", WORD_DO), ROW("获评", WORD_DO), ROW("获", WORD_DO), ROW("创", WORD_DO), ROW("设", WORD_DO), ROW("建", WORD_DO), ROW("拥有", WORD_DO),
    ROW("筹集", WORD_DO), ROW("争取资金", WORD_DO), ROW("拨付", WORD_DO), ROW("给予", WORD_DO), ROW("予以", WORD_DO),

    ROW("下达", WORD_WORK), ROW("推进", WORD_WORK), ROW("落实", WORD_WORK), ROW("加强", WORD_WORK), ROW("深化", WORD_WORK), ROW("贯彻", WORD_WORK),
    ROW("围绕", WORD_WORK), ROW("聚焦", WORD_WORK), ROW("会同", WORD_WORK), ROW("联合", WORD_WORK), ROW("依托", WORD_WORK), ROW("巩固", WORD_WORK),
    ROW("完善", WORD_WORK), ROW("健全", WORD_WORK), ROW("做好", WORD_WORK), ROW("执行", WORD_WORK), ROW("按照", WORD_WORK), ROW("对照", WORD_WORK),
    ROW("根据", WORD_WORK), ROW("突出", WORD_WORK), ROW("抓好", WORD_WORK), ROW("抓实", WORD_WORK), ROW("坚持", WORD_WORK), ROW("统筹", WORD_WORK),
    ROW("强化", WORD_WORK), ROW("严格", WORD_WORK), ROW("规范", WORD_WORK), ROW("优化", WORD_WORK), ROW("加快", WORD_WORK), ROW("促进", WORD_WORK),
    ROW("推动", WORD_WORK), ROW("督促", WORD_WORK), ROW("发挥", WORD_WORK), ROW("探索", WORD_WORK), ROW("借助", WORD_WORK), ROW("结合", WORD_WORK),
    ROW("参照", WORD_WORK), ROW("学习", WORD_WORK), ROW("宣传", WORD_WORK), ROW("涉及", WORD_WORK), ROW("做实", WORD_WORK), ROW("做强", WORD_WORK),
    ROW("做优", WORD_WORK), ROW("做大", WORD_WORK), ROW("做精", WORD_WORK), ROW("建优", WORD_WORK), ROW("改善", WORD_WORK), ROW("提升", WORD_WORK),
    ROW("构建", WORD_WORK), ROW("保障", WORD_WORK), ROW("维护", WORD_WORK), ROW("针对", WORD_WORK), ROW("关注", WORD_WORK), ROW("明确", WORD_WORK),
    ROW("研究", WORD_WORK), ROW("来自", WORD_WORK), ROW("压实", WORD_WORK), ROW("扩大", WORD_WORK), ROW("拓展", WORD_WORK), ROW("持续提升", WORD_WORK),
    ROW("巩固提升", WORD_WORK), ROW("稳步提升", WORD_WORK), ROW("稳步提高", WORD_WORK), ROW("全面提升", WORD_WORK), ROW("不断提高", WORD_WORK),
    ROW("持续提高", WORD_WORK), ROW("进一步提高", WORD_WORK), ROW("有效控制", WORD_WORK), ROW("严格控制", WORD_WORK), ROW("切实降低", WORD_WORK),
    ROW("持续降低", WORD_WORK), ROW("合理控制", WORD_WORK), ROW("确定", WORD_WORK),

    ROW("在", WORD_AT), ROW("按", WORD_AT), ROW("围绕着", WORD_AT),

    ROW("从", WORD_FROM), ROW("由", WORD_FROM),

    ROW("把", WORD_LEAD), ROW("同期", WORD_LEAD), ROW("并", WORD_LEAD), ROW("并且", WORD_LEAD), ROW("且", WORD_LEAD), ROW("其中", WORD_LEAD),
    ROW("同时", WORD_LEAD), ROW("从而", WORD_LEAD), ROW("努力", WORD_LEAD), ROW("逐步", WORD_LEAD), ROW("基本", WORD_LEAD), ROW("基本实现", WORD_LEAD),
    ROW("全面", WORD_LEAD), ROW("进一步", WORD_LEAD), ROW("持续", WORD_LEAD), ROW("不断", WORD_LEAD), ROW("积极", WORD_LEAD), ROW("大力", WORD_LEAD),
    ROW("稳步", WORD_LEAD), ROW("切实", WORD_LEAD), ROW("另", WORD_LEAD), ROW("免费", WORD_LEAD), ROW("总体", WORD_LEAD), ROW("到期", WORD_LEAD),

    ROW("实现", WORD_ENSURE), ROW("确保", WORD_ENSURE), ROW("保证", WORD_ENSURE), ROW("使", WORD_ENSURE), ROW("使得", WORD_ENSURE),
    ROW("力保", WORD_ENSURE), ROW("推动实现", WORD_ENSURE),

    ROW("今后", WORD_WILL), ROW("将", WORD_WILL), ROW("拟", WORD_WILL), ROW("计划", WORD_WILL), ROW("预计", WORD_WILL), ROW("下一步", WORD_WILL),
    ROW("接下来", WORD_WILL), ROW("年内将", WORD_WILL),

    ROW("分别", WORD_LINK), ROW("均", WORD_LINK), ROW("首批", WORD_LINK), ROW("其余", WORD_LINK), ROW("剩余", WORD_LINK), ROW("另外", WORD_LINK),
    ROW("新一批", WORD_LINK), ROW("都", WORD_LINK), ROW("为", WORD_LINK), ROW("是", WORD_LINK), ROW("要", WORD_LINK), ROW("应", WORD_LINK),
    ROW("应当", WORD_LINK), ROW("须", WORD_LINK), ROW("必须", WORD_LINK), ROW("需", WORD_LINK), ROW("共", WORD_LINK), ROW("共计", WORD_LINK),
    ROW("总计", WORD_LINK), ROW("合计", WORD_LINK), ROW("累计", WORD_LINK), ROW("全部", WORD_LINK), ROW("也", WORD_LINK), ROW("又", WORD_LINK),
    ROW("再", WORD_LINK), ROW("仅", WORD_LINK), ROW("每年度", WORD_LINK), ROW("逐年", WORD_LINK),

    ROW("人均", WORD_PER), ROW("平均", WORD_PER), ROW("每年", WORD_PER), ROW("全年", WORD_PER), ROW("年均", WORD_PER),

    ROW("全市", WORD_AREA), ROW("全省", WORD_AREA), ROW("全县", WORD_AREA), ROW("全区", WORD_AREA), ROW("全州", WORD_AREA), ROW("全国", WORD_AREA),
    ROW("全系统", WORD_AREA),

    ROW("每", WORD_EACH), ROW("各", WORD_EACH), ROW("每个", WORD_EACH), ROW("每家", WORD_EACH), ROW("每所", WORD_EACH), ROW("各地", WORD_EACH),
    ROW("每地", WORD_EACH), ROW("至少各", WORD_EACH),

    ROW("提高", WORD_CHANGE), ROW("下降", WORD_CHANGE), ROW("增长", WORD_CHANGE), ROW("上升", WORD_CHANGE), ROW("降低", WORD_CHANGE),
    ROW("压缩", WORD_CHANGE), ROW("缩短", WORD_CHANGE), ROW("压减", WORD_CHANGE), ROW("降", WORD_CHANGE),

    ROW("较", WORD_THAN), ROW("比", WORD_THAN), ROW("相比", WORD_THAN), ROW("较上年", WORD_THAN), ROW("比上年", WORD_THAN), ROW("较去年", WORD_THAN),
    ROW("比去年", WORD_THAN),

    ROW("等", WORD_ETC),

    ROW("与", WORD_JOIN), ROW("和", WORD_JOIN), ROW("及", WORD_JOIN), ROW("以及", WORD_JOIN), ROW("或", WORD_JOIN),

    ROW("已", WORD_DONE), ROW("已经", WORD_DONE), ROW("目前", WORD_DONE), ROW("截至", WORD_DONE), ROW("截止", WORD_DONE), ROW("现有", WORD_DONE),
    ROW("去年", WORD_DONE), ROW("上年", WORD_DONE), ROW("过去", WORD_DONE), ROW("以来", WORD_DONE), ROW("先后", WORD_DONE), ROW("建成了", WORD_DONE),
    ROW("完成了", WORD_DONE), ROW("实现了", WORD_DONE), ROW("开展了", WORD_DONE), ROW("新增了", WORD_DONE), ROW("上年度", WORD_DONE),
    ROW("上一年", WORD_DONE), ROW("现已", WORD_DONE), ROW("均已", WORD_DONE), ROW("共有", WORD_DONE), ROW("达到了", WORD_DONE), ROW("成功创成", WORD_DONE),
    ROW("成功创建", WORD_DONE), ROW("成功举办", WORD_DONE), ROW("成功开展", WORD_DONE),

    ROW("完成情况", WORD_REPORT), ROW("进展情况", WORD_REPORT), ROW("落实情况", WORD_REPORT), ROW("整改情况", WORD_REPORT), ROW("整改成效", WORD_REPORT),
    ROW("完成进度", WORD_REPORT), ROW("工作成效", WORD_REPORT),

    ROW("医共体", WORD_PLAIN), ROW("为期", WORD_PLAIN), ROW("开发区", WORD_PLAIN), ROW("满分", WORD_PLAIN), ROW("保持着", WORD_PLAIN),
    ROW("基本药物", WORD_PLAIN), ROW("基本公共", WORD_PLAIN), ROW("基本医", WORD_PLAIN), ROW("基本标准", WORD_PLAIN), ROW("全面预算", WORD_PLAIN),
    ROW("持续时间", WORD_PLAIN), ROW("总量", WORD_PLAIN), ROW("各类", WORD_PLAIN), ROW("各项", WORD_PLAIN), ROW("各级", WORD_PLAIN),
    ROW("各种", WORD_PLAIN), ROW("每千", WORD_PLAIN), ROW("每万", WORD_PLAIN), ROW("每十万", WORD_PLAIN), ROW("每百", WORD_PLAIN),
    ROW("同比", WORD_PLAIN), ROW("环比", WORD_PLAIN), ROW("占比", WORD_PLAIN), ROW("比例", WORD_PLAIN), ROW("比率", WORD_PLAIN),
    ROW("比重", WORD_PLAIN), ROW("比赛", WORD_PLAIN), ROW("比对", WORD_PLAIN), ROW("对比", WORD_PLAIN), ROW("医护比", WORD_PLAIN),
    ROW("床护比", WORD_PLAIN), ROW("床医比", WORD_PLAIN), ROW("性别比", WORD_PLAIN), ROW("处方比", WORD_PLAIN), ROW("评比", WORD_PLAIN),
    ROW("配比", WORD_PLAIN), ROW("比武", WORD_PLAIN), ROW("药占比", WORD_PLAIN), ROW("耗占比", WORD_PLAIN), ROW("师生比", WORD_PLAIN),
    ROW("较大", WORD_PLAIN), ROW("较强", WORD_PLAIN), ROW("较高", WORD_PLAIN), ROW("比较", WORD_PLAIN), ROW("较快", WORD_PLAIN),
    ROW("等级", WORD_PLAIN), ROW("等候", WORD_PLAIN), ROW("等待", WORD_PLAIN), ROW("等次", WORD_PLAIN), ROW("甲等", WORD_PLAIN),
    ROW("乙等", WORD_PLAIN), ROW("中等", WORD_PLAIN), ROW("高等", WORD_PLAIN), ROW("及时", WORD_PLAIN), ROW("普及", WORD_PLAIN),
    ROW("涉及到", WORD_PLAIN), ROW("和谐", WORD_PLAIN), ROW("总和", WORD_PLAIN), ROW("参与", WORD_PLAIN), ROW("预约", WORD_PLAIN),
    ROW("节约", WORD_PLAIN), ROW("签约服务", WORD_PLAIN), ROW("违约", WORD_PLAIN), ROW("履约", WORD_PLAIN), ROW("解约", WORD_PLAIN),
    ROW("集约", WORD_PLAIN), ROW("约定", WORD_PLAIN), ROW("续约", WORD_PLAIN), ROW("约谈", WORD_PLAIN), ROW("靠近", WORD_PLAIN),
    ROW("附近", WORD_PLAIN), ROW("最近", WORD_PLAIN), ROW("近视", WORD_PLAIN), ROW("近年", WORD_PLAIN), ROW("近亲", WORD_PLAIN),
    ROW("超声", WORD_PLAIN), ROW("到达", WORD_PLAIN), ROW("达标", WORD_PLAIN), ROW("直达", WORD_PLAIN), ROW("发达", WORD_PLAIN),
    ROW("表达", WORD_PLAIN), ROW("满意", WORD_PLAIN), ROW("满足", WORD_PLAIN), ROW("圆满", WORD_PLAIN), ROW("超重", WORD_PLAIN),
    ROW("在册", WORD_PLAIN), ROW("在岗", WORD_PLAIN), ROW("在管", WORD_PLAIN), ROW("在校", WORD_PLAIN), ROW("在园", WORD_PLAIN),
    ROW("现在", WORD_PLAIN), ROW("存在", WORD_PLAIN), ROW("所在", WORD_PLAIN), ROW("正在", WORD_PLAIN), ROW("自由", WORD_PLAIN),
    ROW("理由", WORD_PLAIN), ROW("建立在", WORD_PLAIN), ROW("主要", WORD_PLAIN), ROW("重要", WORD_PLAIN), ROW("需要", WORD_PLAIN),
    ROW("需求", WORD_PLAIN), ROW("要求", WORD_PLAIN), ROW("应急", WORD_PLAIN), ROW("应用", WORD_PLAIN), ROW("应检", WORD_PLAIN),
    ROW("供应", WORD_PLAIN), ROW("反应", WORD_PLAIN), ROW("响应", WORD_PLAIN), ROW("不良反应", WORD_PLAIN), ROW("适应", WORD_PLAIN),
    ROW("摘要", WORD_PLAIN), ROW("公共", WORD_PLAIN), ROW("共享", WORD_PLAIN), ROW("共建", WORD_PLAIN), ROW("共同", WORD_PLAIN),
    ROW("共管", WORD_PLAIN), ROW("行为", WORD_PLAIN), ROW("作为", WORD_PLAIN), ROW("认为", WORD_PLAIN), ROW("为民", WORD_PLAIN),
    ROW("为老", WORD_PLAIN), ROW("均等", WORD_PLAIN), ROW("均衡", WORD_PLAIN), ROW("次均", WORD_PLAIN), ROW("日均", WORD_PLAIN),
    ROW("例均", WORD_PLAIN), ROW("首都", WORD_PLAIN), ROW("成都", WORD_PLAIN), ROW("再灌注", WORD_PLAIN), ROW("再手术", WORD_PLAIN),
    ROW("再住院", WORD_PLAIN), ROW("再入院", WORD_PLAIN), ROW("是否", WORD_PLAIN), ROW("需在", WORD_PLAIN), ROW("设备", WORD_PLAIN),
    ROW("设施", WORD_PLAIN), ROW("设计", WORD_PLAIN), ROW("建档", WORD_PLAIN), ROW("建筑", WORD_PLAIN), ROW("建议", WORD_PLAIN),
    ROW("建卡", WORD_PLAIN), ROW("建制", WORD_PLAIN), ROW("建床", WORD_PLAIN), ROW("创新", WORD_PLAIN), ROW("创伤", WORD_PLAIN),
    ROW("创业", WORD_PLAIN), ROW("微创", WORD_PLAIN), ROW("没有", WORD_PLAIN), ROW("所有", WORD_PLAIN), ROW("有效", WORD_PLAIN),
    ROW("有关", WORD_PLAIN), ROW("国有", WORD_PLAIN), ROW("有条件", WORD_PLAIN), ROW("公有", WORD_PLAIN), ROW("具有", WORD_PLAIN),
    ROW("有序", WORD_PLAIN), ROW("有机", WORD_PLAIN), ROW("现有的", WORD_PLAIN), ROW("并发", WORD_PLAIN), ROW("合并症", WORD_PLAIN),
    ROW("使用", WORD_PLAIN), ROW("大使", WORD_PLAIN), ROW("从业", WORD_PLAIN), ROW("从事", WORD_PLAIN), ROW("按时", WORD_PLAIN),
    ROW("按期", WORD_PLAIN), ROW("按病", WORD_PLAIN), ROW("按项目", WORD_PLAIN), ROW("按人头", WORD_PLAIN), ROW("将来", WORD_PLAIN),
    ROW("获得感", WORD_PLAIN), ROW("降压", WORD_PLAIN), ROW("降糖", WORD_PLAIN), ROW("降脂", WORD_PLAIN), ROW("降解", WORD_PLAIN),
    ROW("下降率", WORD_PLAIN), ROW("增长率", WORD_PLAIN), ROW("计划免疫", WORD_PLAIN), ROW("计划生育", WORD_PLAIN), ROW("计划怀孕", WORD_PLAIN),
    ROW("标准化", WORD_PLAIN), ROW("规范化", WORD_PLAIN), ROW("规范管理", WORD_PLAIN), ROW("规范服药", WORD_PLAIN), ROW("规范建档", WORD_PLAIN),
    ROW("规范接种", WORD_PLAIN), ROW("规范诊疗", WORD_PLAIN), ROW("规范治疗", WORD_PLAIN), ROW("提高率", WORD_PLAIN), ROW("共识", WORD_PLAIN),
    ROW("应急处置", WORD_PLAIN), ROW("满意度", WORD_PLAIN), ROW("发展性", WORD_PLAIN), ROW("组织部", WORD_PLAIN), ROW("建设单位", WORD_PLAIN),
    ROW("研究生", WORD_PLAIN), ROW("研究所", WORD_PLAIN), ROW("研究院", WORD_PLAIN), ROW("研究型", WORD_PLAIN), ROW("研究中心", WORD_PLAIN),
    ROW("研究项目", WORD_PLAIN), ROW("指导中心", WORD_PLAIN), ROW("指导员", WORD_PLAIN), ROW("监测点", WORD_PLAIN), ROW("组织机构", WORD_PLAIN),
    ROW("社会组织", WORD_PLAIN),
};

const LexTable words_table = { rows, G_N_ELEMENTS(rows) };

/* --- Looking up -------------------------------------------------------------------------------------------------- */

enum { BUCKETS = 512, WORDS_MAX = 1024 };

/* The rows of all tables, those of one bucket of first characters together. Built once, never changed after. */
typedef struct {
    const LexWord *rows[WORDS_MAX];
    uint16_t first[BUCKETS + 1];
} LexIndex;

static size_t bucket_of(char32_t c)
{
    return (c ^ c >> 9) % BUCKETS;
}

static void index_build(LexIndex *index)
{
    const LexTable *tables[] = { &opwords_table, &words_table };
    g_assert(opwords_table.n + words_table.n <= WORDS_MAX);
    size_t n = 0;
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        index->first[bucket] = (uint16_t) n;
        for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
            for (size_t i = 0; i < tables[t]->n; i++)
                if (bucket_of(tables[t]->rows[i].word.p[0]) == bucket)
                    index->rows[n++] = &tables[t]->rows[i];
    }
    index->first[BUCKETS] = (uint16_t) n;
}

static const LexIndex *index_get(void)
{
    static LexIndex index;
    static gsize built;
    if (g_once_init_enter(&built)) {
        index_build(&index);
        g_once_init_leave(&built, 1);
    }
    return &index;
}

const LexWord *word_read(const View *view, size_t at, size_t end)
{
    const LexIndex *index = index_get();
    const LexWord *best = NULL;
    size_t bucket = bucket_of(view->norm[at]);
    for (size_t i = index->first[bucket]; i < index->first[bucket + 1]; i++) {
        const LexWord *row = index->rows[i];
        if ((!best || row->word.n > best->word.n) && word_stands(view, at, end, row->word))
            best = row;
    }
    return best;
}
