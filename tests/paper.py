"""One return as a person fills it in on paper: every address, label, figure and sum typed by hand.

This is a witness from outside: it knows nothing of how xltools arranges a form.

* The labels are those printed in the form 《政府信息公开工作年度报告格式》 (国办公开办函〔2021〕30号).
* The addresses were read off a blank workbook, looked at as a person looks at it: find the row by the words to
  its left and the column by the words above it.
* The names are those of the list of the form's 200 numbers, found by the same words.
* The figures are invented: a made-up city that has something of everything. All 200 differ, so that no two can
  change places unseen. One of them is 0, the fees have four decimals.
* A figure after ``=`` is not typed into the workbook: it is what the sum must come to. The sums were added up on
  paper, by rows and by columns; 15357 came out both ways. No code adds anything here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Entry(NamedTuple):
    """One number of the return and where it stands. Labels are in reading order, from the outermost inwards."""

    name: str
    sheet: str
    address: str
    left: tuple[str, ...]
    above: tuple[str, ...]
    figure: Decimal
    is_sum: bool


# What is printed in each sheet besides the labels of rows and columns.
HEADINGS = """
封面         | A1  | 政府信息公开工作年度报告
一、总体情况   | A1  | 一、总体情况
二、主动公开   | A1  | 二、主动公开政府信息情况
二、主动公开   | A4  | 信息内容
二、主动公开   | A8  | 信息内容
二、主动公开   | A11 | 信息内容
二、主动公开   | A15 | 信息内容
三、依申请公开 | A1  | 三、收到和处理政府信息公开申请情况
三、依申请公开 | A3  | （本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）
四、复议诉讼   | A1  | 四、政府信息公开行政复议、行政诉讼情况
五、问题及改进 | A1  | 五、存在的主要问题及改进情况
六、其他事项   | A1  | 六、其他需要报告的事项
六、其他事项   | A4  | （文字描述，收取信息处理费情况在此处报告。）
"""

# Sheet 二、主动公开: address | name | to the left | above | figure
DISCLOSURE = """
B5  | disclosure.regulations.made             | 规章           | 第二十条第（一）项 / 本年制发件数              | 8
C5  | disclosure.regulations.repealed         | 规章           | 第二十条第（一）项 / 本年废止件数              | 3
D5  | disclosure.regulations.in_force         | 规章           | 第二十条第（一）项 / 现行有效件数              | 30
B6  | disclosure.normative_documents.made     | 行政规范性文件 | 第二十条第（一）项 / 本年制发件数              | 87
C6  | disclosure.normative_documents.repealed | 行政规范性文件 | 第二十条第（一）项 / 本年废止件数              | 25
D6  | disclosure.normative_documents.in_force | 行政规范性文件 | 第二十条第（一）项 / 现行有效件数              | 1420
B9  | disclosure.licensing.decisions          | 行政许可       | 第二十条第（五）项 / 本年处理决定数量          | 48213
B12 | disclosure.penalty.decisions            | 行政处罚       | 第二十条第（六）项 / 本年处理决定数量          | 6057
B13 | disclosure.coercion.decisions           | 行政强制       | 第二十条第（六）项 / 本年处理决定数量          | 940
B16 | disclosure.fees.amount                  | 行政事业性收费 | 第二十条第（八）项 / 本年收费金额（单位：万元）| 7730.2865
"""

# Sheet 三、依申请公开: column | last part of the name | above
APPLICANTS = """
D | natural       | 申请人情况 / 自然人
E | commercial    | 申请人情况 / 法人或其他组织 / 商业企业
F | research      | 申请人情况 / 法人或其他组织 / 科研机构
G | welfare       | 申请人情况 / 法人或其他组织 / 社会公益组织
H | legal_service | 申请人情况 / 法人或其他组织 / 法律服务机构
I | other_org     | 申请人情况 / 法人或其他组织 / 其他
J | total         | 申请人情况 / 总计
"""

# Sheet 三、依申请公开: row | first part of the name | columns D E F G H I | column J | to the left
APPLICATIONS = """
 6 | applications.new                        | 5881  2529  546  1136  1774  3498 | =15364 | 一、本年新收政府信息公开申请数量
 7 | applications.carried_in                 |  228   115    0    50    76   146 |   =615 | 二、上年结转政府信息公开申请数量
 8 | applications.granted                    |  431   127   23    58    86   152 |   =877 | 三、本年度办理结果 / （一）予以公开
 9 | applications.partial                    |  318   114   37    41    93   169 |   =772 | 三、本年度办理结果 / （二）部分公开（区分处理的，只计这一情形，不计其他情形）
