/* opwords.c: comparators. Those before a figure promise at least (达到), at most (控制在) or about (约); those behind it do the same, and
 * win. A row needs a case in tests/unit/test-doc-targets.c. */
#include "doc/quantity.h"

#include "base/banned.h"

#define BEFORE(s, op) { WORD_INIT(U##s), WORD_BEFORE, op }
#define BEHIND(s, op) { WORD_INIT(U##s), WORD_BEHIND, op }

static const LexWord rows[] = {
    BEFORE("不少于", OP_GE), BEFORE("不得少于", OP_GE), BEFORE("不低于", OP_GE), BEFORE("不得低于", OP_GE), BEFORE("不小于", OP_GE), BEFORE("至少", OP_GE),
    BEFORE("最少", OP_GE), BEFORE("最低", OP_GE), BEFORE("达到", OP_GE), BEFORE("达到了", OP_GE), BEFORE("达", OP_GE), BEFORE("超过", OP_GE),
    BEFORE("超", OP_GE), BEFORE("突破", OP_GE), BEFORE("逾", OP_GE), BEFORE("高于", OP_GE), BEFORE("大于", OP_GE), BEFORE("多于", OP_GE),
    BEFORE("提高到", OP_GE), BEFORE("提高至", OP_GE), BEFORE("提升到", OP_GE), BEFORE("提升至", OP_GE), BEFORE("上升到", OP_GE), BEFORE("上升至", OP_GE),
    BEFORE("升至", OP_GE), BEFORE("升到", OP_GE), BEFORE("增至", OP_GE), BEFORE("增加到", OP_GE), BEFORE("增加至", OP_GE), BEFORE("增长到", OP_GE),
    BEFORE("增长至", OP_GE), BEFORE("扩大到", OP_GE), BEFORE("扩大至", OP_GE), BEFORE("扩展到", OP_GE), BEFORE("扩展至", OP_GE), BEFORE("恢复到", OP_GE),
    BEFORE("恢复至", OP_GE), BEFORE("发展到", OP_GE), BEFORE("发展至", OP_GE), BEFORE("延长到", OP_GE), BEFORE("延长至", OP_GE), BEFORE("拓展到", OP_GE),
    BEFORE("拓展至", OP_GE), BEFORE("保持在", OP_GE), BEFORE("稳定在", OP_GE), BEFORE("维持在", OP_GE), BEFORE("巩固在", OP_GE), BEFORE("≥", OP_GE),
    BEFORE(">", OP_GE), BEFORE(">=", OP_GE), BEFORE("高达", OP_GE), BEFORE("多达", OP_GE), BEFORE("满", OP_GE), BEFORE("已达", OP_GE),
    BEFORE("≧", OP_GE),

    BEFORE("保持", OP_EQ), BEFORE("合并成", OP_EQ), BEFORE("合并为", OP_EQ), BEFORE("整合成", OP_EQ), BEFORE("整合为", OP_EQ), BEFORE("调整为", OP_EQ),
    BEFORE("精简为", OP_EQ), BEFORE("提高为", OP_EQ),

    BEFORE("不超过", OP_LE), BEFORE("不得超过", OP_LE), BEFORE("不超", OP_LE), BEFORE("不高于", OP_LE), BEFORE("不得高于", OP_LE), BEFORE("不多于", OP_LE),
    BEFORE("不大于", OP_LE), BEFORE("低于", OP_LE), BEFORE("不足", OP_LE), BEFORE("不到", OP_LE), BEFORE("少于", OP_LE), BEFORE("小于", OP_LE),
    BEFORE("控制在", OP_LE), BEFORE("控制到", OP_LE), BEFORE("限制在", OP_LE), BEFORE("下降到", OP_LE), BEFORE("下降至", OP_LE), BEFORE("降到", OP_LE),
    BEFORE("降至", OP_LE), BEFORE("降低到", OP_LE), BEFORE("降低至", OP_LE), BEFORE("降为", OP_LE), BEFORE("减少到", OP_LE), BEFORE("减少至", OP_LE),
    BEFORE("减至", OP_LE), BEFORE("压缩到", OP_LE), BEFORE("压缩至", OP_LE), BEFORE("压缩为", OP_LE), BEFORE("压缩在", OP_LE), BEFORE("压减到", OP_LE),
    BEFORE("压减至", OP_LE), BEFORE("压降至", OP_LE), BEFORE("缩短到", OP_LE), BEFORE("缩短至", OP_LE), BEFORE("缩短为", OP_LE), BEFORE("缩减到", OP_LE),
    BEFORE("缩减至", OP_LE), BEFORE("缩小到", OP_LE), BEFORE("缩小至", OP_LE), BEFORE("最高", OP_LE), BEFORE("最高不超过", OP_LE), BEFORE("最多", OP_LE),
    BEFORE("至多", OP_LE), BEFORE("≤", OP_LE), BEFORE("<", OP_LE), BEFORE("<=", OP_LE), BEFORE("≦", OP_LE),

    BEFORE("约", OP_ABOUT), BEFORE("大约", OP_ABOUT), BEFORE("约为", OP_ABOUT), BEFORE("约占", OP_ABOUT), BEFORE("近", OP_ABOUT),
    BEFORE("将近", OP_ABOUT), BEFORE("接近", OP_ABOUT),

    BEHIND("以上", OP_GE), BEHIND("及以上", OP_GE), BEHIND("(含)以上", OP_GE), BEHIND("或以上", OP_GE), BEHIND("之上", OP_GE),

    BEHIND("以内", OP_LE), BEHIND("之内", OP_LE), BEHIND("以下", OP_LE), BEHIND("及以下", OP_LE), BEHIND("(含)以下", OP_LE), BEHIND("(含)以内", OP_LE),
    BEHIND("或以下", OP_LE), BEHIND("之下", OP_LE),

    BEHIND("左右", OP_ABOUT), BEHIND("上下", OP_ABOUT),
};

const LexTable opwords_table = { rows, G_N_ELEMENTS(rows) };