10 | applications.refused_state_secret       |  206   103   11    49    72   141 |   =582 | 三、本年度办理结果 / （三）不予公开 / 1.属于国家秘密
11 | applications.refused_law_forbids        |  257   131   28    64    79   186 |   =745 | 三、本年度办理结果 / （三）不予公开 / 2.其他法律行政法规禁止公开
12 | applications.refused_three_securities   |  213   108   16    53    98   147 |   =635 | 三、本年度办理结果 / （三）不予公开 / 3.危及“三安全一稳定”
13 | applications.refused_third_party        |  289   136   34    47    81   173 |   =760 | 三、本年度办理结果 / （三）不予公开 / 4.保护第三方合法权益
14 | applications.refused_internal_affairs   |  244   119   19    66    75   158 |   =681 | 三、本年度办理结果 / （三）不予公开 / 5.属于三类内部事务信息
15 | applications.refused_process_info       |  302   125   31    43    90   194 |   =785 | 三、本年度办理结果 / （三）不予公开 / 6.属于四类过程性信息
16 | applications.refused_enforcement_file   |  271   112   26    60    84   165 |   =718 | 三、本年度办理结果 / （三）不予公开 / 7.属于行政执法案卷
17 | applications.refused_admin_query        |  326   138   14    51    77   149 |   =755 | 三、本年度办理结果 / （三）不予公开 / 8.属于行政查询事项
18 | applications.unavailable_not_held       |  395   122   39    68    95   181 |   =900 | 三、本年度办理结果 / （四）无法提供 / 1.本机关不掌握相关政府信息
19 | applications.unavailable_needs_creation |  238   106   21    45    70   156 |   =636 | 三、本年度办理结果 / （四）无法提供 / 2.没有现成信息需要另行制作
20 | applications.unavailable_unclear        |  265   133   33    62    88   177 |   =758 | 三、本年度办理结果 / （四）无法提供 / 3.补正后申请内容仍不明确
21 | applications.declined_petition          |  347   117   12    54    83   143 |   =756 | 三、本年度办理结果 / （五）不予处理 / 1.信访举报投诉类申请
22 | applications.declined_repeat            |  222   129   27    48    97   190 |   =713 | 三、本年度办理结果 / （五）不予处理 / 2.重复申请
23 | applications.declined_publication       |  209   101   36    69    73   161 |   =649 | 三、本年度办理结果 / （五）不予处理 / 3.要求提供公开出版物
24 | applications.declined_massive           |  283   135   18    56    89   154 |   =735 | 三、本年度办理结果 / （五）不予处理 / 4.无正当理由大量反复申请
25 | applications.declined_reconfirm         |  251   110   24    42    78   188 |   =693 | 三、本年度办理结果 / （五）不予处理 / 5.要求行政机关确认或重新出具已获取信息
26 | applications.other_overdue_correction   |  234   128   38    63    94   145 |   =702 | 三、本年度办理结果 / （六）其他处理 / 1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请
27 | applications.other_overdue_fee          |  217   104   13    57    71   167 |   =629 | 三、本年度办理结果 / （六）其他处理 / 2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请
28 | applications.other_rest                 |  372   139   29    46    92   198 |   =876 | 三、本年度办理结果 / （六）其他处理 / 3.其他
29 | applications.total                      | =5890 =2537 =529 =1142 =1765 =3494 | =15357 | 三、本年度办理结果 / （七）总计
30 | applications.carried_out                |  219   107   17    44    85   150 |   =622 | 四、结转下年度继续办理
"""

# Sheet 四、复议诉讼: address | name | to the left (nothing is printed there) | above | figure
DISPUTES = """
A6 | disputes.review.upheld          | | 行政复议 / 结果维持                    | 9
B6 | disputes.review.corrected       | | 行政复议 / 结果纠正                    | 4
C6 | disputes.review.other           | | 行政复议 / 其他结果                    | 5
D6 | disputes.review.pending         | | 行政复议 / 尚未审结                    | 2
E6 | disputes.review.total           | | 行政复议 / 总计                        | =20
F6 | disputes.direct.upheld          | | 行政诉讼 / 未经复议直接起诉 / 结果维持 | 15
G6 | disputes.direct.corrected       | | 行政诉讼 / 未经复议直接起诉 / 结果纠正 | 1
H6 | disputes.direct.other           | | 行政诉讼 / 未经复议直接起诉 / 其他结果 | 6
I6 | disputes.direct.pending         | | 行政诉讼 / 未经复议直接起诉 / 尚未审结 | 10
J6 | disputes.direct.total           | | 行政诉讼 / 未经复议直接起诉 / 总计     | =32
K6 | disputes.after_review.upheld    | | 行政诉讼 / 复议后起诉 / 结果维持       | 22
L6 | disputes.after_review.corrected | | 行政诉讼 / 复议后起诉 / 结果纠正       | 7
M6 | disputes.after_review.other     | | 行政诉讼 / 复议后起诉 / 其他结果       | 35
N6 | disputes.after_review.pending   | | 行政诉讼 / 复议后起诉 / 尚未审结       | 52
O6 | disputes.after_review.total     | | 行政诉讼 / 复议后起诉 / 总计           | =116
"""


def _lines(table: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in table.strip().splitlines()]


def _labels(text: str) -> tuple[str, ...]:
    return tuple(label.strip() for label in text.split("/") if label.strip())


def _listed(sheet: str, table: str) -> list[Entry]:
    """A table with one number a line."""
    return [
        Entry(name, sheet, address, _labels(left), _labels(above), Decimal(figure.strip("=")), "=" in figure)
        for address, name, left, above, figure in _lines(table)
    ]


def _crossed(sheet: str, rows: str, columns: str) -> list[Entry]:
    """A table with one row of numbers a line."""
    return [
        Entry(
            name=f"{first}.{last}",
            sheet=sheet,
            address=f"{column}{row}",
            left=_labels(left),
            above=_labels(above),
            figure=Decimal(figure.strip("=")),
            is_sum="=" in figure,
        )
        for row, first, six, total, left in _lines(rows)
        for figure, (column, last, above) in zip([*six.split(), total], _lines(columns), strict=True)
    ]


ENTRIES = (
    *_listed("二、主动公开", DISCLOSURE),
    *_crossed("三、依申请公开", APPLICATIONS, APPLICANTS),
    *_listed("四、复议诉讼", DISPUTES),
)
TYPED = {entry.name: entry.figure for entry in ENTRIES if not entry.is_sum}
SUMS = {entry.name: entry.figure for entry in ENTRIES if entry.is_sum}
PRINTED = [(sheet, address, words) for sheet, address, words in _lines(HEADINGS)]
